package dev.zerohop.resolver;

import dev.zerohop.Endpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads SRV records (RFC 2782) and the addresses of their targets.
 *
 * <p>Of the priorities only the lowest number with a target that has an address is used; the others are spare. A record's weight is the weight of
 * its endpoint. The RFC wants weight 0 to be "very seldom" beside others, and here 0 would mean "never": when some records have weight 0 and some
 * have not, 0 becomes 1 and every other weight is multiplied by {@value #ZERO_SHARE}; when all have 0, all become 1.
 *
 * <p>A target with one address is known by its name and port, which outlives the address. IPv6 addresses of a target count only when it has
 * no IPv4 address, as both would be the same server. A target with several addresses gives several endpoints, known by address and port, which
 * share its weight.
 */
final class SrvSource implements PollingResolver.Source {

    /** A record of weight 1 gets so many times the traffic of one of weight 0. */
    private static final int ZERO_SHARE = 10;

    private final String name;
    private final DnsNames names;
    private final Map<String, List<String>> known = new HashMap<>();

    SrvSource(String name, DnsNames names) {
        this.name = name;
        this.names = names;
    }

    private record Srv(int weight, int port, String target) {}

    @Override
    public PollingResolver.Answer ask() throws IOException {
        TreeMap<Integer, List<Srv>> groups = new TreeMap<>();
        for (String record : names.srv(name)) {
            String[] words = record.strip().split("\\s+");
            if (words.length != 4) {
                throw new IOException(
                        "SRV record of " + name + " was '" + record + "', expected priority weight port target");
            }
            String target = words[3].endsWith(".") ? words[3].substring(0, words[3].length() - 1) : words[3];
            if (!target.isEmpty()) {
                groups.computeIfAbsent(Integer.parseInt(words[0]), priority -> new ArrayList<>())
                        .add(new Srv(Integer.parseInt(words[1]), Integer.parseInt(words[2]), target));
            }
        }
        if (groups.isEmpty()) {
            throw new DnsClient.NoRecords(
                    true, "SRV record of " + name + " has the target '.': the service is not offered there");
        }
        Set<String> targets = new HashSet<>();
        groups.values().forEach(group -> group.forEach(srv -> targets.add(srv.target())));
        known.keySet().retainAll(targets);
        names.keepOnly(targets);
        IOException last = null;
        for (List<Srv> group : groups.values()) {
            List<Endpoint> endpoints = new ArrayList<>();
            last = addGroup(group, endpoints);
            if (!endpoints.isEmpty()) {
                return new PollingResolver.Answer(endpoints);
            }
            if (last != null && !(last instanceof DnsClient.NoRecords)) {
                // Nothing is known about a group that could not be asked; the spare ones are not for that.
                throw last;
            }
        }
        throw new IOException(
                "none of the targets of SRV " + name + " has an address"
                        + (last == null ? "" : ": " + last.getMessage()),
                last);
    }

    /** Adds what has an address; returns a failure if there was one, preferring those that are not an answer. */
    private @Nullable IOException addGroup(List<Srv> group, List<Endpoint> endpoints) {
        IOException failure = null;
        boolean someZero = group.stream().anyMatch(srv -> srv.weight() == 0);
        boolean allZero = group.stream().allMatch(srv -> srv.weight() == 0);
        int factor = someZero && !allZero ? ZERO_SHARE : 1;
        Map<String, Endpoint> byId = new TreeMap<>();
        for (Srv srv : group) {
            List<String> addresses;
            try {
                addresses = addresses(srv.target());
            } catch (IOException failed) {
                boolean certain = failed instanceof DnsClient.NoRecords;
                failure = failure == null || !certain ? failed : failure;
                continue;
            }
            int weight = Math.max(1, srv.weight() * factor);
            for (String address : addresses) {
                Endpoint.Builder builder =
                        Endpoint.builder(address, srv.port()).weight(Math.max(1, weight / addresses.size()));
                if (addresses.size() == 1) {
                    builder.id(srv.target() + ":" + srv.port());
                }
                Endpoint endpoint = builder.build();
                byId.putIfAbsent(endpoint.id(), endpoint);
            }
        }
        endpoints.addAll(byId.values());
        return failure;
    }

    /** A target that cannot be asked for a while keeps its last addresses: one broken zone must not hold up the rest. */
    private List<String> addresses(String target) throws IOException {
        try {
            List<String> found = names.addresses(HostPort.isLiteral(target) ? target : target + ".");
            List<String> four = found.stream().filter(HostPort::isIpv4).toList();
            List<String> used = four.isEmpty() ? found : four;
            known.put(target, used);
            return used;
        } catch (DnsClient.NoRecords none) {
            known.remove(target);
            throw none;
        } catch (IOException failed) {
            List<String> before = known.get(target);
            if (before == null) {
                throw failed;
            }
            return before;
        }
    }
}

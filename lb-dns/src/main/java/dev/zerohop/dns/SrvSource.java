package dev.zerohop.dns;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import dev.zerohop.Time;
import dev.zerohop.resolver.HostPort;
import dev.zerohop.resolver.PollingResolver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;
import org.xbill.DNS.SRVRecord;

/**
 * SRV records (RFC 2782) and the addresses of their targets.
 *
 * <p>Only the lowest priority number with a target that has an address is used; the others are for failover. The records of one target and port at one
 * priority add up, and its addresses {@linkplain SrvShares share} the weight.
 *
 * <p>The id of the lowest address of a target is the target's name and port, which does not change with the address; the ids of the others have the address
 * appended. IPv6 addresses of a target count only if it has no IPv4 address, since both would be the same server.
 */
final class SrvSource implements PollingResolver.Source {

    /** One target on one port. Names do not depend on letter case. */
    private record Service(String target, int port) {
        String id() {
            return target + ":" + port;
        }
    }

    /** Priority and weight of one record. */
    private record Entry(int priority, int weight) {}

    /** The known addresses of one target. */
    private static final class Known {
        final LeaveRule rule;
        Set<String> addresses = Set.of();

        Known(LeaveRule rule) {
            this.rule = rule;
        }
    }

    private final DnsTarget target;
    private final DnsNames names;
    private final Time time;
    private final LeaveRule rule;
    private final Map<String, Service> services = new HashMap<>();
    private final Map<Service, List<Entry>> entries = new HashMap<>();
    private final Map<String, Known> known = new HashMap<>();

    SrvSource(DnsTarget target, DnsNames names, Time time) {
        this.target = target;
        this.names = names;
        this.time = time;
        this.rule = new LeaveRule(target.leaveAfter());
    }

    /** The answer under construction. */
    private static final class Draft {
        final List<String> rejected = new ArrayList<>();
        final List<Endpoint> endpoints = new ArrayList<>();
        long ttlSeconds;

        @Nullable
        IOException failure;
    }

    @Override
    public PollingResolver.Answer ask() throws IOException {
        DnsNames.Services answer = names.services(target.name());
        Draft draft = new Draft();
        draft.ttlSeconds = answer.ttlSeconds();
        remember(read(answer.records(), draft), answer.ttlSeconds());
        Set<String> targets = new HashSet<>();
        entries.keySet().forEach(service -> targets.add(service.target()));
        known.keySet().retainAll(targets);
        names.keepOnly(targets);
        for (Map<Service, Long> group : byPriority().values()) {
            resolve(group, draft);
            if (!draft.endpoints.isEmpty()) {
                return new PollingResolver.Answer(
                        draft.endpoints, null, null, target.goodFor(draft.ttlSeconds), draft.rejected, note());
            }
            IOException failure = draft.failure;
            if (failure != null && !(failure instanceof NoRecordsException)) {
                // A group whose query failed may still have addresses, so no group of another priority is used.
                throw failure;
            }
        }
        throw new IOException(
                "none of the targets of SRV " + target.name() + " has an address"
                        + (draft.failure == null ? "" : ": " + draft.failure.getMessage()),
                draft.failure);
    }

    private Map<Service, List<Entry>> read(List<SRVRecord> records, Draft draft) throws IOException {
        Map<Service, List<Entry>> read = new LinkedHashMap<>();
        boolean offered = false;
        for (SRVRecord record : records) {
            if (record.getTarget().equals(Name.root)) {
                continue;
            }
            offered = true;
            String host = record.getTarget().toString(true).toLowerCase(Locale.ROOT);
            String problem = problem(host, record.getPort());
            if (problem != null) {
                draft.rejected.add("SRV record '" + record.getPriority() + " " + record.getWeight() + " "
                        + record.getPort() + " " + record.getTarget() + "' of " + target.name()
                        + " is left out: " + problem);
            } else {
                read.computeIfAbsent(new Service(host, record.getPort()), service -> new ArrayList<>())
                        .add(new Entry(record.getPriority(), record.getWeight()));
            }
        }
        if (!offered) {
            throw new NoRecordsException(
                    true, "SRV record of " + target.name() + " has the target '.': the service is not offered there");
        }
        if (read.isEmpty()) {
            throw new IOException("no SRV record of " + target.name() + " can be used: " + draft.rejected.get(0));
        }
        return read;
    }

    private static @Nullable String problem(String host, int port) {
        if (port == 0) {
            return "port was 0, expected 1 to 65535";
        }
        try {
            HostPort.checkHost(host, 0);
            return null;
        } catch (HostPort.Malformed malformed) {
            return malformed.problem();
        }
    }

    /** A record that is missing from an answer keeps its last values until it leaves. */
    private void remember(Map<Service, List<Entry>> read, long ttlSeconds) {
        List<String> content = new ArrayList<>();
        read.forEach((service, records) -> {
            content.add(service.id());
            services.put(service.id(), service);
            entries.put(service, records);
        });
        services.keySet().retainAll(rule.answered(content, ttlSeconds, time.nanoTime()));
        entries.keySet().retainAll(new HashSet<>(services.values()));
    }

    private SortedMap<Integer, Map<Service, Long>> byPriority() {
        SortedMap<Integer, Map<Service, Long>> groups = new TreeMap<>();
        entries.forEach((service, records) -> {
            for (Entry entry : records) {
                groups.computeIfAbsent(entry.priority(), priority -> new LinkedHashMap<>())
                        .merge(service, (long) entry.weight(), Long::sum);
            }
        });
        return groups;
    }

    /** Adds the endpoints of a group; keeps one failure, preferably of a query without an answer. */
    private void resolve(Map<Service, Long> group, Draft draft) throws IOException {
        Set<String> targets = new TreeSet<>();
        group.keySet().forEach(service -> targets.add(service.target()));
        Map<String, DnsNames.Result> results = names.addressesOf(targets);
        Map<String, Collection<String>> addresses = new HashMap<>();
        for (String host : targets) {
            try {
                addresses.put(host, addresses(host, results.get(host), draft));
            } catch (IOException failed) {
                boolean certain = failed instanceof NoRecordsException;
                draft.failure = draft.failure == null || !certain ? failed : draft.failure;
            }
        }
        Map<Service, SrvShares.Share> shares = new HashMap<>();
        group.forEach((service, weight) -> {
            Collection<String> own = addresses.get(service.target());
            if (own != null) {
                shares.put(service, new SrvShares.Share(weight, own.size()));
            }
        });
        SrvShares all = new SrvShares(shares.values());
        shares.forEach((service, share) -> {
            boolean first = true;
            for (String address : addresses.getOrDefault(service.target(), List.of())) {
                String id = first ? service.id() : service.id() + "#" + address;
                if (id.length() > Printable.MAX_NAME) {
                    draft.rejected.add("an endpoint of SRV " + target.name() + " is left out: id " + id + " is "
                            + id.length() + " characters long, expected at most " + Printable.MAX_NAME);
                } else {
                    draft.endpoints.add(Endpoint.builder(address, service.port())
                            .id(id)
                            .weight(all.of(share))
                            .build());
                }
                first = false;
            }
        });
    }

    /** A target whose query fails for a while keeps its last addresses, so that one broken zone does not block the others. */
    private Collection<String> addresses(String host, DnsNames.@Nullable Result result, Draft draft)
            throws IOException {
        DnsNames.Found found = result == null ? null : result.found();
        Known before = known.get(host);
        if (found == null) {
            IOException failure = result == null || result.failure() == null
                    ? new IOException("no answer for " + host)
                    : result.failure();
            if (failure instanceof NoRecordsException) {
                known.remove(host);
            } else if (before != null) {
                return before.addresses;
            }
            throw failure;
        }
        if (found.ttlSeconds() >= 0) {
            draft.ttlSeconds = Math.min(draft.ttlSeconds, found.ttlSeconds());
        }
        List<String> four = found.addresses().stream().filter(HostPort::isIpv4).toList();
        List<String> used = four.isEmpty() ? found.addresses() : four;
        Known now = known.computeIfAbsent(host, name -> new Known(new LeaveRule(target.leaveAfter())));
        // A target with one address is one server, which may return with another address after a restart.
        boolean moved = used.size() == 1 && now.addresses.size() <= 1;
        now.addresses = found.whole() || moved
                ? now.rule.exactly(used)
                : now.rule.answered(used, found.ttlSeconds(), time.nanoTime());
        return now.addresses;
    }

    private String note() {
        long partial =
                known.values().stream().filter(each -> each.rule.partial()).count();
        return rule.inWords("a target")
                + (partial == 0
                        ? ""
                        : "; " + partial + " of " + known.size()
                                + " targets: answers of one size differ, so an address leaves after "
                                + LeaveRule.PARTIAL_LEAVES_AFTER + " answers without it");
    }
}

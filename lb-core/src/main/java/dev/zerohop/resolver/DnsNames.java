package dev.zerohop.resolver;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns names into addresses and records, either at one given server, where a name is absolute, or as this machine does: hosts file, then DNS
 * with the search list, then, for names that DNS does not know, whatever else the operating system asks. Used by one thread at a time.
 */
final class DnsNames {

    /** Which addresses are wanted. */
    enum Family {
        ANY(true, true),
        IPV4(true, false),
        IPV6(false, true);

        private final boolean four;
        private final boolean six;

        Family(boolean four, boolean six) {
            this.four = four;
            this.six = six;
        }

        boolean wants(String literal) {
            return literal.indexOf(':') >= 0 ? six : four;
        }

        List<String> types() {
            return four && six ? List.of("A", "AAAA") : List.of(four ? "A" : "AAAA");
        }
    }

    /** Of the last resort: what the operating system says. */
    @FunctionalInterface
    interface OtherNames {
        InetAddress[] addresses(String name) throws UnknownHostException;
    }

    private final @Nullable String server;
    private final SystemDns system;
    private final OtherNames others;
    private final Family family;
    private final Duration timeout;
    private final int attempts;

    /** The name and type of every query that has ever brought addresses. */
    private final Set<String> seen = new HashSet<>();

    DnsNames(
            @Nullable String server,
            SystemDns system,
            OtherNames others,
            Family family,
            Duration timeout,
            int attempts) {
        this.server = server;
        this.system = system;
        this.others = others;
        this.family = family;
        this.timeout = timeout;
        this.attempts = attempts;
    }

    /**
     * The addresses of a name, sorted and without repeats; never empty.
     *
     * @throws DnsClient.NoRecords if there are certainly none
     * @throws IOException if that could not be found out
     */
    List<String> addresses(String name) throws IOException {
        if (HostPort.isLiteral(name)) {
            return wanted(name, List.of(name));
        }
        if (server == null) {
            List<String> local = system.hosts(name);
            if (!local.isEmpty()) {
                return wanted(name, local);
            }
        }
        try {
            return firstKnown(name, this::query);
        } catch (DnsClient.NoRecords unknown) {
            List<String> other = server == null ? otherwise(name) : List.of();
            if (other.isEmpty()) {
                throw unknown;
            }
            return other;
        }
    }

    /** Forgets what was seen of all other absolute names. */
    void keepOnly(Set<String> absoluteNames) {
        seen.removeIf(asked -> !absoluteNames.contains(asked.substring(asked.indexOf(' ') + 1)));
    }

    /** The data of the SRV records of a name; never empty. */
    List<String> srv(String name) throws IOException {
        return firstKnown(name, (client, absolute) -> client.query(absolute, "SRV"));
    }

    @FunctionalInterface
    private interface Question {
        List<String> ask(DnsClient client, String absolute) throws IOException;
    }

    /** A name that the search list does not complete to anything known ends the search; a failure ends it at once: the next name may be another service. */
    private List<String> firstKnown(String name, Question question) throws IOException {
        SystemDns.Configuration configuration =
                server == null ? system.configuration() : new SystemDns.Configuration(List.of(server), List.of(), 1);
        DnsClient client = new DnsClient(configuration.servers(), timeout, attempts);
        List<String> names = configuration.candidates(name);
        for (String absolute : names.subList(0, names.size() - 1)) {
            try {
                return question.ask(client, absolute);
            } catch (DnsClient.NoRecords unknown) {
                // The search list has further names.
            }
        }
        return question.ask(client, names.get(names.size() - 1));
    }

    private List<String> query(DnsClient client, String name) throws IOException {
        Set<String> found = new TreeSet<>();
        DnsClient.@Nullable NoRecords none = null;
        IOException failed = null;
        for (String type : family.types()) {
            String asked = type + " " + name;
            try {
                for (String address : client.query(name, type)) {
                    found.add(Addresses.canonical(address));
                }
                seen.add(asked);
            } catch (DnsClient.NoRecords missing) {
                none = none == null || missing.nameExists() ? missing : none;
            } catch (IOException failure) {
                // Some servers always fail on AAAA. One that has answered before is missed, not given up.
                if (seen.contains(asked)) {
                    throw failure;
                }
                failed = failure;
            }
        }
        if (!found.isEmpty()) {
            return List.copyOf(found);
        }
        if (failed != null) {
            throw failed;
        }
        if (none != null && !none.nameExists()) {
            throw none;
        }
        throw new DnsClient.NoRecords(
                true,
                "DNS name " + name + " has no " + String.join(" and no ", family.types()) + " record, says "
                        + client.servers());
    }

    private List<String> otherwise(String name) {
        Set<String> found = new TreeSet<>();
        try {
            for (InetAddress address : others.addresses(name)) {
                String text = Addresses.text(address.getAddress());
                if (family.wants(text)) {
                    found.add(text);
                }
            }
        } catch (UnknownHostException unknown) {
            return List.of();
        }
        return List.copyOf(found);
    }

    private List<String> wanted(String name, List<String> literals) throws IOException {
        Set<String> found = new TreeSet<>();
        for (String literal : literals) {
            if (family.wants(literal)) {
                found.add(Addresses.canonical(literal));
            }
        }
        if (found.isEmpty()) {
            throw new DnsClient.NoRecords(
                    true, name + " is " + new ArrayList<>(literals) + ", expected an address of family " + family);
        }
        return List.copyOf(found);
    }
}

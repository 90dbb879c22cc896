package dev.zerohop.dns;

import dev.zerohop.Printable;
import dev.zerohop.resolver.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * Resolves names to addresses and records: either at one configured server, where a name is absolute, or as this machine does, with the hosts file, then DNS
 * with the search list, then, for names that do not exist in DNS, the operating system's other sources. Used by one thread at a time.
 */
final class DnsNames {

    /** The requested address families. */
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

        int[] types() {
            return four && six ? new int[] {Type.A, Type.AAAA} : new int[] {four ? Type.A : Type.AAAA};
        }

        private String inWords() {
            return four && six ? "A and no AAAA" : four ? "A" : "AAAA";
        }
    }

    /** The last resort: the resolver of the operating system. */
    @FunctionalInterface
    interface OtherNames {
        InetAddress[] addresses(String name) throws UnknownHostException;
    }

    /**
     * The addresses of a name.
     *
     * @param addresses sorted and without repeats; never empty
     * @param ttlSeconds negative if not known
     * @param whole whether the list is complete for certain, as from the hosts file
     */
    record Found(List<String> addresses, long ttlSeconds, boolean whole) {
        static final long UNKNOWN = -1;
    }

    /** The result for one name: addresses or a failure. */
    record Result(@Nullable Found found, @Nullable IOException failure) {}

    /** The SRV records of a name; there is at least one. */
    record Services(List<SRVRecord> records, long ttlSeconds) {}

    /** One question and the CNAME chain that was followed so far. */
    private static final class Trail {
        final int type;
        Question question;
        long ttlSeconds = Long.MAX_VALUE;
        int hops;

        @Nullable
        DnsAnswer answer;

        @Nullable
        IOException failure;

        Trail(Name name, int type) {
            this.type = type;
            this.question = new Question(name, type);
        }

        boolean open() {
            return answer == null && failure == null;
        }
    }

    private final @Nullable String server;
    private final SystemDns system;
    private final OtherNames others;
    private final Family family;
    private final Duration timeout;
    private final int attempts;

    /** The name and type of every query that was ever answered with addresses. */
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
     * The addresses of a name.
     *
     * @throws NoRecordsException if there are certainly none
     * @throws IOException if the query failed
     */
    Found addresses(String name) throws IOException {
        if (HostPort.isLiteral(name)) {
            return wanted(name, List.of(name));
        }
        if (server == null) {
            List<String> local = system.hosts(name);
            if (!local.isEmpty()) {
                return wanted(name, local);
            }
        }
        SystemDns.Configuration configuration = configuration();
        DnsClient client = client(configuration);
        NoRecordsException none = null;
        // A failure ends the search at once, since the next name may be another service.
        for (String absolute : configuration.candidates(name)) {
            Result result = ask(client, List.of(absolute)).get(absolute);
            if (result != null && result.found() != null) {
                return result.found();
            }
            IOException failure = result == null ? null : result.failure();
            if (!(failure instanceof NoRecordsException unknown)) {
                throw failure == null ? new IOException("no answer for " + absolute) : failure;
            }
            none = unknown;
        }
        Found other = server == null ? otherwise(name) : null;
        if (other != null) {
            return other;
        }
        throw none == null ? new NoRecordsException(false, "DNS name " + name + " does not exist") : none;
    }

    /** The addresses of absolute names, queried concurrently; an IP literal is its own address. */
    Map<String, Result> addressesOf(Collection<String> absolutes) throws IOException {
        Map<String, Result> results = new LinkedHashMap<>();
        List<String> asked = new ArrayList<>();
        for (String name : absolutes) {
            List<String> known =
                    HostPort.isLiteral(name) ? List.of(name) : server == null ? system.hosts(name) : List.<String>of();
            if (known.isEmpty()) {
                asked.add(name);
                continue;
            }
            try {
                results.put(name, new Result(wanted(name, known), null));
            } catch (NoRecordsException other) {
                results.put(name, new Result(null, other));
            }
        }
        results.putAll(ask(client(configuration()), asked));
        return results;
    }

    /** The SRV records of a name; the search list applies. */
    Services services(String name) throws IOException {
        SystemDns.Configuration configuration = configuration();
        DnsClient client = client(configuration);
        NoRecordsException none = null;
        for (String absolute : configuration.candidates(name)) {
            try {
                return services(client, absolute);
            } catch (NoRecordsException unknown) {
                none = unknown;
            }
        }
        throw none == null ? new NoRecordsException(false, "DNS name " + name + " does not exist") : none;
    }

    private Services services(DnsClient client, String absolute) throws IOException {
        Trail trail = new Trail(absoluteName(absolute), Type.SRV);
        follow(client, List.of(trail));
        DnsAnswer answer = trail.answer;
        if (answer == null) {
            throw trail.failure == null ? new IOException("no answer for " + absolute) : trail.failure;
        }
        if (answer.kind() != DnsAnswer.Kind.RECORDS) {
            throw none(answer, absolute, "SRV");
        }
        List<SRVRecord> records = new ArrayList<>();
        for (Record record : answer.records()) {
            records.add((SRVRecord) record);
        }
        return new Services(records, trail.ttlSeconds);
    }

    /** Forgets the seen queries of all other names. */
    void keepOnly(Set<String> absoluteNames) {
        seen.removeIf(asked -> !absoluteNames.contains(asked.substring(asked.indexOf(' ') + 1)));
    }

    private SystemDns.Configuration configuration() throws IOException {
        return server == null ? system.configuration() : new SystemDns.Configuration(List.of(server), List.of(), 1);
    }

    private DnsClient client(SystemDns.Configuration configuration) throws IOException {
        List<InetSocketAddress> servers = new ArrayList<>();
        for (String each : configuration.servers()) {
            try {
                HostPort address = HostPort.parse(each);
                servers.add(new InetSocketAddress(InetAddress.getByName(address.host()), address.port()));
            } catch (HostPort.Malformed | UnknownHostException unknown) {
                if (configuration.servers().size() == 1) {
                    throw new IOException(
                            Printable.text("DNS server " + each + " has no address: " + unknown.getMessage()), unknown);
                }
            }
        }
        if (servers.isEmpty()) {
            throw new IOException(
                    Printable.text("none of the DNS servers " + configuration.servers() + " has an address"));
        }
        return new DnsClient(servers, timeout, attempts);
    }

    private Map<String, Result> ask(DnsClient client, Collection<String> absolutes) throws IOException {
        Map<String, Result> results = new LinkedHashMap<>();
        Map<String, List<Trail>> trails = new LinkedHashMap<>();
        List<Trail> all = new ArrayList<>();
        for (String absolute : absolutes) {
            try {
                Name name = absoluteName(absolute);
                List<Trail> own = new ArrayList<>();
                for (int type : family.types()) {
                    own.add(new Trail(name, type));
                }
                trails.put(absolute, own);
                all.addAll(own);
            } catch (NoRecordsException impossible) {
                results.put(absolute, new Result(null, impossible));
            }
        }
        follow(client, all);
        trails.forEach((absolute, own) -> results.put(absolute, result(absolute, own)));
        return results;
    }

    private static Name absoluteName(String name) throws NoRecordsException {
        try {
            return Name.fromString(name.endsWith(".") ? name : name + ".");
        } catch (TextParseException impossible) {
            throw new NoRecordsException(false, "DNS name " + name + " cannot exist: " + impossible.getMessage());
        }
    }

    /** Queries all names concurrently, and again where an answer's CNAME chain ends in a name without records. */
    private static void follow(DnsClient client, List<Trail> all) throws IOException {
        List<Trail> open = all;
        while (!open.isEmpty()) {
            Map<Question, DnsClient.Reply> replies =
                    client.ask(open.stream().map(trail -> trail.question).toList());
            for (Trail trail : open) {
                DnsClient.Reply reply = replies.get(trail.question);
                DnsAnswer answer = reply == null ? null : reply.answer();
                if (answer == null) {
                    IOException failure = reply == null ? null : reply.failure();
                    trail.failure =
                            failure == null ? new IOException("no answer for " + trail.question.inWords()) : failure;
                    continue;
                }
                trail.ttlSeconds = Math.min(trail.ttlSeconds, answer.ttlSeconds());
                if (answer.kind() != DnsAnswer.Kind.CONTINUES) {
                    trail.answer = answer;
                } else if (++trail.hops > DnsAnswer.MAX_ALIASES) {
                    trail.failure = new IOException("DNS query for " + trail.question.inWords() + " failed: more than "
                            + DnsAnswer.MAX_ALIASES + " CNAME records in a row");
                } else {
                    trail.question = new Question(answer.end(), trail.type);
                }
            }
            open = open.stream().filter(Trail::open).toList();
        }
    }

    private Result result(String name, List<Trail> trails) {
        Set<String> addresses = new TreeSet<>();
        long ttl = Long.MAX_VALUE;
        DnsAnswer none = null;
        IOException failed = null;
        for (Trail trail : trails) {
            String asked = Type.string(trail.type) + " " + name;
            DnsAnswer answer = trail.answer;
            if (answer == null) {
                // Some servers always fail on AAAA: only a query that was answered before fails the result.
                if (seen.contains(asked)) {
                    return new Result(null, trail.failure);
                }
                failed = failed == null ? trail.failure : failed;
            } else if (answer.kind() == DnsAnswer.Kind.RECORDS) {
                answer.records().forEach(record -> addresses.add(text(record)));
                ttl = Math.min(ttl, trail.ttlSeconds);
                seen.add(asked);
            } else if (none == null || none.kind() == DnsAnswer.Kind.NO_NAME) {
                none = answer;
            }
        }
        if (!addresses.isEmpty()) {
            return new Result(new Found(List.copyOf(addresses), ttl, false), null);
        }
        if (failed != null || none == null) {
            return new Result(null, failed == null ? new IOException("no answer for " + name) : failed);
        }
        return new Result(null, none(none, name, family.inWords()));
    }

    private static NoRecordsException none(DnsAnswer answer, String name, String types) {
        boolean exists = answer.kind() != DnsAnswer.Kind.NO_NAME;
        String plain = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        String end = answer.end().toString(true);
        boolean alias = !end.equalsIgnoreCase(plain);
        if (!exists) {
            return new NoRecordsException(
                    false,
                    "DNS name " + plain
                            + (alias
                                    ? " has no address: its CNAME target " + end + " does not exist"
                                    : " does not exist")
                            + " (NXDOMAIN), according to " + answer.server());
        }
        return new NoRecordsException(
                true,
                "DNS name " + plain + (alias ? " has the CNAME target " + end + ", which" : "") + " has no " + types
                        + " record, according to " + answer.server());
    }

    private static String text(Record record) {
        InetAddress address = record instanceof ARecord four
                ? four.getAddress()
                : record instanceof AAAARecord six ? six.getAddress() : null;
        return address == null ? "" : Addresses.text(address.getAddress());
    }

    private @Nullable Found otherwise(String name) {
        Set<String> found = new TreeSet<>();
        try {
            for (InetAddress address : others.addresses(name)) {
                String text = Addresses.text(address.getAddress());
                if (family.wants(text)) {
                    found.add(text);
                }
            }
        } catch (UnknownHostException unknown) {
            return null;
        }
        return found.isEmpty() ? null : new Found(List.copyOf(found), Found.UNKNOWN, false);
    }

    private Found wanted(String name, List<String> literals) throws NoRecordsException {
        Set<String> found = new TreeSet<>();
        for (String literal : literals) {
            if (family.wants(literal)) {
                found.add(Addresses.canonical(literal));
            }
        }
        if (found.isEmpty()) {
            throw new NoRecordsException(
                    true,
                    name.toLowerCase(Locale.ROOT) + " is " + literals + ", expected an address of family " + family);
        }
        return new Found(List.copyOf(found), Found.UNKNOWN, true);
    }
}

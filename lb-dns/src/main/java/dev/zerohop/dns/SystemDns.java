package dev.zerohop.dns;

import dev.zerohop.resolver.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.xbill.DNS.Name;
import org.xbill.DNS.ResolverConfig;

/**
 * The machine's DNS configuration: {@code /etc/resolv.conf} and {@code /etc/hosts}, read at each use, so that changes take effect without a JVM cache; on
 * platforms without these files, the configuration that dnsjava finds.
 */
final class SystemDns {
    private static final int MAX_SERVERS = 3;

    private final Path resolvConf;
    private final Path hosts;
    private final int port;

    /** {@code port} is the port of the servers in resolv.conf, which has no syntax for ports. */
    SystemDns(Path resolvConf, Path hosts, int port) {
        this.resolvConf = resolvConf;
        this.hosts = hosts;
        this.port = port;
    }

    static SystemDns ofThisMachine() {
        return new SystemDns(Path.of("/etc/resolv.conf"), Path.of("/etc/hosts"), 53);
    }

    /**
     * The content of a resolv.conf.
     *
     * @param servers {@code host:port} each, at least one
     * @param search suffixes to try
     * @param ndots a name with at least this many dots is tried unchanged before the suffixes
     */
    record Configuration(List<String> servers, List<String> search, int ndots) {

        /** The absolute names to try, in order, without a dot at their ends. */
        List<String> candidates(String name) {
            if (name.endsWith(".")) {
                return List.of(name.substring(0, name.length() - 1));
            }
            List<String> names = new ArrayList<>();
            for (String suffix : search) {
                names.add(name + "." + suffix);
            }
            boolean asItIsFirst = name.chars().filter(c -> c == '.').count() >= ndots;
            names.add(asItIsFirst ? 0 : names.size(), name);
            return names;
        }
    }

    /** The present content of resolv.conf, or the platform's configuration if there is no such file. */
    Configuration configuration() throws IOException {
        List<String> servers = new ArrayList<>();
        List<String> search = List.of();
        int ndots = 1;
        if (!Files.exists(resolvConf)) {
            return ofPlatform();
        }
        for (String line : Files.readAllLines(resolvConf, StandardCharsets.ISO_8859_1)) {
            String[] words = line.strip().split("\\s+");
            if (words.length < 2) {
                continue;
            }
            switch (words[0]) {
                case "nameserver" -> {
                    // As many as the C library uses.
                    if (servers.size() < MAX_SERVERS) {
                        servers.add(words[1].indexOf(':') >= 0 ? "[" + words[1] + "]:" + port : words[1] + ":" + port);
                    }
                }
                case "search", "domain" -> search = suffixes(words);
                case "options" -> ndots = ndots(words, ndots);
                default -> {}
            }
        }
        if (servers.isEmpty()) {
            servers.add("127.0.0.1:" + port);
        }
        return new Configuration(servers, search, ndots);
    }

    private Configuration ofPlatform() {
        ResolverConfig platform = ResolverConfig.getCurrentConfig();
        List<String> servers = new ArrayList<>();
        for (InetSocketAddress server : platform.servers()) {
            servers.add(DnsQuery.words(server));
        }
        if (servers.isEmpty()) {
            servers.add("127.0.0.1:" + port);
        }
        List<String> search = platform.searchPath().stream()
                .map(Name::toString)
                .map(name -> name.replaceFirst("\\.$", ""))
                .toList();
        return new Configuration(servers, search, platform.ndots());
    }

    private static List<String> suffixes(String[] words) {
        List<String> found = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            String suffix = words[i].endsWith(".") ? words[i].substring(0, words[i].length() - 1) : words[i];
            if (!suffix.isEmpty()) {
                found.add(suffix);
            }
        }
        return found;
    }

    private static int ndots(String[] words, int before) {
        for (String word : words) {
            if (word.matches("ndots:\\d{1,2}")) {
                return Math.min(15, Integer.parseInt(word.substring("ndots:".length())));
            }
        }
        return before;
    }

    /** The addresses of this name in the hosts file; empty if it is not there. {@code localhost} always has addresses. */
    List<String> hosts(String name) throws IOException {
        String wanted = (name.endsWith(".") ? name.substring(0, name.length() - 1) : name).toLowerCase(Locale.ROOT);
        List<String> found = new ArrayList<>();
        if (Files.exists(hosts)) {
            for (String line : Files.readAllLines(hosts, StandardCharsets.ISO_8859_1)) {
                int comment = line.indexOf('#');
                String[] words = (comment < 0 ? line : line.substring(0, comment))
                        .strip()
                        .split("\\s+");
                for (int i = 1; i < words.length; i++) {
                    if (words[i].toLowerCase(Locale.ROOT).equals(wanted) && HostPort.isLiteral(words[0])) {
                        found.add(words[0]);
                    }
                }
            }
        }
        if (found.isEmpty() && wanted.equals("localhost")) {
            found.add("127.0.0.1");
        }
        return found;
    }
}

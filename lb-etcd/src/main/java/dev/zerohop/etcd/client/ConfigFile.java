package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a process knows about its etcd clusters besides the targets, which never carry TLS or credentials. Holds the names of files with secrets, no
 * secret itself.
 *
 * @param clientId the name of this process among the clients; null for that of the environment
 * @param clusters how clusters are reached
 * @param requireTls whether nothing goes to etcd in plain text
 */
public record ConfigFile(@Nullable String clientId, List<Cluster> clusters, boolean requireTls) {
    /** The environment variable that names the file. */
    static final String VARIABLE = "ZEROHOP_CONFIG";

    /** The system property that names it; it goes before the variable. */
    static final String PROPERTY = "zerohop.config";

    static final ConfigFile NONE = new ConfigFile(null, List.of(), false);

    /**
     * How a cluster is reached.
     *
     * @param servers its members; empty if this is meant for every cluster that no other names
     */
    record Cluster(List<HostAndPort> servers, Access access) {}

    /**
     * The file that the process was given, read now; {@link #NONE} if it was given none.
     *
     * @throws IllegalArgumentException if it cannot be read or used
     */
    public static ConfigFile ofTheProcess() {
        String property = System.getProperty(PROPERTY);
        if (property != null) {
            return named("system property " + PROPERTY, property);
        }
        String variable = System.getenv(VARIABLE);
        return variable == null || variable.isEmpty() ? NONE : named(VARIABLE, variable);
    }

    private static ConfigFile named(String by, String path) {
        try {
            return read(Path.of(path));
        } catch (InvalidPathException bad) {
            throw new IllegalArgumentException(
                    by + " was '" + Printable.text(path) + "', expected the path of a file", bad);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(
                    Printable.text(by + " names " + path + ", which cannot be used: " + reason(unreadable)),
                    unreadable);
        }
    }

    private static String reason(IOException thrown) {
        // Those of the file system say nothing but the path.
        return thrown instanceof java.nio.file.FileSystemException
                ? thrown.getClass().getSimpleName()
                : String.valueOf(thrown.getMessage());
    }

    /** Reads a file; relative paths in it start where it lies. */
    static ConfigFile read(Path file) throws IOException {
        Reader reader = new Reader(file.toAbsolutePath().normalize());
        try {
            JsonReader.object(Files.readAllBytes(file), reader::field);
        } catch (JsonReader.MalformedException malformed) {
            // Not what the parser stumbled over: it may be a secret in the wrong file.
            throw new IOException(malformed.withoutText());
        }
        Set<HostAndPort> seen = new HashSet<>();
        boolean any = false;
        for (int i = 0; i < reader.clusters.size(); i++) {
            Cluster cluster = reader.clusters.get(i);
            if (cluster.servers().isEmpty() && any) {
                throw new IOException(
                        "etcd[" + i + "] has no servers, as one before it, expected one such entry at most");
            }
            any |= cluster.servers().isEmpty();
            for (HostAndPort server : cluster.servers()) {
                if (!seen.add(server)) {
                    throw new IOException(
                            "etcd[" + i + "].servers names " + server + ", as one before it, expected it once");
                }
            }
        }
        return new ConfigFile(reader.clientId, List.copyOf(reader.clusters), reader.requireTls);
    }

    /**
     * How the cluster of these servers is reached.
     *
     * @throws IllegalArgumentException if some of them are named together and others are not: no credentials go to a server that was not named for them;
     *     or if TLS is required and not stated
     */
    Access accessTo(List<HostAndPort> servers) {
        return checked(servers, stated(servers));
    }

    /**
     * {@code access}, as it was given elsewhere.
     *
     * @throws IllegalArgumentException if TLS is required and it has none
     */
    public Access checked(List<HostAndPort> servers, Access access) {
        if (requireTls && access.tls() == null) {
            throw new IllegalArgumentException("etcd servers were " + servers
                    + " without TLS, expected TLS: the file that " + VARIABLE + " names says requireTls");
        }
        return access;
    }

    /** What the file says of these servers, whatever it requires. */
    public Access stated(List<HostAndPort> servers) {
        Access other = Access.PLAIN;
        for (Cluster cluster : clusters) {
            if (cluster.servers().isEmpty()) {
                other = cluster.access();
                continue;
            }
            List<HostAndPort> missing = servers.stream()
                    .filter(server -> !cluster.servers().contains(server))
                    .toList();
            if (missing.isEmpty()) {
                return cluster.access();
            }
            if (missing.size() < servers.size()) {
                throw new IllegalArgumentException("etcd servers were " + servers + ", of which the file that "
                        + VARIABLE + " names lists only some as one cluster " + cluster.servers()
                        + ", expected all of them or none; it lacks " + missing);
            }
        }
        return other;
    }

    /**
     * Refuses here what {@link #accessTo} and the client would refuse later.
     *
     * @throws IllegalArgumentException if the servers are named in part, or a TLS file cannot be used
     */
    void check(List<HostAndPort> servers) {
        Tls tls = accessTo(servers).tls();
        if (tls != null) {
            new TlsFiles(tls).credentials();
        }
    }

    /** Collects the fields of the file. */
    private static final class Reader {
        private final Path file;
        private @Nullable String clientId;
        private final List<Cluster> clusters = new ArrayList<>();
        private boolean requireTls;

        Reader(Path file) {
            this.file = file;
        }

        void field(JsonReader in, String name) throws IOException {
            switch (name) {
                case "clientId" -> clientId = in.text(name);
                case "etcd" -> clusters.addAll(in.array(name, path -> cluster(in, path)));
                case "requireTls" -> requireTls = in.bool(name);
                default -> throw JsonReader.unknown(name, "clientId, etcd or requireTls");
            }
        }

        private Cluster cluster(JsonReader in, String path) throws IOException {
            Fields fields = new Fields();
            in.object(path, (name, field) -> {
                switch (name) {
                    case "servers" -> {
                        fields.servers = in.array(field, element -> server(in, element));
                        if (fields.servers.isEmpty()) {
                            throw in.rejected(field, "at least one host:port, or no such field");
                        }
                    }
                    case "tls" -> fields.tls = tls(in, field);
                    case "user" -> fields.user = in.text(field);
                    case "passwordFile" -> fields.passwordFile = path(in, field);
                    case "namespace" -> fields.namespace = namespace(in, field);
                    default -> throw JsonReader.unknown(field, "servers, tls, user, passwordFile or namespace");
                }
            });
            if ((fields.user == null) != (fields.passwordFile == null)) {
                throw new IOException(path + (fields.user == null ? ".user" : ".passwordFile")
                        + " was missing, expected user and passwordFile together");
            }
            Login login = fields.user == null || fields.passwordFile == null
                    ? null
                    : new Login(fields.user, new Login.PasswordFile(fields.passwordFile));
            return new Cluster(fields.servers, new Access(fields.tls, login, fields.namespace));
        }

        /** The fields of one cluster while it is read. */
        private static final class Fields {
            private List<HostAndPort> servers = List.of();
            private @Nullable Tls tls;
            private @Nullable String user;
            private @Nullable Path passwordFile;
            private String namespace = "";
        }

        private Tls tls(JsonReader in, String path) throws IOException {
            Path[] files = new Path[3];
            String[] authority = new String[1];
            in.object(path, (name, field) -> {
                switch (name) {
                    case "ca" -> files[0] = path(in, field);
                    case "certificate" -> files[1] = path(in, field);
                    case "key" -> files[2] = path(in, field);
                    case "authority" -> authority[0] = in.text(field);
                    default -> throw JsonReader.unknown(field, "ca, certificate, key or authority");
                }
            });
            try {
                return new Tls(files[0], files[1], files[2], authority[0]);
            } catch (IllegalArgumentException half) {
                throw new IOException(path + ": " + half.getMessage(), half);
            }
        }

        private static HostAndPort server(JsonReader in, String path) throws IOException {
            HostAndPort server = Addresses.parse(in.anyText(path), 0);
            if (server == null) {
                throw new IOException(path + " was " + Printable.text(Addresses.shown(in.anyText(path)), 80)
                        + ", expected host:port, such as 10.0.0.1:2379");
            }
            return server;
        }

        private static String namespace(JsonReader in, String path) throws IOException {
            try {
                return Namespace.check(path, in.anyText(path));
            } catch (IllegalArgumentException bad) {
                throw new IOException(bad.getMessage(), bad);
            }
        }

        private Path path(JsonReader in, String field) throws IOException {
            try {
                return file.resolveSibling(in.text(field));
            } catch (InvalidPathException bad) {
                throw in.rejected(field, "the path of a file");
            }
        }
    }
}

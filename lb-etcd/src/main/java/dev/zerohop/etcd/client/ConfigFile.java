package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A process's configuration of its etcd clusters: TLS and credentials, which targets never carry. Contains the names of files with secrets, but no secret
 * itself.
 *
 * @param clientId the name of this process among the clients; null for that of the environment
 * @param clusters the access to clusters
 * @param requireTls whether every connection to etcd must use TLS
 */
public record ConfigFile(@Nullable String clientId, List<Cluster> clusters, boolean requireTls) {
    /** The environment variable that names the file. */
    static final String VARIABLE = "ZEROHOP_CONFIG";

    /** The system property that names the file; it takes precedence over the variable. */
    static final String PROPERTY = "zerohop.config";

    static final ConfigFile NONE = new ConfigFile(null, List.of(), false);

    /**
     * How a cluster is reached.
     *
     * @param servers its members; empty for the entry of all clusters that no other entry names
     */
    record Cluster(List<HostAndPort> servers, Access access) {}

    /**
     * Reads the file that the system property or the environment variable names; {@link #NONE} if neither is set.
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
        // The message of these is only the path.
        return thrown instanceof java.nio.file.FileSystemException
                ? thrown.getClass().getSimpleName()
                : String.valueOf(thrown.getMessage());
    }

    /** Reads a file; relative paths in it start at its directory. */
    static ConfigFile read(Path file) throws IOException {
        Path self = file.toAbsolutePath().normalize();
        var read = new Object() {
            @Nullable
            String clientId;

            List<Cluster> clusters = List.of();
            boolean requireTls;
        };
        try {
            JsonReader.object(Files.readAllBytes(file), (in, name) -> {
                switch (name) {
                    case "clientId" -> read.clientId = in.text(name);
                    case "etcd" -> read.clusters = List.copyOf(in.array(name, path -> cluster(in, path, self)));
                    case "requireTls" -> read.requireTls = in.bool(name);
                    default -> throw JsonReader.unknown(name, "clientId, etcd or requireTls");
                }
            });
        } catch (JsonReader.MalformedException malformed) {
            // Without the text found: it may be a secret in the wrong file.
            throw new IOException(malformed.withoutText());
        }
        requireDistinct(read.clusters);
        return new ConfigFile(read.clientId, read.clusters, read.requireTls);
    }

    private static void requireDistinct(List<Cluster> clusters) throws IOException {
        Set<HostAndPort> seen = new HashSet<>();
        boolean any = false;
        for (int i = 0; i < clusters.size(); i++) {
            Cluster cluster = clusters.get(i);
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
    }

    /**
     * The access to the cluster of these servers.
     *
     * @throws IllegalArgumentException if TLS is required and not configured, or an entry names only some of the servers: credentials are never sent to a
     * server that is not named
     */
    Access accessTo(List<HostAndPort> servers) {
        return checked(servers, stated(servers));
    }

    /** Returns {@code access}; throws an {@link IllegalArgumentException} if TLS is required and it has none. */
    public Access checked(List<HostAndPort> servers, Access access) {
        if (requireTls && access.tls() == null) {
            throw new IllegalArgumentException("etcd servers were " + servers
                    + " without TLS, expected TLS: the file that " + VARIABLE + " names sets requireTls");
        }
        return access;
    }

    /** The access that the file configures for these servers, without the check of {@code requireTls}. */
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
                throw new IllegalArgumentException("etcd servers were " + servers + ", but the file that " + VARIABLE
                        + " names lists only some of them as one cluster " + cluster.servers()
                        + ", expected all of them or none; it lacks " + missing);
            }
        }
        return other;
    }

    /** Rejects at once what {@link #accessTo} and the client would reject later. */
    void check(List<HostAndPort> servers) {
        Tls tls = accessTo(servers).tls();
        if (tls != null) {
            new TlsFiles(tls).credentials();
        }
    }

    private static Cluster cluster(JsonReader in, String path, Path self) throws IOException {
        var read = new Object() {
            List<HostAndPort> servers = List.of();

            @Nullable
            Tls tls;

            @Nullable
            String user;

            @Nullable
            Path passwordFile;

            String namespace = "";
        };
        in.object(path, (name, field) -> {
            switch (name) {
                case "servers" -> {
                    read.servers = in.array(field, element -> server(in, element));
                    if (read.servers.isEmpty()) {
                        throw in.rejected(field, "at least one host:port, or no such field");
                    }
                }
                case "tls" -> read.tls = tls(in, field, self);
                case "user" -> read.user = in.text(field);
                case "passwordFile" -> read.passwordFile = path(in, field, self);
                case "namespace" -> read.namespace = namespace(in, field);
                default -> throw JsonReader.unknown(field, "servers, tls, user, passwordFile or namespace");
            }
        });
        String user = read.user;
        Path passwordFile = read.passwordFile;
        if ((user == null) != (passwordFile == null)) {
            throw new IOException(path + (user == null ? ".user" : ".passwordFile")
                    + " was missing, expected user and passwordFile together");
        }
        Login login =
                user == null || passwordFile == null ? null : new Login(user, new Login.PasswordFile(passwordFile));
        return new Cluster(read.servers, new Access(read.tls, login, read.namespace));
    }

    private static Tls tls(JsonReader in, String path, Path self) throws IOException {
        Path[] files = new Path[3];
        String[] authority = new String[1];
        in.object(path, (name, field) -> {
            switch (name) {
                case "ca" -> files[0] = path(in, field, self);
                case "certificate" -> files[1] = path(in, field, self);
                case "key" -> files[2] = path(in, field, self);
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
        String text = in.anyText(path);
        HostAndPort server = Addresses.parse(text, 0);
        if (server == null) {
            throw new IOException(path + " was " + Printable.text(Addresses.shown(text), 80)
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

    private static Path path(JsonReader in, String field, Path self) throws IOException {
        try {
            return self.resolveSibling(in.text(field));
        } catch (InvalidPathException bad) {
            throw in.rejected(field, "the path of a file");
        }
    }
}

package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.Access;
import dev.zerohop.etcd.client.Addresses;
import dev.zerohop.etcd.client.Cluster;
import dev.zerohop.etcd.client.ConfigFile;
import dev.zerohop.etcd.client.Login;
import dev.zerohop.etcd.client.Namespace;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.client.Tls;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Builds a client of an etcd cluster. Only {@link #servers} is required.
 *
 * <p>If certificates, a user or a namespace is set here, the configuration file is used for none of them. Otherwise TLS, user and namespace come from the
 * file that the system property {@code zerohop.config} or the environment variable {@code ZEROHOP_CONFIG} names, if any; {@link #tls()} alone then adds TLS
 * where that file has none. {@code requireTls} in that file applies to every client.
 *
 * <p>Changed files are read again: those of TLS before each new connection, the password before each authentication. If a changed file cannot be used, the
 * last good content stays in use and a warning gives the reason. Not thread-safe.
 */
public final class EtcdClientBuilder {
    private final List<HostAndPort> servers = new ArrayList<>();
    private Env env = Env.system();
    private boolean tls;
    private boolean requireTls;
    private @Nullable Path ca;
    private @Nullable Path certificate;
    private @Nullable Path key;
    private @Nullable String authority;
    private @Nullable Login login;
    private @Nullable String namespace;
    private @Nullable String clientId;

    EtcdClientBuilder() {}

    /**
     * Adds members of the cluster; the client starts with a random one.
     *
     * @param addresses as {@code host:port}
     * @throws IllegalArgumentException if one is not {@code host:port}
     */
    public EtcdClientBuilder servers(String... addresses) {
        for (String server : addresses) {
            HostAndPort address = Addresses.parse(server, 0);
            if (address == null) {
                throw new IllegalArgumentException("etcd server was '" + Printable.text(Addresses.shown(server))
                        + "', expected host:port, such as 10.0.0.1:2379");
            }
            servers.add(address);
        }
        return this;
    }

    /** The clock, dice and threads; default: {@link Env#system}. */
    public EtcdClientBuilder env(Env newEnv) {
        this.env = requireNonNull(newEnv, "env");
        return this;
    }

    /** Uses TLS: with the configuration file's settings for this cluster unless others are set here, else with the certificates that Java trusts. */
    public EtcdClientBuilder tls() {
        this.tls = true;
        return this;
    }

    /**
     * Requires TLS: {@link #build} fails if neither this builder nor the configuration file configures it. Default: off; a password that is sent in plain
     * text then only causes a warning.
     */
    public EtcdClientBuilder requireTls() {
        this.requireTls = true;
        return this;
    }

    /** Uses TLS with the CA certificates in {@code pem}. */
    public EtcdClientBuilder tls(Path pem) {
        this.ca = requireNonNull(pem, "pem");
        return tls();
    }

    /**
     * Mutual TLS. TLS is then used also without {@link #tls}.
     *
     * @param certificatePem the client's certificate, followed by intermediate certificates if there are any
     * @param keyPem its private key, not encrypted: PKCS #8, or the older forms of RSA and EC keys
     */
    public EtcdClientBuilder clientCertificate(Path certificatePem, Path keyPem) {
        this.certificate = requireNonNull(certificatePem, "certificatePem");
        this.key = requireNonNull(keyPem, "keyPem");
        return tls();
    }

    /** The name in the servers' certificates, where it is not the host. TLS is then used also without {@link #tls}. */
    public EtcdClientBuilder authority(String name) {
        this.authority = requireNonNull(name, "name");
        return tls();
    }

    /**
     * A user whose password is in a file; leading and trailing white space is ignored.
     *
     * @throws IllegalArgumentException if the user is blank
     */
    public EtcdClientBuilder user(String user, Path passwordFile) {
        return login(user, new Login.PasswordFile(requireNonNull(passwordFile, "passwordFile")));
    }

    /**
     * A user with a password that never changes.
     *
     * @throws IllegalArgumentException if the user is blank
     */
    public EtcdClientBuilder user(String user, String password) {
        requireNonNull(password, "password");
        return login(user, () -> password);
    }

    /**
     * A user whose password is read before each authentication.
     *
     * @param password called by one of the client's threads at a time; may block. Of an exception that it throws only the class is reported
     * @throws IllegalArgumentException if the user is blank
     */
    public EtcdClientBuilder user(String user, Supplier<String> password) {
        return login(user, requireNonNull(password, "password"));
    }

    private EtcdClientBuilder login(String user, Supplier<String> password) {
        this.login = new Login(requireNonNull(user, "user"), password);
        return this;
    }

    /**
     * A prefix of every key that is read or written, so that several fleets can share a cluster. The client adds it to requests and removes it from answers.
     *
     * @param prefix ends with a slash, for example {@code production/}
     * @throws IllegalArgumentException if it does not, or has control characters or an empty segment
     */
    public EtcdClientBuilder namespace(String prefix) {
        this.namespace = Namespace.check("namespace", requireNonNull(prefix, "prefix"));
        return this;
    }

    /**
     * The name of this client among all clients. Default: {@code clientId} of the configuration file, else the environment's {@code ZEROHOP_CLIENT_ID} or
     * {@code HOSTNAME}, else one that is drawn when the process starts.
     *
     * @throws IllegalArgumentException if it is blank, has a slash or a control character, or is too long
     */
    public EtcdClientBuilder clientId(String id) {
        ServiceKeys.requireSegment("clientId", requireNonNull(id, "id"));
        this.clientId = id;
        return this;
    }

    /**
     * The client. Does not connect yet.
     *
     * @throws IllegalArgumentException if there is no server, TLS is required and not configured, or a TLS file or the configuration file cannot be used
     */
    public EtcdClient build() {
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("no etcd server was given, expected at least one host:port");
        }
        List<HostAndPort> cluster = List.copyOf(servers);
        ConfigFile file = ConfigFile.ofTheProcess();
        boolean given = ca != null || certificate != null || authority != null || login != null || namespace != null;
        Access access = given
                ? new Access(
                        tls ? new Tls(ca, certificate, key, authority) : null,
                        login,
                        namespace == null ? "" : namespace)
                : tls ? file.stated(cluster).overTls() : file.stated(cluster);
        if (requireTls && access.tls() == null) {
            throw new IllegalArgumentException(
                    "etcd servers were " + cluster + " without TLS, expected TLS: requireTls was called");
        }
        file.checked(cluster, access);
        return new EtcdClient(new Cluster(cluster, access, clientId == null ? file.clientId() : clientId, env));
    }
}

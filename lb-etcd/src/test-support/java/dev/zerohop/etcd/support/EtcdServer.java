package dev.zerohop.etcd.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.testing.FreePorts;
import io.etcd.jetcd.api.AuthEnableRequest;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthRoleAddRequest;
import io.etcd.jetcd.api.AuthRoleGrantPermissionRequest;
import io.etcd.jetcd.api.AuthUserAddRequest;
import io.etcd.jetcd.api.AuthUserChangePasswordRequest;
import io.etcd.jetcd.api.AuthUserGrantRoleRequest;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.Permission;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A real etcd process, alone unless a cluster was stated, on ports that were free, and an operator's hands on its keys. */
public final class EtcdServer implements AutoCloseable {
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

    private final Path directory;
    private final String name;
    private final int port = FreePorts.next();
    private final int peerPort = FreePorts.next();
    private List<String> clusterOptions;
    private List<String> tlsOptions = List.of();
    private ChannelCredentials operator = InsecureChannelCredentials.create();
    private @Nullable String rootPassword;
    private @Nullable Process process;
    private @Nullable ManagedChannel transport;
    private @Nullable Channel channel;

    EtcdServer(Path directory, String name) {
        this.directory = directory;
        this.name = name;
        String peer = "http://127.0.0.1:" + peerPort;
        this.clusterOptions =
                List.of("--initial-advertise-peer-urls=" + peer, "--initial-cluster=" + name + "=" + peer);
    }

    /** A server that runs. */
    public static EtcdServer started(Path directory) {
        EtcdServer server = new EtcdServer(directory, "one");
        server.start();
        return server;
    }

    /** A server that does not run yet. */
    public static EtcdServer stopped(Path directory) {
        return new EtcdServer(directory, "one");
    }

    /** One that speaks TLS with {@code server}, and asks for certificates of {@code clients} if that is given. Takes effect when it starts. */
    public EtcdServer withTls(TestCertificates authority, TestCertificates.Pair server, @Nullable Path clients) {
        List<String> options =
                new ArrayList<>(List.of("--cert-file=" + server.certificate(), "--key-file=" + server.key()));
        if (clients != null) {
            options.add("--client-cert-auth");
            options.add("--trusted-ca-file=" + clients);
        }
        tlsOptions = options;
        TestCertificates.Pair me = authority.forLoopback("operator");
        try {
            operator = TlsChannelCredentials.newBuilder()
                    .keyManager(me.certificate().toFile(), me.key().toFile())
                    .trustManager(EVERYBODY)
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** The operator of a test must reach also a server that nobody else would. */
    private static final X509ExtendedTrustManager EVERYBODY = new X509ExtendedTrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    };

    /** Makes it a member of a cluster. Takes effect when it starts. */
    void joins(String advertisedPeer, String initialCluster) {
        clusterOptions =
                List.of("--initial-advertise-peer-urls=" + advertisedPeer, "--initial-cluster=" + initialCluster);
    }

    int peerPort() {
        return peerPort;
    }

    String name() {
        return name;
    }

    private static String binary() {
        String stated = System.getProperty("zerohop.etcd");
        if (stated != null) {
            return stated;
        }
        for (String entry : String.valueOf(System.getenv("PATH")).split(File.pathSeparator)) {
            Path candidate = Path.of(entry, "etcd");
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        Path extracted = Checkout.path("build", "etcd", "usr", "bin", "etcd");
        if (!Files.isExecutable(extracted)) {
            fail("These tests need a real etcd and found none on the PATH nor at " + extracted
                    + ": run build-support/etcd.sh, which extracts one there.");
        }
        return extracted.toString();
    }

    public String address() {
        return "127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    /** Starts it, on the data that it had before if any, and waits until it answers. */
    public void start() {
        launch();
        awaitAnswer();
    }

    public void launch() {
        String client = (tlsOptions.isEmpty() ? "http://" : "https://") + address();
        List<String> command = new ArrayList<>(List.of(
                binary(),
                "--name=" + name,
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=http://127.0.0.1:" + peerPort,
                "--log-level=error"));
        command.addAll(clusterOptions);
        command.addAll(tlsOptions);
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            directory.resolve("etcd.log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        closeChannel();
        transport = NettyChannelBuilder.forAddress("127.0.0.1", port, operator).build();
        channel = transport;
    }

    public void awaitAnswer() {
        await().until(() -> {
            assertThat(process().isAlive())
                    .as("etcd is alive, see " + directory)
                    .isTrue();
            try {
                if (rootPassword != null) {
                    logIn();
                }
                revision();
                return true;
            } catch (io.grpc.StatusRuntimeException notYet) {
                transport().resetConnectBackoff();
                return false;
            }
        });
    }

    // ---- users ----

    private AuthGrpc.AuthBlockingStub users() {
        return AuthGrpc.newBlockingStub(channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    /** Asks for a user from now on; the operator is root. */
    public void enableAuth(String password) {
        addUser("root", password, "root");
        var ignored = users().authEnable(AuthEnableRequest.getDefaultInstance());
        rootPassword = password;
        logIn();
    }

    private void logIn() {
        String token = AuthGrpc.newBlockingStub(transport())
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .authenticate(AuthenticateRequest.newBuilder()
                        .setName("root")
                        .setPassword(rootPassword)
                        .build())
                .getToken();
        Metadata headers = new Metadata();
        headers.put(TOKEN, token);
        channel = ClientInterceptors.intercept(transport(), MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** Adds a user with a role of his own. */
    public void addUser(String user, String password, String role) {
        var added = users().userAdd(AuthUserAddRequest.newBuilder()
                .setName(user)
                .setPassword(password)
                .build());
        var made = users().roleAdd(AuthRoleAddRequest.newBuilder().setName(role).build());
        var granted = users().userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                .setUser(user)
                .setRole(role)
                .build());
        assertThat(List.of(added, made, granted)).hasSize(3);
    }

    public void grant(String role, Permission.Type type, KeyRange range) {
        var ignored = users().roleGrantPermission(AuthRoleGrantPermissionRequest.newBuilder()
                .setName(role)
                .setPerm(Permission.newBuilder()
                        .setPermType(type)
                        .setKey(ByteString.copyFromUtf8(range.from()))
                        .setRangeEnd(ByteString.copyFromUtf8(range.end())))
                .build());
    }

    public void changePassword(String user, String password) {
        var ignored = users().userChangePassword(AuthUserChangePasswordRequest.newBuilder()
                .setName(user)
                .setPassword(password)
                .build());
    }

    // ---- the process ----

    public static org.awaitility.core.ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }

    /** kill -9. */
    public void kill() {
        process().destroyForcibly().onExit().join();
    }

    /** SIGTERM: what was written is on the disk afterwards, and tokens, which are not written, are lost. */
    public void shutDown() {
        process().destroy();
        process().onExit().join();
    }

    /** Keeps what it has now, for {@link #restore}. It is stopped and started for that. */
    public void backUp() throws IOException {
        shutDown();
        copy(directory.resolve("data"), directory.resolve("backup"));
        start();
    }

    /** Is as it was when it was backed up. It is killed and started for that; its cluster id and Raft term are those of before. */
    public void restore() throws IOException {
        kill();
        wipe();
        copy(directory.resolve("backup"), directory.resolve("data"));
        start();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path path : files.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Loses everything that it knew. */
    public void wipe() throws IOException {
        try (var files = Files.walk(directory.resolve("data"))) {
            for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** SIGSTOP: it keeps its connections and says nothing. */
    public void pause() {
        signal("-STOP");
    }

    /** SIGCONT. */
    public void resume() {
        signal("-CONT");
    }

    private void signal(String name) {
        try {
            int exit = new ProcessBuilder("kill", name, String.valueOf(process().pid()))
                    .start()
                    .waitFor();
            assertThat(exit).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    // ---- an operator's hands ----

    private KVGrpc.KVBlockingStub keys() {
        return KVGrpc.newBlockingStub(channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private LeaseGrpc.LeaseBlockingStub leases() {
        return LeaseGrpc.newBlockingStub(channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    public void put(String key, String value) {
        var ignored = keys().put(PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build());
    }

    public void putRaw(ByteString key, String value) {
        var ignored = keys().put(PutRequest.newBuilder()
                .setKey(key)
                .setValue(ByteString.copyFromUtf8(value))
                .build());
    }

    public void deleteRaw(ByteString key) {
        var ignored =
                keys().deleteRange(DeleteRangeRequest.newBuilder().setKey(key).build());
    }

    public void putBytes(String key, byte[] value) {
        var ignored = keys().put(PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFrom(value))
                .build());
    }

    public void delete(String key) {
        var ignored = keys().deleteRange(DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .build());
    }

    @Nullable
    public KeyValue get(String key) {
        var found = keys().range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .build())
                .getKvsList();
        return found.isEmpty() ? null : found.get(0);
    }

    /** What is under a directory, which ends with a slash. */
    public java.util.List<KeyValue> under(String directory) {
        KeyRange range = KeyRange.under(directory);
        return keys().range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(range.from()))
                        .setRangeEnd(ByteString.copyFromUtf8(range.end()))
                        .build())
                .getKvsList();
    }

    public long revision() {
        return keys().range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("x"))
                        .build())
                .getHeader()
                .getRevision();
    }

    /** Forgets the history before now. */
    public void compact() {
        var ignored = keys().compact(
                        CompactionRequest.newBuilder().setRevision(revision()).build());
    }

    /** Ends the lease of a key now, as if it had lapsed. */
    public void revokeLease(String key) {
        KeyValue pair = get(key);
        assertThat(pair).as(key).isNotNull();
        var ignored = leases().leaseRevoke(
                        LeaseRevokeRequest.newBuilder().setID(pair.getLease()).build());
    }

    /** What a stalled leader can do to all leases at once. */
    public int revokeAllLeases() {
        Set<Long> ids = new TreeSet<>();
        for (KeyValue pair : keys().range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("zerohop/"))
                        .setRangeEnd(ByteString.copyFromUtf8("zerohop0"))
                        .build())
                .getKvsList()) {
            if (pair.getLease() != 0) {
                ids.add(pair.getLease());
            }
        }
        for (long id : ids) {
            var ignored = leases().leaseRevoke(
                            LeaseRevokeRequest.newBuilder().setID(id).build());
        }
        return ids.size();
    }

    /** What is left of a lease, in seconds; -1 if it has ended. */
    public long secondsLeft(long lease) {
        return leases().leaseTimeToLive(
                        LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
                .getTTL();
    }

    /** How many leases there are, also those without keys. */
    public int leaseCount() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address() + "/v3/lease/leases"))
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body().split("\"ID\"", -1).length - 1;
    }

    /** The operator's. */
    public Channel channel() {
        Channel open = channel;
        assertThat(open).as("started").isNotNull();
        return open;
    }

    private ManagedChannel transport() {
        ManagedChannel open = transport;
        assertThat(open).as("started").isNotNull();
        return open;
    }

    /** What the member says of itself and its leader. */
    StatusResponse status() {
        return MaintenanceGrpc.newBlockingStub(channel())
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .status(StatusRequest.getDefaultInstance());
    }

    private Process process() {
        Process running = process;
        assertThat(running).as("started").isNotNull();
        return running;
    }

    private void closeChannel() {
        if (transport != null) {
            transport.shutdownNow();
        }
    }

    @Override
    public void close() {
        closeChannel();
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }
}

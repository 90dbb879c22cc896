package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A real etcd process of one member, on ports that were free, and an operator's hands on its keys. */
final class EtcdServer implements AutoCloseable {
    private final Path directory;
    private final int port = freePort();
    private final int peerPort = freePort();
    private @Nullable Process process;
    private @Nullable ManagedChannel channel;

    private EtcdServer(Path directory) {
        this.directory = directory;
    }

    /** A server that runs. */
    static EtcdServer started(Path directory) {
        EtcdServer server = new EtcdServer(directory);
        server.start();
        return server;
    }

    /** A server that does not run yet. */
    static EtcdServer stopped(Path directory) {
        return new EtcdServer(directory);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String binary() {
        for (String entry : String.valueOf(System.getenv("PATH")).split(File.pathSeparator)) {
            Path candidate = Path.of(entry, "etcd");
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        Path extracted = Path.of("..", "build", "etcd", "usr", "bin", "etcd")
                .toAbsolutePath()
                .normalize();
        if (!Files.isExecutable(extracted)) {
            fail("These tests need a real etcd and found none on the PATH nor at " + extracted
                    + ": run build-support/etcd.sh, which extracts one there.");
        }
        return extracted.toString();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    /** Starts it, on the data that it had before if any, and waits until it answers. */
    void start() {
        String client = "http://" + address();
        String peer = "http://127.0.0.1:" + peerPort;
        ProcessBuilder builder = new ProcessBuilder(
                        binary(),
                        "--name=one",
                        "--data-dir=" + directory.resolve("data"),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=one=" + peer,
                        "--log-level=error")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("etcd.log").toFile()));
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        closeChannel();
        channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        await().until(() -> {
            assertThat(process().isAlive())
                    .as("etcd is alive, see " + directory)
                    .isTrue();
            try {
                revision();
                return true;
            } catch (io.grpc.StatusRuntimeException notYet) {
                channel().resetConnectBackoff();
                return false;
            }
        });
    }

    static org.awaitility.core.ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20));
    }

    /** kill -9. */
    void kill() {
        process().destroyForcibly().onExit().join();
    }

    /** Loses everything that it knew. */
    void wipe() throws IOException {
        try (var files = Files.walk(directory.resolve("data"))) {
            for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** SIGSTOP: it keeps its connections and says nothing. */
    void pause() {
        signal("-STOP");
    }

    /** SIGCONT. */
    void resume() {
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
        return KVGrpc.newBlockingStub(channel()).withDeadlineAfter(5, TimeUnit.SECONDS);
    }

    private LeaseGrpc.LeaseBlockingStub leases() {
        return LeaseGrpc.newBlockingStub(channel()).withDeadlineAfter(5, TimeUnit.SECONDS);
    }

    void put(String key, String value) {
        var ignored = keys().put(PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build());
    }

    void putBytes(String key, byte[] value) {
        var ignored = keys().put(PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFrom(value))
                .build());
    }

    void delete(String key) {
        var ignored = keys().deleteRange(DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .build());
    }

    @Nullable
    KeyValue get(String key) {
        var found = keys().range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .build())
                .getKvsList();
        return found.isEmpty() ? null : found.get(0);
    }

    /** What is under a directory, which ends with a slash. */
    java.util.List<KeyValue> under(String directory) {
        KeyRange range = KeyRange.under(directory);
        return keys().range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(range.from()))
                        .setRangeEnd(ByteString.copyFromUtf8(range.end()))
                        .build())
                .getKvsList();
    }

    long revision() {
        return keys().range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("x"))
                        .build())
                .getHeader()
                .getRevision();
    }

    /** Forgets the history before now. */
    void compact() {
        var ignored = keys().compact(
                        CompactionRequest.newBuilder().setRevision(revision()).build());
    }

    /** What a stalled leader can do to all leases at once. */
    int revokeAllLeases() {
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

    ManagedChannel channel() {
        ManagedChannel open = channel;
        assertThat(open).as("started").isNotNull();
        return open;
    }

    private Process process() {
        Process running = process;
        assertThat(running).as("started").isNotNull();
        return running;
    }

    private void closeChannel() {
        if (channel != null) {
            channel.shutdownNow();
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

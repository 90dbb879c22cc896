package dev.zerohop.benchmarks.etcd;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.PutResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real etcd of one member, and what writes to it. */
final class EtcdProcess implements AutoCloseable {
    private static final String SERVICE = "zerohop/v1/services/orders/";

    private final String binary;
    private final Path directory = Files.createTempDirectory("zerohop-etcd");
    private final int port = freePort();
    private final int peerPort = freePort();
    private Process process;
    private ManagedChannel channel;

    EtcdProcess(String binary) throws IOException {
        this.binary = binary;
        launch();
        awaitAnswer();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    void launch() throws IOException {
        String client = "http://" + address();
        String peer = "http://127.0.0.1:" + peerPort;
        process = new ProcessBuilder(
                        binary,
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
                        directory.resolve("log").toFile()))
                .start();
    }

    /** Until a write has succeeded. */
    void awaitAnswer() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            // A new channel each time: the back-off of one would blur when the server was there.
            closeChannel();
            channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .build();
            try {
                put("zerohop/v1/benchmark", "answers");
                return;
            } catch (StatusRuntimeException notYet) {
                if (System.nanoTime() - end > 0) {
                    throw notYet;
                }
            }
        }
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    void put(String key, String value) {
        KVGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS).put(request(key, value));
    }

    void weights(String json) {
        put(SERVICE + "weights", json);
    }

    void endpoint(String id, String address) {
        put(SERVICE + "endpoints/" + id, "{\"address\": \"" + address + "\"}");
    }

    /** Endpoints {@code e0} to {@code e(count-1)}, with what an endpoint usually says. */
    void endpoints(int count) throws Exception {
        KVGrpc.KVFutureStub keys = KVGrpc.newFutureStub(channel);
        List<ListenableFuture<PutResponse>> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String value = "{\"address\": \"10.0." + i / 256 + "." + i % 256 + ":8080\", \"zone\": \"zone-" + i % 3
                    + "\", \"ordinal\": " + i + "}";
            writes.add(keys.put(request(SERVICE + "endpoints/e" + i, value)));
            if (writes.size() == 200) {
                for (ListenableFuture<PutResponse> write : writes) {
                    write.get();
                }
                writes.clear();
            }
        }
        for (ListenableFuture<PutResponse> write : writes) {
            write.get();
        }
    }

    private static PutRequest request(String key, String value) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build();
    }

    private void closeChannel() {
        if (channel != null) {
            channel.shutdownNow();
        }
    }

    @Override
    public void close() throws Exception {
        closeChannel();
        kill();
        try (var files = Files.walk(directory)) {
            for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}

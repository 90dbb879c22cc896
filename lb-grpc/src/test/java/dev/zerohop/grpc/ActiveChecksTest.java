package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Active checks over the connections of a channel, against real servers. */
@Timeout(180)
class ActiveChecksTest {
    private static final String TIMES =
            ", \"interval\": \"100ms\", \"timeout\": \"100ms\", \"unhealthyThreshold\": 2, \"healthyThreshold\": 2}}}";

    private final Fleet fleet = new Fleet();

    /** By id of the server: what its health service answers; a server without one has none. */
    private final Map<String, byte[]> answers = new ConcurrentHashMap<>();

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() throws Exception {
        fleet.close();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    private ServerServiceDefinition health(String id) {
        MethodDescriptor<byte[], byte[]> check = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("grpc.health.v1.Health/Check")
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        return ServerServiceDefinition.builder("grpc.health.v1.Health")
                .addMethod(check, ServerCalls.asyncUnaryCall((request, answer) -> {
                    asked.add(id + " " + new String(request, StandardCharsets.ISO_8859_1));
                    byte[] bytes = answers.get(id);
                    if (bytes == null) {
                        answer.onError(Status.NOT_FOUND
                                .withDescription("unknown service")
                                .asRuntimeException());
                    } else if (bytes.length != 1 || bytes[0] != 'h') {
                        answer.onNext(bytes);
                        answer.onCompleted();
                    }
                }))
                .build();
    }

    private TestServer server(String id, boolean withHealth) {
        TestServer server = new TestServer(
                id,
                dev.zerohop.testing.FreePorts.next(),
                io.grpc.InsecureServerCredentials.create(),
                builder -> withHealth ? builder.addService(health(id)) : builder);
        fleet.servers.put(id, server);
        return server;
    }

    private static byte[] serving(int status) {
        return new byte[] {0x08, (byte) status};
    }

    private ManagedChannel channel(String kind) {
        fleet.configure("{\"health\": {\"checks\": {" + kind + TIMES);
        return fleet.built(fleet.builder());
    }

    private static Set<String> called(ManagedChannel channel) {
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < 6; i++) {
            ids.add(TestServer.call(channel));
        }
        return ids;
    }

    @Test
    void aServerThatIsNotServingIsLeftOutUntilItServes() throws Exception {
        for (String id : List.of("a", "b", "c")) {
            answers.put(id, serving(1));
            server(id, true);
        }
        fleet.name("a", "b", "c");
        ManagedChannel channel = channel("\"grpc\": {\"service\": \"shop.Orders\"}");
        Fleet.await().until(() -> called(channel).size() == 3);
        answers.put("b", serving(2));
        Fleet.await().until(() -> called(channel).equals(Set.of("a", "c")));
        assertThat(asked).allMatch(request -> request.substring(2).equals("\n\u000bshop.Orders"));
        answers.put("b", serving(1));
        Fleet.await().until(() -> called(channel).size() == 3);
    }

    @Test
    void oneThatHangsAndOneThatDoesNotKnowTheServiceAreLeftOut() throws Exception {
        for (String id : List.of("a", "b", "c", "d")) {
            server(id, true);
        }
        answers.put("a", serving(1));
        answers.put("b", new byte[] {'h'});
        answers.put("d", serving(1));
        fleet.name("a", "b", "c", "d");
        ManagedChannel channel = channel("\"grpc\": {}");
        Fleet.await().until(() -> called(channel).equals(Set.of("a", "d")));
    }

    /** gRFC A17. */
    @Test
    void aServerWithoutAHealthServiceServes() throws Exception {
        answers.put("a", serving(2));
        server("a", true);
        server("b", false);
        server("c", false);
        fleet.name("a", "b", "c");
        ManagedChannel channel = channel("\"grpc\": {}");
        Fleet.await().until(() -> called(channel).equals(Set.of("b", "c")));
        long before = asked.size();
        Fleet.await().until(() -> asked.size() > before + 5);
        assertThat(called(channel)).containsExactly("b", "c");
    }

    @Test
    void aCheckOverTcpIsMadeUnderGrpcAsWell() throws Exception {
        server("a", false);
        server("b", false);
        server("c", false);
        fleet.name("a", "b", "c");
        try (java.net.ServerSocket other =
                new java.net.ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress())) {
            ManagedChannel channel = channel("\"tcp\": {\"port\": " + other.getLocalPort() + "}");
            Fleet.await().until(() -> called(channel).size() == 3);
            other.setSoTimeout(60_000);
            for (int i = 0; i < 6; i++) {
                other.accept().close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0801, 1",
        "0802, 2",
        "'', 0",
        "1200 0801, 1",
        "120178 0802, 2",
        "0d00000000 0801, 1",
        "090000000000000000 0801, 1",
        "1001 0801, 1"
    })
    void anAnswerIsReadAsProtobufIs(String hex, int status) {
        assertThat(read(hex)).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({"08", "0880", "1205", "0f", "08ffffffffffffffffffffff01"})
    void whatIsNoneIsAnError(String hex) {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> read(hex))
                .hasMessageContaining("INTERNAL: the answer of a health check is not one");
    }

    private static int read(String hex) {
        return HealthCheckMethod.CHECK.parseResponse(
                new ByteArrayInputStream(java.util.HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    @Test
    void aLongNameIsWrittenWithALongLength() throws Exception {
        byte[] bytes = HealthCheckMethod.CHECK.streamRequest("x".repeat(300)).readAllBytes();
        assertThat(bytes).hasSize(303).startsWith(0x0a, 0xac, 0x02, 'x');
        assertThat(HealthCheckMethod.CHECK.streamRequest("").readAllBytes()).isEmpty();
    }
}

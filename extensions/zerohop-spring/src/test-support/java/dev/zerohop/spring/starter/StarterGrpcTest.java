package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.spring.ZerohopServices;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.grpc.client.GrpcChannelFactory;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Channels of Spring gRPC to real servers. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.NONE)
class StarterGrpcTest {
    private static final MethodDescriptor.Marshaller<String> TEXT = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    };

    private static final MethodDescriptor<String, String> METHOD = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("Orders/Order")
            .setRequestMarshaller(TEXT)
            .setResponseMarshaller(TEXT)
            .build();

    private static final List<Server> SERVERS =
            IntStream.range(0, 3).mapToObj(StarterGrpcTest::server).toList();

    @Configuration
    @EnableAutoConfiguration
    static class Application {}

    @Autowired
    private GrpcChannelFactory channels;

    @Autowired
    private ZerohopServices services;

    private static Server server(int number) {
        try {
            return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(ServerServiceDefinition.builder("Orders")
                            .addMethod(METHOD, ServerCalls.asyncUnaryCall((request, observer) -> {
                                observer.onNext("server " + number);
                                observer.onCompleted();
                            }))
                            .build())
                    .build()
                    .start();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static String addresses(int count) {
        return SERVERS.stream()
                .limit(count)
                .map(server -> "127.0.0.1:" + server.getPort())
                .collect(Collectors.joining(","));
    }

    @DynamicPropertySource
    static void targets(DynamicPropertyRegistry registry) {
        registry.add("zerohop.services.orders.target", () -> "static:///" + addresses(3));
        registry.add("zerohop.services.web-only.target", () -> "static:///" + addresses(3));
        registry.add("zerohop.services.web-only.adapter", () -> "okhttp");
        for (String name : List.of("named", "stripped")) {
            String target = (name.equals("named") ? "zerohop-static:///" : "static:///") + addresses(2);
            // The one of Boot 4.1, and the one of Spring gRPC before it.
            registry.add("spring.grpc.client.channel." + name + ".target", () -> target);
            registry.add("spring.grpc.client.channels." + name + ".address", () -> target);
        }
    }

    @AfterAll
    static void stop() {
        SERVERS.forEach(Server::shutdownNow);
    }

    private static Map<String, Integer> calls(Channel channel, int count) {
        Map<String, Integer> answers = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            answers.merge(
                    ClientCalls.blockingUnaryCall(channel, METHOD, CallOptions.DEFAULT.withWaitForReady(), "7"),
                    1,
                    Integer::sum);
        }
        return answers;
    }

    @Test
    void aChannelToAServiceSpreadsItsCalls() {
        Channel channel = channels.createChannel("zerohop:///orders");
        calls(channel, 3);
        waitForConnections("orders", 3);
        assertThat(calls(channel, 30))
                .hasSize(3)
                .allSatisfy((server, count) -> assertThat(count).isBetween(9, 11));
        assertThat(services.balancers("orders")).singleElement().extracting(Balancer::adapter).isEqualTo("grpc");
    }

    private void waitForConnections(String service, int count) {
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofSeconds(60))
                .until(() -> services.balancers(service).get(0).current().snapshot().members().stream()
                                .filter(member -> member.health().status()
                                        == dev.zerohop.Health.Status.HEALTHY
                                        || member.health().status() == dev.zerohop.Health.Status.UNKNOWN)
                                .count()
                        == count);
    }

    @Test
    void staticTargetsOfNamedChannelsReachAllServersUnderTheirOtherName() {
        Channel channel = channels.createChannel("named");
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofSeconds(60))
                .until(() -> calls(channel, 4).size() == 2);
    }

    @Test
    void whatSpringGrpcTakesAwayFromStaticTargetsIsWhyTheyHaveAnotherName() {
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channels.createChannel("stripped"), METHOD, CallOptions.DEFAULT, "7"))
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void aServiceForOtherClientsOrOneThatIsNotConfiguredIsRejectedWithTheKey() {
        assertThatThrownBy(() -> channels.createChannel("zerohop:///web-only"))
                .hasMessageContaining("zerohop.services.web-only.adapter: was OKHTTP, expected ANY or GRPC");
        assertThatThrownBy(() -> channels.createChannel("zerohop:///nobody"))
                .hasMessageContaining("zerohop.services.nobody: was named by a client and is not configured");
    }
}

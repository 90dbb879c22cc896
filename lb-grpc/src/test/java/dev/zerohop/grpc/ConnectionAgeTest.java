package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ServerTransportFilter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One server that ends its connections at a maximum age, under load. While the next connection is made, every call has to wait for it, and none may be
 * forgotten: a call has a minute, which no reconnect takes.
 */
class ConnectionAgeTest {

    /** The same beside grpc's own policy: what fails under both is not ours. */
    @ParameterizedTest
    @ValueSource(strings = {"zerohop", "round_robin"})
    void connectionsThatEndAtTheirAgeCostNoCall(String policy) throws Exception {
        run(policy);
    }

    @Tag("long")
    @RepeatedTest(200)
    void againAndAgainTheyCostNoCall() throws Exception {
        run("zerohop");
    }

    private static void run(String policy) throws Exception {
        AtomicInteger connections = new AtomicInteger();
        ServerTransportFilter counting = new ServerTransportFilter() {
            @Override
            public Attributes transportReady(Attributes attributes) {
                connections.incrementAndGet();
                return attributes;
            }
        };
        try (TestServer server = new TestServer(
                "a",
                0,
                InsecureServerCredentials.create(),
                builder -> builder.addTransportFilter(counting)
                        .maxConnectionAge(300, TimeUnit.MILLISECONDS)
                        .maxConnectionAgeGrace(1, TimeUnit.MINUTES))) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "static:///" + server.address(), InsecureChannelCredentials.create())
                    .defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of(policy, Map.of()))))
                    .build();
            try {
                try (Load load = new Load(channel, 8)) {
                    await().until(() -> connections.get() > 5);
                    load.awaitMore(20);
                    assertThat(load.failures()).isEmpty();
                }
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }
}

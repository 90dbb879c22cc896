package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.config.Configurations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that are on their way out and still serve take new calls when no other does. */
@Timeout(300)
class DrainingTest {

    private static Endpoint as(TestServer server, int ordinal, Endpoint.Readiness readiness) {
        return server.endpoint().toBuilder()
                .ordinal(ordinal)
                .readiness(readiness)
                .build();
    }

    private static BalancerSettings shard(String ownerDown) {
        return Configurations.parse(
                "{\"policy\": {\"shard\": {\"strategy\": \"modulo\", \"shards\": 2, \"ownerDown\": \"" + ownerDown
                        + "\"}}, \"key\": {\"query\": \"user\", \"as\": \"integer\"}}");
    }

    @Test
    void theOldServerTakesNewCallsUntilAnotherIsReady() throws Exception {
        try (Rig rig = new Rig(Configurations.defaults())) {
            TestServer old = rig.servers(2).get(0);
            TestServer next = rig.servers(0).get(1);
            rig.resolver.push(as(old, 0, Endpoint.Readiness.DRAINING), as(next, 1, Endpoint.Readiness.NOT_READY));
            for (int i = 0; i < 250; i++) {
                assertThat(rig.text("/")).isEqualTo("s0");
            }
            rig.resolver.push(as(old, 0, Endpoint.Readiness.DRAINING), as(next, 1, Endpoint.Readiness.READY));
            for (int i = 0; i < 20; i++) {
                assertThat(rig.text("/")).isEqualTo("s1");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"FAIL_FAST", "WAIT"})
    void aDrainingOwnerKeepsItsKeysWhileItServes(String ownerDown) throws Exception {
        try (Rig rig = new Rig(shard(ownerDown))) {
            rig.servers(2);
            rig.resolver.push(
                    as(rig.servers(0).get(0), 0, Endpoint.Readiness.READY),
                    as(rig.servers(0).get(1), 1, Endpoint.Readiness.DRAINING));
            for (int key = 0; key < 50; key++) {
                assertThat(rig.text("/?user=" + key)).isEqualTo("s" + key % 2);
            }
        }
    }

    @Test
    void aDrainingOwnerThatStoppedServingIsDown() throws Exception {
        try (Rig rig = new Rig(shard("FAIL_FAST"))) {
            TestServer staying = rig.servers(2).get(0);
            TestServer leaving = rig.servers(0).get(1);
            rig.resolver.push(as(staying, 0, Endpoint.Readiness.READY), as(leaving, 1, Endpoint.Readiness.DRAINING));
            assertThat(rig.text("/?user=1")).isEqualTo("s1");
            leaving.close();
            await().untilAsserted(() -> assertThatThrownBy(() -> rig.text("/?user=1"))
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessageContaining("ordinal 1")
                    .hasMessageContaining("UNREACHABLE"));
            assertThat(rig.text("/?user=0")).isEqualTo("s0");
        }
    }
}

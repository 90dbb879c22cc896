package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.etcd.support.RoughProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bad network between a client and etcd. */
class EtcdNetworkTest {
    private static final ServiceKeys KEYS = new ServiceKeys("orders");

    @TempDir
    Path directory;

    private final Listening heard = new Listening();
    private EtcdServer etcd;
    private RoughProxy network;
    private EtcdClient client;
    private Resolver resolver;

    @BeforeEach
    void start() throws Exception {
        etcd = EtcdServer.started(directory);
        network = new RoughProxy(etcd.port());
        client = EtcdClient.of(network.address());
        resolver = client.resolver("orders");
        put(1);
    }

    @AfterEach
    void stop() throws Exception {
        resolver.close();
        client.close();
        network.close();
        etcd.close();
    }

    private void put(int weight) {
        etcd.put(KEYS.endpoint("a"), "{\"address\": \"10.0.0.1:80\", \"weight\": " + weight + "}");
    }

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true"})
    void aNetworkThatSwallowsEverythingIsNoticedAndTheLastStateStays(boolean toServer, boolean toClient) {
        resolver.start(heard);
        heard.awaitWeights(Map.of("a", 1));
        network.swallow(toServer, toClient);
        EtcdServer.await().until(() -> !heard.errors.isEmpty());
        assertThat(heard.weights()).isEqualTo(Map.of("a", 1));
        put(2);
        long healed = System.nanoTime();
        network.heal();
        heard.awaitWeights(Map.of("a", 2));
        EtcdServer.await().until(() -> !heard.last().stale());
    }

    @Test
    void aNetworkThatSwallowsEverythingFromTheBeginningIsWaitedFor() {
        network.swallow();
        resolver.start(heard);
        EtcdServer.await().until(() -> !heard.errors.isEmpty());
        assertThat(heard.errors.get(0)).hasMessageContaining(network.address());
        network.heal();
        heard.awaitWeights(Map.of("a", 1));
    }

    @Test
    void aSlowAndNarrowNetworkDelaysButLosesNothing() {
        int count = 300;
        for (int i = 0; i < count; i++) {
            etcd.put(KEYS.endpoint("e" + i), "{\"address\": \"10.0.0.1:80\"}");
        }
        network.delayNanos = Duration.ofMillis(150).toNanos();
        network.bytesPerSecond = 20_000;
        resolver.start(heard);
        EtcdServer.await()
                .until(() -> !heard.sets.isEmpty() && heard.last().endpoints().size() == count + 1);
        for (int i = 0; i < count; i++) {
            etcd.put(KEYS.endpoint("e" + i), "{\"address\": \"10.0.0.1:80\", \"weight\": 2}");
        }
        EtcdServer.await()
                .until(() ->
                        heard.weights().values().stream().filter(w -> w == 2).count() == count);
        assertThat(heard.errors).isEmpty();
    }

    @Test
    void aServerRegistersAgainAfterItsNetworkSwallowedItsLease() {
        resolver.start(heard);
        Endpoint me = Endpoint.builder("10.0.0.2", 80).id("b").build();
        EtcdRegistration registration = EtcdRegistration.register(client, "orders", me, EtcdRegistration.MIN_TTL);
        registration.registered().orTimeout(60, TimeUnit.SECONDS).join();
        network.swallow();
        EtcdServer.await().until(() -> etcd.get(KEYS.endpoint("b")) == null);
        network.heal();
        EtcdServer.await().until(() -> etcd.get(KEYS.endpoint("b")) != null);
        heard.awaitWeights(Map.of("a", 1, "b", 1));
    }

    @Test
    @Tag("long")
    void afterAMinuteOfSwallowingChangesArriveSoon() {
        resolver.start(heard);
        heard.awaitWeights(Map.of("a", 1));
        network.swallow();
        long begun = System.nanoTime();
        EtcdServer.await()
                .atMost(Duration.ofSeconds(90))
                .until(() -> System.nanoTime() - begun > Duration.ofSeconds(60).toNanos());
        put(2);
        long healed = System.nanoTime();
        network.heal();
        heard.awaitWeights(Map.of("a", 2));
        // Within 3 s where the machine has nothing else to do. Backing off as long as the outage was would be the
        // fault.
        assertThat(Duration.ofNanos(System.nanoTime() - healed)).isLessThan(Duration.ofSeconds(20));
    }
}

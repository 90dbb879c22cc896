package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.etcd.client.FakeSource;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.CuttingProxy;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What etcd can do to its clients, done by a real one. */
class EtcdOutageTest {
    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final Listening heard = new Listening();
    private EtcdServer etcd;

    @AfterEach
    void stop() {
        etcd.close();
    }

    private Resolver follow(String address) {
        Resolver resolver = Target.parse("etcd://" + address + "/orders").newResolver(Env.system());
        resolver.start(heard);
        return resolver;
    }

    private void put(String id) {
        etcd.put(keys.endpoint(id), "{\"address\": \"10.0.0.1:80\"}");
    }

    @Test
    void aClientThatStartsWhileEtcdIsDownGetsItsEndpointsWhenItComes() {
        etcd = EtcdServer.stopped(directory);
        try (Resolver resolver = follow(etcd.address())) {
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            assertThat(heard.sets).isEmpty();
            assertThat(heard.errors.get(0))
                    .hasMessage("etcd " + etcd.address() + " cannot be connected to, Connection refused: check that it"
                            + " listens there, and that no network policy is in between");
            etcd.start();
            put("a");
            heard.awaitWeights(Map.of("a", 1));
        }
    }

    @Test
    void killedAndRestartedItIsFollowedAgainAndMeanwhileTheLastSetStays() {
        etcd = EtcdServer.started(directory);
        put("a");
        put("b");
        try (Resolver resolver = follow(etcd.address())) {
            heard.awaitWeights(Map.of("a", 1, "b", 1));
            etcd.kill();
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            assertThat(heard.sets).hasSize(1);
            etcd.start();
            put("c");
            etcd.delete(keys.endpoint("a"));
            heard.awaitWeights(Map.of("b", 1, "c", 1));
            assertThat(heard.last().stale()).isFalse();
        }
    }

    @Test
    void stoppedForLongerThanTheKeepAliveItIsStaleAndThenFollowedAgain() {
        etcd = EtcdServer.started(directory);
        put("a");
        try (Resolver resolver = follow(etcd.address())) {
            heard.awaitWeights(Map.of("a", 1));
            etcd.pause();
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            assertThat(heard.weights()).isEqualTo(Map.of("a", 1));
            etcd.resume();
            put("b");
            heard.awaitWeights(Map.of("a", 1, "b", 1));
        }
    }

    /** One copy of one range, so that the first answer is that of its read, and what comes next is its watch. */
    private Resolver endpointsOf(EtcdClient client) {
        List<KeyRange> endpoints = List.of(KeyRange.under(keys.endpoints()));
        return new EtcdResolver(
                "cut",
                Env.system(),
                new EtcdResolver.Reading(
                        new ServiceView(
                                keys,
                                new ClientId("client-1"),
                                Aliases.of(new FakeSource(Env.system()).source, "orders")),
                        EndpointSet.Removals.GUARDED,
                        subscriber -> client.cluster().follow(endpoints, subscriber)));
    }

    @Test
    void nothingIsMissingWhenTheConnectionIsCutAsTheWatchIsCreatedAndEventsArePending() throws Exception {
        etcd = EtcdServer.started(directory);
        put("old");
        try (CuttingProxy proxy = new CuttingProxy(etcd.port());
                EtcdClient client = EtcdClient.of(proxy.address());
                Resolver resolver = endpointsOf(client)) {
            resolver.start(heard);
            proxy.answered.await();
            for (int i = 0; i < 5; i++) {
                put("new-" + i);
            }
            etcd.delete(keys.endpoint("old"));
            proxy.cutAfterCreated = 1;
            proxy.released.countDown();
            proxy.cut.await();
            assertThat(proxy.eventsPassed).as("pending events were cut off").hasValue(0);
            Map<String, Integer> expected = new TreeMap<>();
            for (int i = 0; i < 5; i++) {
                expected.put("new-" + i, 1);
            }
            heard.awaitWeights(expected);
        }
    }

    @Test
    void aHistoryThatWasCompactedMeanwhileIsReadAgain() throws Exception {
        etcd = EtcdServer.started(directory);
        put("a");
        try (CuttingProxy proxy = new CuttingProxy(etcd.port());
                EtcdClient client = EtcdClient.of(proxy.address());
                Resolver resolver = endpointsOf(client)) {
            resolver.start(heard);
            proxy.answered.await();
            put("b");
            put("c");
            etcd.compact();
            proxy.released.countDown();
            heard.awaitWeights(Map.of("a", 1, "b", 1, "c", 1));
            assertThat(heard.errors).hasSize(1);
            assertThat(heard.errors.get(0)).hasMessageContaining("has compacted its history up to revision");
        }
    }

    @Test
    void theStateOfAnEtcdThatLostItsDataIsAccepted() throws Exception {
        etcd = EtcdServer.started(directory);
        put("a");
        put("b");
        try (Resolver resolver = follow(etcd.address())) {
            heard.awaitWeights(Map.of("a", 1, "b", 1));
            etcd.kill();
            etcd.wipe();
            etcd.start();
            put("z");
            heard.awaitWeights(Map.of("z", 1));
        }
    }

    @Test
    @Tag("long")
    void afterAMinuteOfOutageChangesArriveSoon() {
        etcd = EtcdServer.started(directory);
        put("a");
        try (Resolver resolver = follow(etcd.address())) {
            heard.awaitWeights(Map.of("a", 1));
            etcd.kill();
            long down = System.nanoTime();
            EtcdServer.await()
                    .atMost(Duration.ofSeconds(90))
                    .until(() ->
                            System.nanoTime() - down > Duration.ofSeconds(60).toNanos());
            etcd.start();
            put("b");
            long back = System.nanoTime();
            heard.awaitWeights(Map.of("a", 1, "b", 1));
            // Within 3 s where the machine has nothing else to do. Backing off as long as the outage was would be the
            // fault.
            assertThat(Duration.ofNanos(System.nanoTime() - back)).isLessThan(Duration.ofSeconds(20));
        }
    }
}

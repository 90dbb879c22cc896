package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import io.etcd.jetcd.api.KeyValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EtcdRegistrationTest {
    private static final Duration TTL = EtcdRegistration.MIN_TTL;

    @TempDir
    Path directory;

    private final Endpoint endpoint = Endpoint.builder("10.0.0.1", 8080)
            .id("orders-0")
            .zone("a")
            .weight(3)
            .build();
    private final String key = new ServiceKeys("orders").endpoint("orders-0");
    private EtcdServer etcd;
    private EtcdClient client;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        client = EtcdClient.of(etcd.address());
    }

    @AfterEach
    void stop() {
        client.close();
        etcd.close();
    }

    private EtcdRegistration register() throws Exception {
        EtcdRegistration registration = EtcdRegistration.register(client, "orders", endpoint, TTL);
        registration.registered().get(60, TimeUnit.SECONDS);
        return registration;
    }

    private void awaitAbsent() {
        EtcdServer.await().until(() -> etcd.get(key) == null);
    }

    @Test
    void aServerIsListedUnderALeaseAndResolvedAsItWasGiven() throws Exception {
        EtcdRegistration registration = register();
        KeyValue listed = etcd.get(key);
        assertThat(listed.getLease()).isNotZero();
        Listening heard = new Listening();
        var resolver = client.resolver("orders");
        resolver.start(heard);
        EtcdServer.await().until(() -> !heard.sets.isEmpty());
        assertThat(heard.last().endpoints()).containsExactly(endpoint);
        resolver.close();
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
    }

    @Test
    void aListenerHearsThatEtcdIsLostAndBack() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        EtcdRegistration registration = EtcdRegistration.register(
                client, "orders", endpoint, Duration.ofSeconds(4), new EtcdRegistration.Listener() {
                    @Override
                    public void onRegistered() {
                        heard.add("registered");
                    }

                    @Override
                    public void onLost(String reason) {
                        heard.add("lost");
                    }
                });
        registration.registered().get(60, TimeUnit.SECONDS);
        etcd.kill();
        EtcdServer.await().until(() -> heard.contains("lost"));
        etcd.start();
        EtcdServer.await().until(() -> heard.size() == 3);
        assertThat(heard).containsExactly("registered", "lost", "registered");
        assertThat(etcd.get(key)).isNotNull();
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
    }

    @Test
    void itStaysListedBeyondTheLengthOfItsLease() throws Exception {
        // So long that a machine that is busy with other things does not miss its end.
        EtcdRegistration registration = EtcdRegistration.register(client, "orders", endpoint, TTL.multipliedBy(5));
        registration.registered().get(60, TimeUnit.SECONDS);
        long lease = etcd.get(key).getLease();
        for (int renewals = 0; renewals < 3; renewals++) {
            AtomicLong least = new AtomicLong(Long.MAX_VALUE);
            EtcdServer.await().until(() -> {
                long left = etcd.secondsLeft(lease);
                return left > least.getAndAccumulate(left, Math::min);
            });
        }
        assertThat(etcd.get(key).getLease()).isEqualTo(lease);
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
    }

    @Test
    void aServerThatDiesIsGoneWhenItsLeaseEnds() throws Exception {
        var ignored = register();
        client.close();
        awaitAbsent();
    }

    @Test
    void aListenerThatThrowsDoesNotEndTheRegistration() throws Exception {
        EtcdRegistration registration =
                EtcdRegistration.register(client, "orders", endpoint, TTL, new EtcdRegistration.Listener() {
                    @Override
                    public void onRegistered() {
                        throw new IllegalStateException("from the listener");
                    }
                });
        registration.registered().get(60, TimeUnit.SECONDS);
        long lease = etcd.get(key).getLease();
        etcd.revokeAllLeases();
        EtcdServer.await().until(() -> {
            KeyValue listed = etcd.get(key);
            return listed != null && listed.getLease() != lease;
        });
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
    }

    @Test
    void itIsListedAgainAfterItsLeaseWasRevoked() throws Exception {
        EtcdRegistration registration = register();
        long lease = etcd.get(key).getLease();
        etcd.revokeAllLeases();
        EtcdServer.await().until(() -> {
            KeyValue listed = etcd.get(key);
            return listed != null && listed.getLease() != lease;
        });
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
    }

    @Test
    void itIsListedAgainAfterEtcdLostEverything() throws Exception {
        EtcdRegistration registration = register();
        etcd.kill();
        etcd.wipe();
        etcd.start();
        EtcdServer.await().until(() -> etcd.get(key) != null);
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
        awaitAbsent();
    }

    @Test
    void itIsListedWhenAnEtcdThatWasDownComesBack() throws Exception {
        etcd.kill();
        EtcdRegistration registration = EtcdRegistration.register(client, "orders", endpoint, TTL);
        CompletableFuture<Void> registered = registration.registered();
        assertThat(registered).isNotDone();
        etcd.start();
        registered.get(60, TimeUnit.SECONDS);
        assertThat(etcd.get(key)).isNotNull();
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
    }

    @Test
    void aLeavingServerIsSeenDrainingBeforeItIsGone() throws Exception {
        EtcdRegistration registration = register();
        Listening heard = new Listening();
        var resolver = client.resolver("orders");
        resolver.start(heard);
        EtcdServer.await().until(() -> !heard.sets.isEmpty());
        CompletableFuture<Void> left = registration.leave(Duration.ofSeconds(3));
        CompletableFuture<Void> again = registration.leave(Duration.ZERO);
        left.get(60, TimeUnit.SECONDS);
        again.get(60, TimeUnit.SECONDS);
        assertThat(etcd.get(key)).isNull();
        EtcdServer.await().until(() -> heard.last().endpoints().isEmpty());
        assertThat(heard.sets.get(heard.sets.size() - 2).endpoints().get(0).readiness())
                .isEqualTo(Endpoint.Readiness.DRAINING);
        resolver.close();
    }

    @Test
    void aLeavingServerDoesNotTouchASuccessorOfTheSameId() throws Exception {
        EtcdRegistration before = register();
        EtcdRegistration successor = register();
        long lease = etcd.get(key).getLease();
        before.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
        KeyValue listed = etcd.get(key);
        assertThat(listed.getLease()).isEqualTo(lease);
        assertThat(listed.getValue().toStringUtf8()).doesNotContain("draining");
        successor.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
        awaitAbsent();
    }

    /** Two servers with one id: the later one is listed, and the one that lives on is listed again when that one has died. */
    @Test
    void ofTwoServersWithOneIdTheOneThatLivesOnNoticesAndIsListedAgain() throws Exception {
        List<String> clashes = new CopyOnWriteArrayList<>();
        AtomicLong registrations = new AtomicLong();
        EtcdRegistration registration =
                EtcdRegistration.register(client, "orders", endpoint, TTL, new EtcdRegistration.Listener() {
                    @Override
                    public void onRegistered() {
                        registrations.incrementAndGet();
                    }

                    @Override
                    public void onClash(String reason) {
                        clashes.add(reason);
                    }
                });
        registration.registered().get(60, TimeUnit.SECONDS);
        long lease = etcd.get(key).getLease();
        try (EtcdClient dying = EtcdClient.of(etcd.address())) {
            Endpoint other = Endpoint.builder("10.0.0.9", 8080).id("orders-0").build();
            EtcdRegistration.register(dying, "orders", other, TTL).registered().get(60, TimeUnit.SECONDS);
            EtcdServer.await().until(() -> !clashes.isEmpty());
            assertThat(etcd.get(key).getLease())
                    .as("they do not overwrite each other")
                    .isNotEqualTo(lease);
            assertThat(clashes.get(0))
                    .startsWith(key + " is registered by another server too, with ")
                    .contains("\"host\":\"10.0.0.9\"")
                    .contains("\"host\":\"10.0.0.1\"");
        }
        EtcdServer.await().until(() -> {
            KeyValue listed = etcd.get(key);
            return listed != null && listed.getLease() == lease;
        });
        EtcdServer.await().until(() -> registrations.get() == 2);
        assertThat(clashes).as("once for each other server").hasSize(1);
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
        awaitAbsent();
    }

    @Test
    void aKeyThatWasDeletedByHandIsWrittenAgain() throws Exception {
        EtcdRegistration registration = register();
        long lease = etcd.get(key).getLease();
        etcd.delete(key);
        EtcdServer.await().until(() -> etcd.get(key) != null);
        assertThat(etcd.get(key).getLease()).isEqualTo(lease);
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
        awaitAbsent();
    }

    @Test
    void leavingWhileEtcdIsDownFailsWithTheReason() throws Exception {
        EtcdRegistration registration = register();
        etcd.kill();
        CompletableFuture<Void> left = registration.leave(Duration.ZERO);
        assertThatThrownBy(() -> left.get(60, TimeUnit.SECONDS)).rootCause().hasMessageContaining("Connection refused");
    }

    @Test
    void closingWaitsUntilItIsGone() throws Exception {
        EtcdRegistration registration = register();
        registration.close();
        registration.close();
        assertThat(etcd.get(key)).isNull();
    }

    @Test
    void badArgumentsAreRefused() throws Exception {
        assertThatThrownBy(() -> EtcdRegistration.register(client, "orders", endpoint, Duration.ofSeconds(1)))
                .hasMessage("ttl was PT1S, expected PT2S to PT1H");
        assertThatThrownBy(() -> EtcdRegistration.register(client, "a/b", endpoint, TTL))
                .hasMessage("service was 'a/b', expected a name that is not blank and has no slash");
        Endpoint slashed = endpoint.toBuilder().id("a/b").build();
        assertThatThrownBy(() -> EtcdRegistration.register(client, "orders", slashed, TTL))
                .hasMessage("endpoint id was 'a/b', expected a name that is not blank and has no slash");
        EtcdRegistration registration = register();
        assertThatThrownBy(() -> registration.leave(Duration.ofSeconds(-1)))
                .hasMessage("drain was PT-1S, expected PT0S to PT1H");
        registration.leave(Duration.ZERO).get(60, TimeUnit.SECONDS);
    }
}

package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Resolver;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.support.DocumentedRoles;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import io.etcd.jetcd.api.KeyValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients say of bad values, in a real etcd. */
class StatusKeyTest {
    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final ClientId id = new ClientId("client-1");
    private final String status = keys.status(id);
    private final Listening heard = new Listening();
    private EtcdServer etcd;
    private EtcdClient client;
    private Resolver resolver;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        client =
                EtcdClient.builder().servers(etcd.address()).clientId(id.name()).build();
        etcd.put(keys.endpoint("a"), "{\"address\": \"10.0.0.1:80\"}");
        resolver = client.resolver("orders");
        resolver.start(heard);
        heard.awaitWeights(Map.of("a", 1));
    }

    @AfterEach
    void stop() {
        resolver.close();
        client.close();
        etcd.close();
    }

    private KeyValue awaitStatus(String... words) {
        EtcdServer.await().untilAsserted(() -> {
            KeyValue there = etcd.get(status);
            assertThat(there).isNotNull();
            assertThat(there.getValue().toStringUtf8()).contains(words);
        });
        return etcd.get(status);
    }

    private void awaitNoStatus() {
        EtcdServer.await().until(() -> etcd.get(status) == null);
    }

    @Test
    void everyBadValueIsListedWithKeyRevisionTimeAndReasonUntilItIsRepaired() {
        etcd.put(keys.config(), "{\"policy\": \"fastest\"}");
        long revision = etcd.revision();
        etcd.put(keys.weights(), "{\"a\": -1}");
        KeyValue there = awaitStatus(
                "{\"client\":\"client-1\",\"refused\":[{\"key\":\"" + keys.config() + "\",\"revision\":" + revision
                        + ",\"since\":\"20",
                "\"reason\":\"policy: was \\\"fastest\\\", expected",
                "\"lastGoodInForce\":false",
                "\"key\":\"" + keys.weights() + "\"");
        assertThat(there.getLease()).isNotZero();
        assertThat(heard.weights()).isEqualTo(Map.of("a", 1));
        etcd.put(keys.config(), "{}");
        EtcdServer.await()
                .until(() -> !etcd.get(status).getValue().toStringUtf8().contains(keys.config()));
        etcd.delete(keys.weights());
        awaitNoStatus();
    }

    @Test
    void aStormOfBadValuesIsNoStormOfWrites() {
        long begun = System.nanoTime();
        for (int i = 0; i < 500; i++) {
            etcd.put(keys.weights(), "{\"a\": -" + (i + 1) + "}");
        }
        KeyValue there = awaitStatus("was -500,");
        long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
        assertThat(there.getVersion())
                .as("one within the first second, and one in each 5 s after it")
                .isLessThanOrEqualTo(2 + seconds / 5);
    }

    @Test
    void aClientThatClosesDeletesItsStatus() {
        etcd.put(keys.weights(), "[]");
        awaitStatus(keys.weights());
        client.close();
        awaitNoStatus();
    }

    @Test
    void twoResolversOfOneClientSpeakWithOneVoice() {
        etcd.put(keys.weights(), "[]");
        try (Resolver other = client.resolver("orders")) {
            Listening also = new Listening();
            other.start(also);
            also.awaitWeights(Map.of("a", 1));
            awaitStatus(keys.weights());
        }
        etcd.put(keys.shards(), "[]");
        awaitStatus(keys.weights(), keys.shards());
        resolver.close();
        awaitNoStatus();
    }

    @Test
    void afterItsLeaseWasLostInAnOutageTheStatusIsWrittenAgain() {
        etcd.put(keys.weights(), "[]");
        awaitStatus(keys.weights());
        assertThat(etcd.revokeAllLeases()).isEqualTo(1);
        etcd.put(keys.shards(), "[]");
        awaitStatus(keys.weights(), keys.shards());
    }

    @Test
    void aClientThatMayOnlyReadFollowsEverythingAndWritesNothing() {
        etcd.addUser("reader", "reader", "reads");
        DocumentedRoles.grant(etcd, "orders-reader", "reads", false);
        etcd.addUser("writer", "writer", "writes");
        DocumentedRoles.grant(etcd, "orders-reader", "writes", true);
        etcd.enableAuth("secret");
        Listening reads = new Listening();
        try (EtcdClient reader = EtcdClient.builder()
                        .servers(etcd.address())
                        .user("reader", "reader")
                        .clientId("reader")
                        .build();
                Resolver following = reader.resolver("orders");
                EtcdClient writer = EtcdClient.builder()
                        .servers(etcd.address())
                        .user("writer", "writer")
                        .clientId("writer")
                        .build();
                Resolver alsoFollowing = writer.resolver("orders")) {
            alsoFollowing.start(new Listening());
            following.start(reads);
            reads.awaitWeights(Map.of("a", 1));
            etcd.put(keys.shards(), "[]");
            EtcdServer.await().until(() -> reads.rejected.size() == 1);
            etcd.put(keys.weights(), "{\"a\": 2}");
            reads.awaitWeights(Map.of("a", 2));
            assertThat(reads.errors).isEmpty();
            EtcdServer.await().until(() -> etcd.get(keys.status(new ClientId("writer"))) != null);
            assertThat(etcd.get(keys.status(new ClientId("reader")))).isNull();
        }
    }
}

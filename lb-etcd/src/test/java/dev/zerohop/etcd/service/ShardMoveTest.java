package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.ShardMap;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.internal.JumpHash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shard maps in a real etcd, and clients that know nothing of each other. */
@Timeout(300)
class ShardMoveTest {
    private static final int KEYS = 2_000;
    private static final Map<Long, Integer> COUNTS = Map.of(7L, 3, 8L, 5);

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final List<Client> clients = new ArrayList<>();
    private EtcdServer etcd;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        for (int i = 0; i < 5; i++) {
            etcd.put(keys.endpoint("orders-" + i), "{\"address\": \"10.0.0." + i + ":80\", \"ordinal\": " + i + "}");
        }
    }

    @AfterEach
    void stop() {
        clients.forEach(Client::close);
        etcd.close();
    }

    private Client client() {
        Client client = new Client();
        clients.add(client);
        return client;
    }

    /** A balancer with a watch of its own, and a caller that calls for one key after the other. */
    private final class Client {
        final Balancer balancer = Balancer.builder("orders")
                .resolver(Target.parse("etcd://" + etcd.address() + "/orders").newResolver(Env.system()))
                .settings(Configurations.parse("{\"policy\": \"shard\"}"))
                .build();

        /** By key and epoch, the ordinal that got the key. */
        final Map<String, Integer> seen = new ConcurrentHashMap<>();

        final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
        private final Thread caller = new Thread(this::callOn);
        private volatile boolean stopped;
        private volatile long rounds;

        Client() {
            balancer.start();
        }

        private void callOn() {
            while (!stopped) {
                for (int i = 0; i < KEYS; i++) {
                    call("k" + i);
                }
                rounds++;
            }
        }

        private void call(String key) {
            PickContext context = PickContext.of(EndpointSelector.of(key));
            try {
                Lease lease = balancer.acquire(context);
                int ordinal = lease.endpoint().ordinal();
                Integer count = COUNTS.get(lease.shardEpoch());
                if (count == null || ordinal != owner(key, count)) {
                    wrong.add(key + " went to " + ordinal + " by epoch " + lease.shardEpoch());
                }
                Integer before = seen.put(key + " " + lease.shardEpoch(), ordinal);
                if (before != null && before != ordinal) {
                    wrong.add(key + " went to " + before + " and " + ordinal + " by epoch " + lease.shardEpoch());
                }
                lease.complete(Outcome.SUCCESS);
            } catch (RuntimeException failed) {
                wrong.add(key + ": " + failed.getMessage());
            }
        }

        void awaitEpoch(long epoch) {
            PickContext any = PickContext.of(EndpointSelector.of("any"));
            EtcdServer.await().until(() -> balancer.current().shardEpoch(any) == epoch);
        }

        void awaitRounds(int more) {
            long wanted = rounds + more;
            EtcdServer.await().until(() -> rounds >= wanted);
        }

        int ordinal(String key) {
            Lease lease = balancer.acquire(PickContext.of(EndpointSelector.of(key)));
            lease.complete(Outcome.SUCCESS);
            return lease.endpoint().ordinal();
        }

        boolean moving() {
            ShardMap map = balancer.current().snapshot().shardMap();
            return map != null && map.move() != null;
        }

        void stop() throws InterruptedException {
            stopped = true;
            caller.join();
        }

        void close() {
            stopped = true;
            balancer.close();
        }
    }

    /** The ordinals that keys are routed to, by a balancer that refuses what has no owner; -1 for a refusal. */
    private static Map<Integer, Integer> routed(Balancer balancer) {
        Map<Integer, Integer> routed = new HashMap<>();
        for (int i = 0; i < KEYS; i++) {
            Node node = balancer.current().pick(PickContext.of(EndpointSelector.of("k" + i)));
            routed.put(i, node == null ? -1 : node.endpoint().ordinal());
        }
        return routed;
    }

    /** No count is stated, and the server with the highest ordinal is gone: by a crash, then on purpose. */
    @Test
    void theHighestOrdinalStaysAShardUntilItIsAnnouncedOrACountIsStated() {
        try (Balancer balancer = Balancer.builder("orders")
                .resolver(Target.parse("etcd://" + etcd.address() + "/orders").newResolver(Env.system()))
                .settings(Configurations.parse("{\"policy\": \"shard\"}"))
                .build()) {
            balancer.start();
            EtcdServer.await()
                    .until(() -> balancer.current().snapshot().members().size() == 5);
            Map<Integer, Integer> before = routed(balancer);
            etcd.delete(keys.endpoint("orders-4"));
            EtcdServer.await()
                    .until(() -> balancer.current().snapshot().members().size() == 4);
            routed(balancer)
                    .forEach((key, ordinal) ->
                            assertThat(ordinal).isEqualTo(before.get(key) == 4 ? -1 : before.get(key)));
            assertThat(balancer.current().snapshot().missingOrdinals()).hasSize(1);
            etcd.put(keys.shards(), "{\"epoch\": 1, \"count\": 4}");
            EtcdServer.await().until(() -> balancer.current().snapshot().shardMap() != null);
            assertThat(routed(balancer)).doesNotContainValue(-1);
            etcd.delete(keys.shards());
            EtcdServer.await().until(() -> balancer.current().snapshot().shardMap() == null);
            etcd.put(keys.endpoint("orders-3"), "{\"address\": \"10.0.0.3:80\", \"ordinal\": 3, \"draining\": true}");
            EtcdServer.await()
                    .until(() -> balancer.current()
                                    .snapshot()
                                    .members()
                                    .get(3)
                                    .endpoint()
                                    .readiness()
                            == Endpoint.Readiness.DRAINING);
            etcd.delete(keys.endpoint("orders-3"));
            EtcdServer.await()
                    .until(() -> balancer.current().snapshot().members().size() == 3);
            assertThat(balancer.current().snapshot().missingOrdinals()).isEmpty();
            assertThat(routed(balancer)).doesNotContainValue(-1);
        }
    }

    private static int owner(String key, int count) {
        return JumpHash.bucket(EndpointSelector.of(key).hash(), count);
    }

    @Test
    void aMoveFromThreeToFiveUnderTrafficMovesTheLeastAndNoKeyToAWrongOwner() throws Exception {
        etcd.put(keys.shards(), "{\"epoch\": 7, \"count\": 3}");
        Client a = client();
        Client b = client();
        for (Client client : clients) {
            client.awaitEpoch(7);
            client.caller.start();
            client.awaitRounds(2);
        }
        etcd.put(
                keys.shards(),
                "{\"epoch\": 7, \"count\": 3, \"move\": {\"epoch\": 8, \"count\": 5, \"keys\": \"OLD_UNTIL_CUTOVER\"}}");
        for (Client client : clients) {
            EtcdServer.await().until(client::moving);
            client.awaitRounds(2);
            assertThat(client.seen.keySet()).as("nothing moves yet").allMatch(key -> key.endsWith(" 7"));
        }
        etcd.put(keys.shards(), "{\"epoch\": 8, \"count\": 5}");
        for (Client client : clients) {
            client.awaitEpoch(8);
            client.awaitRounds(2);
        }
        for (Client client : clients) {
            client.stop();
            assertThat(client.wrong).isEmpty();
            assertThat(client.seen).hasSize(2 * KEYS);
        }
        assertThat(a.seen).as("the same key to the same ordinal").isEqualTo(b.seen);
        int moved = 0;
        for (int i = 0; i < KEYS; i++) {
            int before = a.seen.get("k" + i + " 7");
            int after = a.seen.get("k" + i + " 8");
            assertThat(after).isIn(before, 3, 4);
            moved += before == after ? 0 : 1;
        }
        // 2/5 of the keys must move to fill two more shards evenly; exactly as many as jump hash says do.
        int expected = 0;
        for (int i = 0; i < KEYS; i++) {
            expected += owner("k" + i, 3) == owner("k" + i, 5) ? 0 : 1;
        }
        assertThat(moved).isEqualTo(expected).isBetween(KEYS * 2 / 5 - 100, KEYS * 2 / 5 + 100);
    }

    @Test
    void explicitMapsAreChangedLiveAndABadOneChangesNothing() {
        etcd.put(keys.shards(), "{\"epoch\": 1, \"strategy\": \"prefix\", \"prefixes\": {\"eu-\": 1}, \"default\": 0}");
        Client a = client();
        Client b = client();
        Map<Long, String> values = new HashMap<>();
        values.put(2L, "\"strategy\": \"lookup\", \"table\": {\"eu-1\": 4}, \"default\": 2}");
        values.put(
                3L, "\"strategy\": \"ranges\", \"slots\": 2, \"ranges\": [{\"from\": 0, \"to\": 1, \"ordinal\": 3}]}");
        a.awaitEpoch(1);
        b.awaitEpoch(1);
        assertThat(List.of(a.ordinal("eu-1"), b.ordinal("eu-1"), a.ordinal("us-1")))
                .containsExactly(1, 1, 0);
        for (long epoch = 2; epoch <= 3; epoch++) {
            etcd.put(keys.shards(), "{\"epoch\": 1, \"count\": 5}");
            etcd.put(keys.shards(), "{\"epoch\": 9, \"strategy\": \"ranges\"}");
            etcd.put(keys.shards(), "{\"epoch\": " + epoch + ", " + values.get(epoch));
            a.awaitEpoch(epoch);
            b.awaitEpoch(epoch);
            assertThat(a.ordinal("eu-1")).isEqualTo(b.ordinal("eu-1")).isEqualTo(epoch == 2 ? 4 : 3);
            assertThat(a.ordinal("us-1")).isEqualTo(b.ordinal("us-1")).isEqualTo(epoch);
        }
    }
}

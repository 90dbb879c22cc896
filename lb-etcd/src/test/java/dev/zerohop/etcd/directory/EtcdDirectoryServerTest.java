package dev.zerohop.etcd.directory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Answer;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.NoEndpointException;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.OpenClients;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.picker.Pickers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A directory in a real etcd, with keyed calls running. */
@Timeout(300)
class EtcdDirectoryServerTest {
    private static final ServiceKeys KEYS = new ServiceKeys("orders");
    private static final int SERVERS = 3;
    private static final int OWNED = 50;

    @TempDir
    Path folder;

    private final Map<String, Integer> owners = new HashMap<>();
    private EtcdServer etcd;
    private Balancer balancer;
    private Load load;

    @BeforeEach
    void start() throws Exception {
        etcd = EtcdServer.started(folder);
        for (int i = 0; i < SERVERS; i++) {
            etcd.put(KEYS.endpoint("orders-" + i), "{\"address\": \"10.0.0." + i + ":80\", \"ordinal\": " + i + "}");
        }
        for (int i = 0; i < OWNED; i++) {
            own("key-" + i, i % SERVERS);
        }
        CountDownLatch known = new CountDownLatch(1);
        balancer = Balancer.builder("orders")
                .resolver(Target.parse("etcd://" + etcd.address() + "/orders").newResolver(Env.system()))
                .settings(BalancerSettings.builder(Pickers.directory()).build())
                .listener(new BalancerListener() {
                    @Override
                    public void onRebuild(String service, Snapshot snapshot, Duration took) {
                        if (snapshot.members().size() == SERVERS) {
                            known.countDown();
                        }
                    }
                })
                .build();
        balancer.start();
        assertThat(known.await(60, TimeUnit.SECONDS)).isTrue();
        load = new Load();
    }

    @AfterEach
    void stop() throws Exception {
        load.end();
        balancer.close();
        etcd.close();
        EtcdServer.await().until(() -> OpenClients.ofTheProcess() == 0);
    }

    private void own(String key, int ordinal) {
        owners.put(key, ordinal);
        etcd.put(
                KEYS.directory() + key,
                ordinal % 2 == 0 ? "{\"ordinal\": " + ordinal + "}" : "{\"endpoint\": \"orders-" + ordinal + "\"}");
    }

    private void disown(String key) {
        owners.remove(key);
        etcd.delete(KEYS.directory() + key);
    }

    private static PickContext context(String key) {
        return PickContext.of(EndpointSelector.of(key));
    }

    /** Where a call goes that waits as adapters do; -1 if the key has no entry. */
    private int call(String key) throws Exception {
        while (true) {
            CompletionStage<Void> next = balancer.nextChange();
            try {
                var lease = balancer.acquire(context(key));
                assertThat(lease.complete(dev.zerohop.Outcome.SUCCESS)).isTrue();
                return lease.endpoint().ordinal();
            } catch (NoEndpointException none) {
                if (!none.refusal().waits()) {
                    if (none.refusal().message().contains("has no entry")) {
                        return -1;
                    }
                    throw none;
                }
            }
            next.toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    private void awaitCallsFollow() {
        EtcdServer.await().untilAsserted(() -> {
            for (int i = 0; i < OWNED + 5; i++) {
                String key = "key-" + i;
                assertThat(call(key)).as(key).isEqualTo(owners.getOrDefault(key, -1));
            }
        });
    }

    /** Keyed calls by several threads, without a pause. */
    private final class Load {
        final AtomicLong calls = new AtomicLong();
        final AtomicInteger failed = new AtomicInteger();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final List<Thread> threads =
                List.of(new Thread(this::run), new Thread(this::run), new Thread(this::run));

        void begin() {
            threads.forEach(Thread::start);
        }

        private void run() {
            Random random = new Random(Thread.currentThread().getId());
            while (!ended.get()) {
                try {
                    call("key-" + random.nextInt(OWNED + 5));
                } catch (Exception thrown) {
                    failed.incrementAndGet();
                }
                calls.incrementAndGet();
                Thread.yield();
            }
        }

        void end() throws InterruptedException {
            ended.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    @Test
    void callsFollowEveryPutChangeAndDeleteUnderLoad() throws Exception {
        load.begin();
        awaitCallsFollow();
        Random random = new Random(7);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 100; i++) {
                String key = "key-" + random.nextInt(OWNED + 5);
                if (random.nextInt(4) == 0) {
                    disown(key);
                } else {
                    own(key, random.nextInt(SERVERS));
                }
            }
            awaitCallsFollow();
        }
        assertThat(load.failed).hasValue(0);
        assertThat(load.calls.get()).isPositive();
    }

    @Test
    void afterAKillAndARestartWithUnreportedChangesTheCallsFollowTheDirectory() throws Exception {
        load.begin();
        awaitCallsFollow();
        for (int round = 0; round < 3; round++) {
            etcd.kill();
            Map<String, Integer> before = Map.copyOf(owners);
            for (Map.Entry<String, Integer> known : before.entrySet()) {
                assertThat(call(known.getKey())).isEqualTo(known.getValue());
            }
            etcd.start();
            // Written at once, most of it before the client has found its way back, and then forgotten.
            for (int i = 0; i < OWNED; i++) {
                if (i % 5 == round) {
                    disown("key-" + i);
                } else {
                    own("key-" + i, (i + round + 1) % SERVERS);
                }
            }
            etcd.compact();
            awaitCallsFollow();
        }
    }

    @Test
    void aHungServerLosesNoChange() {
        load.begin();
        awaitCallsFollow();
        etcd.pause();
        etcd.resume();
        own("key-1", 0);
        disown("key-2");
        awaitCallsFollow();
    }

    @Test
    void aCallWhoseKeyIsUnknownWhileEtcdIsAwayFailsWithTheReason() {
        etcd.kill();
        EtcdServer.await().untilAsserted(() -> {
            assertThat(balancer.current().pick(context("key-1"))).isNull();
            assertThat(balancer.current().refusal(context("key-1")).waits()).isFalse();
            assertThat(balancer.current().refusal(context("key-1")).message())
                    .startsWith("orders: the owner of key \"key-1\" cannot be found out: etcd cannot be read since ");
        });
    }

    /** Keys that have no entry and are placed by hash go on while etcd is away, however short the time is that bad entries are believed. */
    @Test
    void keysWithoutAnEntryThatArePlacedByHashOutliveEtcd() throws Exception {
        try (EtcdClient client = EtcdClient.of(etcd.address());
                Balancer hashed = Balancer.builder("hashed")
                        .resolver(client.resolver(
                                "orders", DirectoryOptions.DEFAULTS.withNegativeExpiry(Duration.ofMillis(1))))
                        .settings(Configurations.parse("{\"policy\": {\"directory\": {\"missing\": \"shard\"}}}"))
                        .build()) {
            hashed.start();
            for (int i = 0; i < 100; i++) {
                PickContext absent = context("absent-" + i);
                EtcdServer.await().until(() -> hashed.current().pick(absent) != null);
            }
            etcd.kill();
            EtcdServer.await().until(() -> {
                var answer = hashed.current().snapshot().directory().find(EndpointSelector.of("never-asked"));
                return answer instanceof Unknown unknown && !unknown.asking();
            });
            for (int i = 0; i < 100; i++) {
                assertThat(hashed.current().pick(context("absent-" + i)))
                        .as("absent-" + i)
                        .isNotNull();
            }
        }
    }

    @Test
    void readsAndEventsOfOneKeyMayOvertakeEachOther() throws Exception {
        try (EtcdClient client = EtcdClient.of(etcd.address());
                EtcdDirectory directory = new EtcdDirectory(
                        client.cluster().store(),
                        KEYS.directory(),
                        client.cluster().env(),
                        DirectoryOptions.DEFAULTS.withMaxKeys(1),
                        refusal -> {},
                        () -> {})) {
            AtomicBoolean ended = new AtomicBoolean();
            // A cache of one key that forgets all the time: each look-up is a read that races with the changes.
            Thread reader = new Thread(() -> {
                for (int i = 0; !ended.get(); i++) {
                    Answer ignored = directory.find(EndpointSelector.of("key-" + i % OWNED));
                    Thread.yield();
                }
            });
            reader.start();
            Random random = new Random(11);
            for (int i = 0; i < 1_000; i++) {
                own("key-" + random.nextInt(OWNED), random.nextInt(SERVERS));
            }
            ended.set(true);
            reader.join();
            for (int i = 0; i < OWNED; i++) {
                EndpointSelector key = EndpointSelector.of("key-" + i);
                int ordinal = owners.get("key-" + i);
                Owner expected = ordinal % 2 == 0 ? Owner.ordinal(ordinal) : Owner.endpoint("orders-" + ordinal);
                EtcdServer.await().until(() -> directory.find(key), expected::equals);
            }
            assertThat(directory.find(EndpointSelector.of(""))).isEqualTo(new Absent());
        }
    }
}

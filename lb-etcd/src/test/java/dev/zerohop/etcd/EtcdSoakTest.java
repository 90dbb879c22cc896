package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.etcd.support.RoughProxy;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 1,000 endpoints of which 500 change in a second. */
class EtcdSoakTest {
    private static final int ENDPOINTS = 1_000;
    private static final int CHANGES_PER_SECOND = 500;
    private static final int CLIENTS = 4;

    /** More than this many changes are not under way at a time. */
    private static final int IN_FLIGHT = 64;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final Random random = new Random(42);

    @TempDir
    Path directory;

    @Test
    void everyClientEndsWithWhatEtcdHas() throws Exception {
        soak(4);
    }

    @Test
    @Tag("long")
    void everyClientEndsWithWhatEtcdHasAfterAMinute() throws Exception {
        soak(60);
    }

    private void soak(int seconds) throws Exception {
        List<AutoCloseable> open = new ArrayList<>();
        List<Listening> clients = new ArrayList<>();
        try (EtcdServer etcd = EtcdServer.started(directory);
                RoughProxy network = new RoughProxy(etcd.port())) {
            network.delayNanos = Duration.ofMillis(30).toNanos();
            try {
                Changes changes = new Changes(KVGrpc.newFutureStub(etcd.channel()));
                for (int i = 0; i < ENDPOINTS; i++) {
                    changes.put(i, 1);
                }
                for (int i = 0; i < CLIENTS; i++) {
                    EtcdClient client = EtcdClient.of(i == 0 ? network.address() : etcd.address());
                    Resolver resolver = client.resolver("orders");
                    Listening heard = new Listening();
                    resolver.start(heard);
                    open.add(resolver);
                    open.add(client);
                    clients.add(heard);
                }
                long begun = System.nanoTime();
                for (int i = 0; i < seconds * CHANGES_PER_SECOND; i++) {
                    LockSupport.parkNanos(begun + i * 1_000_000_000L / CHANGES_PER_SECOND - System.nanoTime());
                    changes.one();
                    if (i % (10 * CHANGES_PER_SECOND) == CHANGES_PER_SECOND) {
                        network.swallow();
                    } else if (i % (10 * CHANGES_PER_SECOND) == 2 * CHANGES_PER_SECOND) {
                        network.heal();
                    }
                }
                network.heal();
                changes.finish();
                Map<String, Integer> truth = changes.expected;
                assertThat(stored(etcd)).isEqualTo(truth);
                for (Listening client : clients) {
                    // Sooner than the periodic read would make good what the watch lost.
                    EtcdServer.await()
                            .untilAsserted(() -> assertThat(client.weights()).isEqualTo(truth));
                }
            } finally {
                for (AutoCloseable each : open) {
                    each.close();
                }
            }
        }
    }

    private Map<String, Integer> stored(EtcdServer etcd) {
        KeyRange range = KeyRange.under(keys.endpoints());
        Map<String, Integer> stored = new TreeMap<>();
        for (KeyValue pair : KVGrpc.newBlockingStub(etcd.channel())
                .withMaxInboundMessageSize(64 << 20)
                .range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(range.from()))
                        .setRangeEnd(ByteString.copyFromUtf8(range.end()))
                        .build())
                .getKvsList()) {
            String value = pair.getValue().toString(StandardCharsets.UTF_8);
            stored.put(
                    pair.getKey().toStringUtf8().substring(keys.endpoints().length()),
                    Integer.valueOf(value.replaceAll(".*\"weight\": ([0-9]+).*", "$1")));
        }
        return stored;
    }

    /** Writes without waiting for each answer, and remembers what must come of it: the order per key is the order of the answers' requests. */
    private final class Changes {
        private final KVGrpc.KVFutureStub store;
        private final Semaphore room = new Semaphore(IN_FLIGHT);
        private final Map<Integer, Semaphore> perKey = new java.util.concurrent.ConcurrentHashMap<>();
        private final List<Throwable> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
        final Map<String, Integer> expected = new TreeMap<>();

        Changes(KVGrpc.KVFutureStub store) {
            this.store = store;
        }

        /** Mostly weights; some endpoints go and some of those come back. */
        void one() throws InterruptedException {
            int i = random.nextInt(ENDPOINTS);
            if (random.nextInt(10) == 0) {
                delete(i);
            } else {
                put(i, 1 + random.nextInt(1_000));
            }
        }

        void put(int i, int weight) throws InterruptedException {
            expected.put("e" + i, weight);
            String value = "{\"address\": \"10.0." + i / 256 + "." + i % 256 + ":80\", \"weight\": " + weight + "}";
            write(
                    i,
                    store.put(PutRequest.newBuilder()
                            .setKey(key(i))
                            .setValue(ByteString.copyFromUtf8(value))
                            .build()));
        }

        private void delete(int i) throws InterruptedException {
            expected.remove("e" + i);
            write(
                    i,
                    store.deleteRange(
                            DeleteRangeRequest.newBuilder().setKey(key(i)).build()));
        }

        private ByteString key(int i) throws InterruptedException {
            room.acquire();
            // Two changes of one key must not overtake each other.
            perKey.computeIfAbsent(i, k -> new Semaphore(1)).acquire();
            return ByteString.copyFromUtf8(keys.endpoint("e" + i));
        }

        private void write(int i, com.google.common.util.concurrent.ListenableFuture<?> change) {
            change.addListener(
                    () -> {
                        try {
                            change.get();
                        } catch (Exception failed) {
                            failures.add(failed);
                        }
                        perKey.get(i).release();
                        room.release();
                    },
                    MoreExecutors.directExecutor());
        }

        void finish() throws InterruptedException {
            assertThat(room.tryAcquire(IN_FLIGHT, 60, TimeUnit.SECONDS)).isTrue();
            assertThat(failures).isEmpty();
        }
    }
}

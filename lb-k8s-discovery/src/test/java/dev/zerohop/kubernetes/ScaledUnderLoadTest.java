package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.zerohop.Balancer;
import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardCount;
import dev.zerohop.Snapshot;
import dev.zerohop.config.Configurations;
import dev.zerohop.okhttp.ZerohopOkHttp;
import dev.zerohop.picker.ShardPolicy;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A StatefulSet of real servers that grows, shrinks and loses pods while keyed calls run: API server in memory, sockets on 127.0.0.x. */
class ScaledUnderLoadTest {
    private static final int KEYS = 500;
    private static final int WORKERS = 4;

    private final MockApi api = new MockApi();
    private final KubernetesDiscovery discovery = KubernetesDiscovery.of(api.options());
    private final Balancer balancer = Balancer.builder("orders")
            .resolver(discovery.resolver("k8s:///shop/orders:grpc"))
            .settings(Configurations.parse("{\"policy\": {\"shard\": {\"ownerDown\": \"WAIT\"}}}"))
            .build();
    private final OkHttpClient client;
    private final Map<Integer, Pod> pods = new TreeMap<>();

    /** Who served each key at least once. */
    private final Map<String, Set<Integer>> served = new ConcurrentHashMap<>();

    private final AtomicLong calls = new AtomicLong();
    private final List<String> failures = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    private final List<Future<?>> running = new ArrayList<>();
    private int port;

    ScaledUnderLoadTest() throws IOException {
        client = ZerohopOkHttp.builder()
                .route("orders", balancer)
                .build()
                .install(new OkHttpClient.Builder())
                .callTimeout(Duration.ofSeconds(30))
                .build();
    }

    /** One server; the last byte of its address is not its ordinal. */
    private final class Pod {
        private final int ordinal;
        private final String address;
        private final HttpServer server;
        private boolean ready = true;
        private boolean leaving;

        Pod(int ordinal, String address) throws IOException {
            this.ordinal = ordinal;
            this.address = address;
            this.server = HttpServer.create(new InetSocketAddress(address, port), 0);
            port = server.getAddress().getPort();
            server.setExecutor(Executors.newCachedThreadPool(task -> {
                Thread thread = new Thread(task, "pod-" + ordinal);
                thread.setDaemon(true);
                return thread;
            }));
            server.createContext("/", this::serve);
            server.start();
        }

        private void serve(HttpExchange exchange) throws IOException {
            byte[] answer = String.valueOf(ordinal).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        }
    }

    @AfterEach
    void end() throws Exception {
        over.set(true);
        workers.shutdownNow();
        workers.awaitTermination(60, TimeUnit.SECONDS);
        balancer.close();
        discovery.close();
        api.close();
        pods.values().forEach(pod -> pod.server.stop(0));
    }

    private void slices() {
        EndpointSlice slice = Slices.slice(
                "orders-x",
                pods.values().stream()
                        .map(pod -> Slices.pod(
                                "orders-" + pod.ordinal,
                                pod.address,
                                pod.ready && !pod.leaving,
                                pod.ready,
                                pod.leaving))
                        .toArray(Endpoint[]::new));
        slice.getPorts().get(0).setPort(port);
        api.put(slice);
    }

    private void replicas(int count) {
        api.put(new StatefulSetBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("orders")
                .endMetadata()
                .withNewSpec()
                .withServiceName("orders")
                .withReplicas(count)
                .endSpec()
                .build());
    }

    private void begin(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            pods.put(i, new Pod(i, "127.0.0." + (10 + i)));
        }
        replicas(count);
        slices();
        balancer.start();
        awaitShards(count);
        for (int i = 0; i < WORKERS; i++) {
            int from = i;
            running.add(workers.submit(() -> call(from)));
        }
        awaitCalls();
    }

    private void call(int from) {
        for (int i = from; !over.get(); i = (i + WORKERS) % KEYS) {
            String key = "customer-" + i;
            Request request = new Request.Builder()
                    .url("http://orders/" + key)
                    .tag(EndpointSelector.class, EndpointSelector.of(key))
                    .build();
            try (Response response = client.newCall(request).execute()) {
                served.computeIfAbsent(key, k -> ConcurrentHashMap.newKeySet())
                        .add(Integer.parseInt(response.body().string()));
                calls.incrementAndGet();
            } catch (IOException | RuntimeException failed) {
                if (!over.get()) {
                    synchronized (failures) {
                        failures.add(key + ": " + failed);
                    }
                }
            }
        }
    }

    private void awaitShards(int count) {
        await(() ->
                new ShardCount(count, 0).equals(balancer.current().snapshot().shards()));
    }

    /** Every key was called at least twice from now on. */
    private void awaitCalls() {
        long now = calls.get();
        await(() -> calls.get() >= now + 2 * KEYS || !failures().isEmpty());
    }

    private List<String> failures() {
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }

    private static void await(java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(condition);
    }

    private void stopLoad() throws Exception {
        over.set(true);
        for (Future<?> worker : running) {
            worker.get(60, TimeUnit.SECONDS);
        }
    }

    private static Map<String, Integer> owners(int count) {
        ShardPolicy policy = ShardPolicy.builder().shards(count).build();
        Map<String, Integer> owners = new HashMap<>();
        for (int i = 0; i < KEYS; i++) {
            owners.put(
                    "customer-" + i,
                    policy.place(EndpointSelector.of("customer-" + i), Snapshot.EMPTY)
                            .ordinal());
        }
        return owners;
    }

    @Test
    void fromThreeToFiveToThree() throws Exception {
        begin(3);
        // The set is told to grow; its pods come one after the other, as the controller makes them.
        replicas(5);
        for (int i = 3; i < 5; i++) {
            Pod pod = new Pod(i, "127.0.0." + (10 + i));
            pod.ready = false;
            pods.put(i, pod);
            slices();
            awaitCalls();
            assertThat(balancer.current().snapshot().shards())
                    .as("not before all have been ready")
                    .isEqualTo(new ShardCount(3, 0));
            pod.ready = true;
            slices();
        }
        awaitShards(5);
        awaitCalls();
        replicas(3);
        awaitShards(3);
        for (int i = 4; i >= 3; i--) {
            pods.get(i).leaving = true;
            slices();
            awaitCalls();
            Pod gone = pods.remove(i);
            slices();
            await(() -> balancer.current().snapshot().members().size() == pods.size());
            gone.server.stop(0);
        }
        awaitCalls();
        stopLoad();
        assertThat(failures()).isEmpty();
        Map<String, Integer> ofThree = owners(3);
        Map<String, Integer> ofFive = owners(5);
        int moved = 0;
        for (Map.Entry<String, Set<Integer>> key : served.entrySet()) {
            Set<Integer> mayOwn = new HashSet<>(List.of(ofThree.get(key.getKey()), ofFive.get(key.getKey())));
            assertThat(mayOwn).as("pods that served %s", key.getKey()).containsAll(key.getValue());
            moved += key.getValue().size() - 1;
        }
        long minimum = ofThree.entrySet().stream()
                .filter(key -> !key.getValue().equals(ofFive.get(key.getKey())))
                .count();
        assertThat(served).hasSize(KEYS);
        assertThat((long) moved).as("keys that were ever served by two pods").isEqualTo(minimum);
        assertThat(ofThree.entrySet().stream()
                        .filter(key -> !key.getValue().equals(ofFive.get(key.getKey())))
                        .allMatch(key -> ofFive.get(key.getKey()) >= 3))
                .as("a key moves to a new pod only")
                .isTrue();
    }

    @Test
    void everyPodIsReplacedWithANewAddressAndNoKeyMoves() throws Exception {
        begin(3);
        for (int i = 0; i < 3; i++) {
            Pod old = pods.get(i);
            old.leaving = true;
            slices();
            awaitLeft(i);
            pods.remove(i);
            slices();
            old.server.stop(0);
            // Its keys wait meanwhile.
            Pod next = new Pod(i, "127.0.0." + (50 + i));
            pods.put(i, next);
            slices();
            awaitCalls();
        }
        stopLoad();
        assertThat(failures()).isEmpty();
        Map<String, Integer> owners = owners(3);
        served.forEach(
                (key, by) -> assertThat(by).as("pods that served %s", key).containsExactly(owners.get(key)));
        assertThat(served).hasSize(KEYS);
    }

    /** The leaving pod gets no new calls, and the ones that it had are over. */
    private void awaitLeft(int ordinal) {
        await(() -> balancer.current().snapshot().members().stream()
                .filter(node -> node.endpoint().ordinal() == ordinal)
                .allMatch(node -> node.endpoint().readiness() == dev.zerohop.Endpoint.Readiness.DRAINING
                        && node.inFlight() == 0));
    }
}

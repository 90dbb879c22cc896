package dev.zerohop.kubernetes;

import static dev.zerohop.kubernetes.KubernetesDiscoveryTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.Balancer;
import dev.zerohop.Endpoint.Readiness;
import dev.zerohop.config.Configurations;
import dev.zerohop.okhttp.ZerohopOkHttp;
import dev.zerohop.testing.FreePorts;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real servers on addresses of their own, an API server that names them, and calls all the while: no call may fail. */
class RollingUpdateTest {
    private static final int CALLERS = 3;

    private final MockApi api = new MockApi();
    private final KubernetesDiscovery discovery = KubernetesDiscovery.of(api.options());
    private final Map<String, Pod> pods = new TreeMap<>();
    private final List<HttpServer> servers = new ArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    private final int port = FreePorts.next();
    private int nextAddress = 2;
    private Balancer balancer;
    private ZerohopOkHttp zerohop;

    /** A server and what its slice says about it. */
    private record Pod(String name, String address, HttpServer server, Readiness readiness) {}

    @BeforeEach
    void threePodsUnderLoad() throws Exception {
        for (int i = 0; i < 3; i++) {
            start("orders-" + i, Readiness.READY);
        }
        publish();
        balancer = Balancer.builder("orders")
                .settings(Configurations.defaults())
                .resolver(discovery.resolver("k8s:///shop/orders:http"))
                .build();
        balancer.start();
        zerohop = ZerohopOkHttp.builder().route("orders", balancer).build();
        OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
        for (int i = 0; i < CALLERS; i++) {
            callers.submit(() -> {
                while (!stop.get()) {
                    call(client);
                }
            });
        }
        awaitCalls(50);
    }

    @AfterEach
    void close() throws Exception {
        stop.set(true);
        callers.shutdown();
        assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        zerohop.close();
        balancer.close();
        discovery.close();
        api.close();
        servers.forEach(server -> server.stop(0));
    }

    private void call(OkHttpClient client) {
        try (Response response = client.newCall(
                        new Request.Builder().url("http://orders/").build())
                .execute()) {
            if (response.code() != 200) {
                failures.add("answered " + response.code());
            }
            response.body().string();
        } catch (IOException | RuntimeException failed) {
            failures.add(failed.toString());
        }
        calls.incrementAndGet();
    }

    @Test
    void aRollingUpdateOfAllPodsFailsNoCall() throws IOException {
        for (int i = 0; i < 3; i++) {
            // As a Deployment does it: the new one first, ready once it listens; then an old one is asked to leave.
            String next = "orders-new-" + i;
            start(next, Readiness.NOT_READY);
            publish();
            set(next, Readiness.READY);
            publish();
            await().until(() -> KubernetesDiscoveryTest.candidates(balancer).contains(next));
            leave("orders-" + i);
            awaitCalls(20);
        }
        assertThat(KubernetesDiscoveryTest.members(balancer))
                .containsExactly("orders-new-0", "orders-new-1", "orders-new-2");
        assertThat(failures).isEmpty();
    }

    @Test
    void podsThatComeBackUnderTheirNamesWithNewAddressesFailNoCall() throws IOException {
        for (int i = 0; i < 3; i++) {
            // As a StatefulSet does it: the old one goes first, and its name comes back.
            String name = "orders-" + i;
            String before = pods.get(name).address();
            leave(name);
            awaitCalls(20);
            start(name, Readiness.NOT_READY);
            publish();
            set(name, Readiness.READY);
            publish();
            await().until(() -> KubernetesDiscoveryTest.candidates(balancer).contains(name));
            assertThat(pods.get(name).address()).isNotEqualTo(before);
            awaitCalls(20);
        }
        assertThat(KubernetesDiscoveryTest.members(balancer)).containsExactly("orders-0", "orders-1", "orders-2");
        assertThat(failures).isEmpty();
    }

    @Test
    void anApiServerThatIsGoneForAWhileFailsNoCall() {
        api.stop();
        await().until(() -> balancer.state().source().set().stale());
        awaitCalls(100);
        api.restart();
        await().until(() -> !balancer.state().source().set().stale());
        awaitCalls(20);
        assertThat(failures).isEmpty();
    }

    // ---- the cluster ----

    /** Terminating, then out of the rotation of every client (the preStop hook's time), then stopped, then gone. */
    private void leave(String name) {
        set(name, Readiness.DRAINING);
        publish();
        await().until(() -> !KubernetesDiscoveryTest.candidates(balancer).contains(name));
        await().until(() -> balancer.current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals(name))
                .allMatch(node -> node.inFlight() == 0));
        pods.remove(name).server().stop(0);
        publish();
        await().until(() -> !KubernetesDiscoveryTest.members(balancer).contains(name));
    }

    private void start(String name, Readiness readiness) throws IOException {
        String address = "127.0.0." + nextAddress++;
        HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 50);
        server.createContext("/", exchange -> {
            byte[] body = name.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        servers.add(server);
        pods.put(name, new Pod(name, address, server, readiness));
    }

    private void set(String name, Readiness readiness) {
        pods.computeIfPresent(name, (key, pod) -> new Pod(name, pod.address(), pod.server(), readiness));
    }

    private void publish() {
        EndpointSlice slice = Slices.slice(
                "orders-a",
                pods.values().stream()
                        .map(pod -> switch (pod.readiness()) {
                            case READY -> Slices.pod(pod.name(), pod.address());
                            case DRAINING -> Slices.leaving(pod.name(), pod.address());
                            case NOT_READY -> Slices.pod(pod.name(), pod.address(), false, false, false);
                        })
                        .toArray(Endpoint[]::new));
        slice.setPorts(List.of(
                new EndpointPortBuilder().withName("http").withPort(port).build()));
        api.put(slice);
    }

    private void awaitCalls(int more) {
        int target = calls.get() + more;
        await().until(() -> calls.get() >= target || !failures.isEmpty());
    }
}

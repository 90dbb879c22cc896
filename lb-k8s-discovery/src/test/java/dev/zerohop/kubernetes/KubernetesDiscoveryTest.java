package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Resolver;
import dev.zerohop.config.Configurations;
import dev.zerohop.testing.ResolutionRecorder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole module against an API server in memory, in real time. */
class KubernetesDiscoveryTest {
    private final MockApi api = new MockApi();
    private final KubernetesDiscovery discovery = KubernetesDiscovery.of(api.options());
    private final Listening listening = new Listening();

    @AfterEach
    void close() {
        discovery.close();
        api.close();
    }

    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
    }

    private static io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[] pods(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> Slices.pod("orders-" + i, "10.0." + i / 200 + "." + (i % 200 + 1)))
                .toArray(io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[]::new);
    }

    private static EndpointSlice leaving(String name, int pods, int leaving) {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[] all = pods(0, pods);
        for (int i = leaving; i < pods; i++) {
            all[i].getConditions().setReady(false);
            all[i].getConditions().setTerminating(true);
        }
        return Slices.slice(name, all);
    }

    @Test
    void slicesAreMergedAndFollowed() {
        api.put(Slices.slice("orders-a", pods(0, 2)));
        api.put(Slices.slice("orders-b", pods(2, 3)));
        api.put(Slices.slice("users", "users-a", "IPv4", pods(7, 9)));
        Resolver resolver = discovery.resolver("k8s:///shop/orders:grpc");
        resolver.start(listening);
        await().until(() -> listening.ready().equals(Set.of("orders-0", "orders-1", "orders-2")));
        api.put(Slices.slice("orders-b", pods(2, 4)));
        await().until(() -> listening.ready().size() == 4);
        EndpointSlice gone = Slices.slice("orders-b");
        api.delete(gone);
        await().until(() -> listening.ready().equals(Set.of("orders-0", "orders-1")));
        assertThat(listening.errors).isEmpty();
        resolver.close();
        await().until(() -> discovery.reflectors() == 0);
    }

    @Test
    void manyResolversShareOneWatch() {
        api.put(Slices.slice("orders-a", pods(0, 2)));
        List<Resolver> resolvers = IntStream.range(0, 10)
                .mapToObj(i -> discovery.resolver("k8s:///shop/orders:grpc"))
                .toList();
        List<Listening> all =
                resolvers.stream().map(resolver -> new Listening()).toList();
        for (int i = 0; i < 10; i++) {
            resolvers.get(i).start(all.get(i));
        }
        await().until(() -> all.stream().allMatch(each -> each.ready().size() == 2));
        assertThat(api.lists()).isEqualTo(1);
        await().until(() -> api.watches() == 1);
        resolvers.forEach(Resolver::close);
        await().until(() -> discovery.reflectors() == 0);
    }

    @Test
    void fiveThousandEndpointsInFiftySlices() {
        for (int i = 0; i < 50; i++) {
            api.put(Slices.slice("orders-" + i, pods(100 * i, 100 * i + 100)));
        }
        discovery.resolver("k8s:///shop/orders:grpc").start(listening);
        await().until(() -> listening.ready().size() == 5_000);
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[] some = pods(4_900, 5_000);
        some[0].getConditions().setReady(false);
        api.put(Slices.slice("orders-49", some));
        await().until(() -> listening.ready().size() == 4_999);
        assertThat(listening.errors).isEmpty();
    }

    @Test
    void scalesFromThreeToFiveToThreeToNothingAndBackThroughABalancer() {
        api.put(Slices.slice("orders-a", pods(0, 3)));
        try (Balancer balancer = Balancer.builder("orders")
                .settings(Configurations.defaults())
                .resolver(discovery.resolver("k8s:///shop/orders:grpc"))
                .build()) {
            balancer.start();
            await().until(() -> members(balancer).size() == 3);
            api.put(Slices.slice("orders-a", pods(0, 5)));
            await().until(() -> members(balancer).size() == 5);
            api.put(leaving("orders-a", 5, 3));
            await().until(() -> candidates(balancer).equals(Set.of("orders-0", "orders-1", "orders-2")));
            api.put(Slices.slice("orders-a", pods(0, 3)));
            await().until(() -> members(balancer).size() == 3);
            api.put(leaving("orders-a", 3, 0));
            await().until(() -> balancer.current().snapshot().members().stream()
                    .allMatch(node -> node.health().status() == Health.Status.DRAINING));
            assertThat(candidates(balancer))
                    .as("the last resort while they serve")
                    .hasSize(3);
            api.put(Slices.slice("orders-a"));
            // At once, and not after the 30 s of the guard: all three were seen leaving.
            await().until(() -> members(balancer).isEmpty());
            api.put(Slices.slice("orders-a", pods(0, 3)));
            await().until(() -> candidates(balancer).size() == 3);
        }
    }

    @Test
    void slicesThatVanishAreHeldByABalancer() {
        api.put(Slices.slice("orders-a", pods(0, 3)));
        AtomicInteger held = new AtomicInteger();
        try (Balancer balancer = Balancer.builder("orders")
                .listener(new BalancerListener() {
                    @Override
                    public void onMembership(String service, int members, int added, int removed, int nowHeld) {
                        held.set(nowHeld);
                    }
                })
                .settings(Configurations.defaults())
                .resolver(discovery.resolver("k8s:///shop/orders:grpc"))
                .build()) {
            balancer.start();
            await().until(() -> members(balancer).size() == 3);
            api.delete(Slices.slice("orders-a"));
            await().until(() -> held.get() == 3);
            assertThat(members(balancer)).hasSize(3);
        }
    }

    @Test
    void anApiServerThatComesLateIsWaitedFor() {
        api.put(Slices.slice("orders-a", pods(0, 2)));
        api.stop();
        discovery.resolver("k8s:///shop/orders:grpc").start(listening);
        await().until(() -> !listening.errors.isEmpty());
        assertThat(listening.errors.get(0)).hasMessageContaining("the request to list endpointslices");
        api.restart();
        await().until(() -> listening.ready().size() == 2);
    }

    @Test
    void anApiServerThatRestartsWithANewerStateIsFollowedOn() {
        api.put(Slices.slice("orders-a", pods(0, 2)));
        discovery.resolver("k8s:///shop/orders:grpc").start(listening);
        await().until(() -> listening.ready().size() == 2);
        await().until(() -> api.watches() == 1);
        api.stop();
        await().until(() -> !listening.errors.isEmpty());
        assertThat(listening.ready()).hasSize(2);
        api.restart();
        api.put(Slices.slice("orders-a", pods(0, 3)));
        await().until(() -> listening.ready().size() == 3 && !listening.last().stale());
        api.put(Slices.slice("orders-a", pods(0, 4)));
        await().until(() -> listening.ready().size() == 4);
    }

    @Test
    void theOlderStateOfARestartedApiServerIsAccepted() {
        api.put(Slices.slice("orders-a", pods(0, 2)));
        api.put(Slices.slice("orders-b", pods(2, 4)));
        discovery.resolver("k8s:///shop/orders:grpc").start(listening);
        await().until(() -> listening.ready().size() == 4);
        await().until(() -> api.watches() == 1);
        api.stop();
        await().until(() -> !listening.errors.isEmpty());
        api.restartEmpty();
        api.put(Slices.slice("orders-a", pods(0, 2)));
        await().until(() -> listening.ready().equals(Set.of("orders-0", "orders-1"))
                && !listening.last().stale());
    }

    @Test
    void theClientIsRefusedWhatItDoesNotKnow() {
        assertThatThrownBy(() -> discovery.resolver("etcd://10.0.0.1:2379/orders"))
                .hasMessageContaining("at position 0")
                .hasMessageContaining("k8s:///namespace/service:port");
    }

    static Set<String> members(Balancer balancer) {
        return balancer.current().snapshot().members().stream()
                .map(Node::endpoint)
                .map(Endpoint::id)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static Set<String> candidates(Balancer balancer) {
        return balancer.current().snapshot().candidates().stream()
                .map(candidate -> candidate.node().endpoint().id())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Hears a resolver out, from any thread. */
    static final class Listening extends ResolutionRecorder {

        Set<String> ready() {
            return sets.isEmpty()
                    ? Set.of()
                    : last().endpoints().stream()
                            .filter(endpoint -> endpoint.readiness() == Endpoint.Readiness.READY)
                            .map(Endpoint::id)
                            .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}

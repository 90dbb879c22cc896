package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.kubernetes.KubernetesDiscovery;
import dev.zerohop.kubernetes.KubernetesOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A channel to a Kubernetes service under load while its pods come and go; nothing is retried, so every call that fails shows. */
@Timeout(300)
class KubernetesRollingTest {
    private static final String READY = "\"ready\":true,\"serving\":true,\"terminating\":false";
    private static final String NOT_READY = "\"ready\":false,\"serving\":false,\"terminating\":false";
    private static final String LEAVING = "\"ready\":false,\"serving\":true,\"terminating\":true";

    private static final AtomicInteger NEXT = new AtomicInteger();

    /** A service of its own: the watch of a target outlives its last channel for a while. */
    private final String target = "k8s:///shop/orders-" + NEXT.incrementAndGet() + ":grpc";

    private final Map<String, TestServer> pods = new HashMap<>();
    private final Map<String, String> addresses = new HashMap<>();
    private SliceApi api;
    private ManagedChannel channel;
    private int nextAddress = 2;

    @BeforeEach
    void threePods() throws IOException {
        api = new SliceApi();
        for (int i = 0; i < 3; i++) {
            start("orders-" + i, "orders-" + i, READY);
        }
        KubernetesDiscovery.useForTargets(
                KubernetesOptions.builder().apiServer(api.uri()).build());
        channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .build();
        RoutingTest.awaitAll(channel, "orders-0", "orders-1", "orders-2");
    }

    @AfterEach
    void close() throws Exception {
        channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
        KubernetesDiscovery.useForTargets(KubernetesOptions.defaults());
        api.close();
        pods.values().forEach(TestServer::close);
    }

    @Test
    void aRollingUpdateOfAllPodsFailsNoCall() throws Exception {
        try (Load load = new Load(channel, 3)) {
            for (int i = 0; i < 3; i++) {
                String next = "orders-new-" + i;
                start(next, next, NOT_READY);
                load.awaitMore(20);
                assertThat(pods.get(next).log).isEmpty();
                say(next, READY);
                awaitCalls(next);
                leave("orders-" + i, load);
            }
            assertThat(load.failures()).isEmpty();
        }
        RoutingTest.awaitAll(channel, "orders-new-0", "orders-new-1", "orders-new-2");
    }

    @Test
    void podsThatComeBackUnderTheirNamesWithNewAddressesFailNoCall() throws Exception {
        try (Load load = new Load(channel, 3)) {
            for (int i = 0; i < 3; i++) {
                String pod = "orders-" + i;
                leave(pod, load);
                start(pod, pod + "-again", NOT_READY);
                say(pod, READY);
                awaitCalls(pod);
            }
            assertThat(load.failures()).isEmpty();
        }
        RoutingTest.awaitAll(channel, "orders-0-again", "orders-1-again", "orders-2-again");
    }

    private void start(String pod, String id, String conditions) throws IOException {
        pods.put(pod, new TestServer(id));
        addresses.put(pod, "127.0.0." + nextAddress++);
        say(pod, conditions);
    }

    private void say(String pod, String conditions) throws IOException {
        api.put(pod, addresses.get(pod), pods.get(pod).port(), conditions);
    }

    /** Terminating, some calls later (the preStop hook's time) a graceful stop, then gone. */
    private void leave(String pod, Load load) throws Exception {
        say(pod, LEAVING);
        load.awaitMore(50);
        pods.remove(pod).drain();
        api.delete(pod);
        load.awaitMore(20);
    }

    private void awaitCalls(String pod) {
        await().until(() -> pods.get(pod).log.size() > 5);
    }
}

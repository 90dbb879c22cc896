package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Env;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real client against a server with TLS and HTTP/2 that sends GOAWAY; the time between attempts is fake. */
class GoawayTest {
    private static final Selection<EndpointSlice> WHAT = Selection.endpointSlices("shop", "orders");

    private final FakeTime time = new FakeTime();
    private final Env env = new Env(time, ScriptedDice.seeded(1), Env.system().blocking());
    private final Copy copy = new Copy();
    private GoawayApi api;
    private KubernetesDiscovery discovery;

    @TempDir
    Path directory;

    @BeforeEach
    void start() throws Exception {
        api = new GoawayApi();
    }

    @AfterEach
    void stop() throws Exception {
        if (discovery != null) {
            discovery.close();
        }
        api.close();
    }

    private KubernetesOptions.Builder options() {
        return KubernetesOptions.builder().apiServer(api.uri()).caFile(api.ca());
    }

    private void follow(KubernetesOptions options) {
        discovery = KubernetesDiscovery.of(env, options);
        discovery.follow(WHAT, copy);
    }

    private void until(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    time.advance(Duration.ofMillis(20));
                    return condition.call();
                });
    }

    @Test
    void goawayWithEveryAnswerCostsNothing() {
        api.goawayAlways = true;
        follow(options().build());
        for (int watch = 1; watch <= 4; watch++) {
            int opened = watch;
            until(() -> api.watches.size() == opened && copy.names.contains("a"));
            ServerWebSocket socket = api.watches.get(opened - 1);
            // The server has opened it before the client has; an event that arrives says that both have.
            String event = "event-" + opened;
            socket.writeTextMessage("{\"type\":\"ADDED\",\"object\":"
                    + Serialization.asJson(ScriptedApi.versioned(Slices.slice(event), "1" + opened)) + "}");
            until(() -> copy.names.contains(event));
            time.advance(SelectionWatch.SETTLED);
            socket.close((short) 1001);
        }
        assertThat(copy.failures).isEmpty();
    }

    /** The mounted token is read again when the old one is refused, which has to be seen for that. */
    @Test
    void aRotatedTokenIsTakenUpThoughTheRefusalComesWithGoaway() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "first");
        api.token = "first";
        Map<String, String> pod = Map.of(
                "kubernetes.auth.tryKubeConfig", "false",
                "kubernetes.auth.serviceAccount.token", token.toString(),
                "kubernetes.certs.ca.file", api.ca().toString(),
                "kubernetes.master", api.uri().toString());
        pod.forEach(System::setProperty);
        try {
            follow(KubernetesOptions.defaults());
            until(() -> api.watches.size() == 1 && copy.names.equals(Set.of("a")));
            Files.writeString(token, "second");
            api.token = "second";
            api.slice = ScriptedApi.versioned(Slices.slice("b"), "9");
            api.watches.get(0).close((short) 1001);
            until(() -> copy.names.equals(Set.of("b")) && api.watches.size() == 2);
            assertThat(api.answers).contains(401);
            assertThat(copy.failures).isEmpty();
        } finally {
            pod.keySet().forEach(System::clearProperty);
        }
    }

    @Test
    void aTokenThatIsNotAcceptedIsSaidToBe() throws Exception {
        api.token = "good";
        Path token = Files.writeString(directory.resolve("token"), "bad");
        follow(options().tokenFile(token).build());
        until(() -> !copy.failures.isEmpty());
        assertThat(copy.failures.get(0))
                .hasMessageContaining(api.uri() + " answered 401 when asked to list endpointslices");
        Diagnosis diagnosis = KubernetesDoctor.examine(
                "k8s:///shop/orders:grpc", options().tokenFile(token).build(), Map.of());
        assertThat(diagnosis.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.state()).isEqualTo(Diagnosis.State.MISSING);
            assertThat(finding.why())
                    .contains(api.uri() + " answered 401 when asked to report who this client is")
                    .contains("it does not accept the token or certificate of this client");
        });
        assertThat(api.versions).containsOnly(HttpVersion.HTTP_1_1);
    }

    @Test
    void aCertificateOfAnUnknownAuthorityIsSaidToBe() throws InterruptedException {
        Diagnosis diagnosis = KubernetesDoctor.examine(
                "k8s:///shop/orders:grpc",
                KubernetesOptions.builder().apiServer(api.uri()).build(),
                Map.of());
        assertThat(diagnosis.findings())
                .singleElement()
                .asString()
                .contains(api.uri().toString())
                .contains("its certificate is signed by no authority that this client trusts")
                .contains("certificate-authority in the kubeconfig, or caFile");
    }

    private static final class Copy implements Reflector.Subscriber<EndpointSlice, String> {
        final List<SourceFailure> failures = new CopyOnWriteArrayList<>();
        volatile Set<String> names = Set.of();

        @Override
        public void onState(Reflector.State<EndpointSlice, String> state, boolean stale) {
            names = state.values().keySet();
        }

        @Override
        public void onConfirmed(Instant asOf) {
            // As before.
        }

        @Override
        public void onFailure(SourceFailure cause) {
            failures.add(cause);
        }
    }
}

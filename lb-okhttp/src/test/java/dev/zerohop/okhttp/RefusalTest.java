package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.KeySource;
import dev.zerohop.Refusal;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.ScriptedDirectory;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import okhttp3.Call;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A call that nothing wakes would wait for ever. */
@Timeout(300)
class RefusalTest {
    private static final KeySource BY_USER = new KeySource(KeySource.Place.QUERY, "user", true);

    @Test
    void aCallWaitsForTheFirstAnswerOfTheSource() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return rig.text("/");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            await().until(() -> rig.client.dispatcher().runningCallsCount() == 1);
            assertThat(answer).isNotDone();
            rig.servers(1);
            assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo("s0");
        }
    }

    @Test
    void theFirstCallOfAKeyWaitsForItsLookUpAndLaterOnesFollowTheDirectory() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.settings(Pickers.directory(), 3, new KeySource(KeySource.Place.QUERY, "user", false)))) {
            ScriptedDirectory directory = new ScriptedDirectory();
            rig.resolver.directory(directory);
            rig.servers(3);
            CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> {
                try {
                    return rig.text("/?user=alice");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            await().until(() -> directory.asked().contains("alice"));
            assertThat(first).isNotDone();
            directory.put("alice", Owner.endpoint("s1"));
            assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("s1");
            directory.put("alice", Owner.endpoint("s2"));
            assertThat(rig.text("/?user=alice")).isEqualTo("s2");
            directory.put("alice", new Absent());
            assertThatThrownBy(() -> rig.text("/?user=alice"))
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessage("orders: key \"alice\" has no entry in the directory");
            directory.put("alice", new Unknown(false, "etcd is away"));
            assertThatThrownBy(() -> rig.text("/?user=alice"))
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessage("orders: the owner of key \"alice\" cannot be found out: etcd is away");
            rig.balancer.close();
            assertThat(directory.followers()).isZero();
        }
    }

    @Test
    void waitingEndsWithTheConnectTimeoutOfACallWithoutAnother() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.connectTimeout(Duration.ofMillis(100)))) {
            assertThatThrownBy(() -> rig.text("/"))
                    .isInstanceOfSatisfying(
                            NoEndpointIOException.class,
                            e -> assertThat(e.refusal().kind()).isEqualTo(Refusal.Kind.NONE_KNOWN))
                    .hasMessageContaining("orders: no endpoint known")
                    .hasMessageContaining("has answered 0 times")
                    .hasMessageContaining("; waited ");
        }
    }

    @Test
    void waitingEndsWithTheCallTimeout() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.connectTimeout(Duration.ofMillis(50)).callTimeout(Duration.ofMillis(300)))) {
            assertThatThrownBy(() -> rig.text("/"))
                    .isInstanceOf(java.io.InterruptedIOException.class)
                    .hasMessage("timeout")
                    .hasRootCauseMessage(
                            "Canceled while waiting for an endpoint; orders: no endpoint known; source scripted has answered 0 times");
        }
    }

    @Test
    void cancelEndsTheWaitingAtOnce() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            Call call = rig.call(Rig.get("/"));
            CompletableFuture<Response> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return call.execute();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            await().until(() -> rig.client.dispatcher().runningCallsCount() == 1);
            call.cancel();
            assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("Canceled");
        }
    }

    @Test
    void anEmptyServiceFailsAtOnceWithTheCoresWords() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.resolver.push();
            assertThatThrownBy(() -> rig.text("/"))
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessage(
                            "orders: no endpoint known; source scripted has answered 1 times; check the target, and that the"
                                    + " service has endpoints there");
        }
    }

    @Test
    void aServiceOfDrainingEndpointsHasNoneToUse() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(server.endpoint().toBuilder()
                    .readiness(dev.zerohop.Endpoint.Readiness.DRAINING)
                    .build());
            assertThatThrownBy(() -> rig.text("/"))
                    .isInstanceOfSatisfying(
                            NoEndpointIOException.class,
                            e -> assertThat(e.refusal().kind()).isEqualTo(Refusal.Kind.NONE_USABLE));
            assertThat(server.log).isEmpty();
        }
    }

    @Test
    void anOwnerThatIsDownFailsTheCallOrMakesItWaitAsThePolicySays() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.byOrdinal(BY_USER),
                UnaryOperator.identity(),
                builder -> builder.connectTimeout(Duration.ofMillis(100)))) {
            rig.servers(1);
            assertThatThrownBy(() -> rig.text("/?user=-2"))
                    .isInstanceOfSatisfying(
                            NoEndpointIOException.class,
                            e -> assertThat(e.refusal().kind()).isEqualTo(Refusal.Kind.OWNER_DOWN))
                    .hasMessage("orders: the owner is down");
            assertThatThrownBy(() -> rig.text("/?user=-1"))
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessageContaining("the owner is down; waited ");
        }
    }
}

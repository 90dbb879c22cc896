package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.zerohop.EndpointSelector;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keyed calls under WAIT lose nothing while the source names no endpoint. */
@Timeout(120)
class WaitTest {
    private static final String WAIT =
            "{'policy': {'shard': {'strategy': 'modulo', 'shards': 3, 'ownerDown': 'WAIT'}}}";

    private static final CallOptions KEYED =
            CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(0));

    private static Future<String> call(ManagedChannel channel, long key) {
        return ClientCalls.futureUnaryCall(
                channel.newCall(
                        TestServer.ECHO,
                        CallOptions.DEFAULT
                                .withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key))
                                .withDeadlineAfter(100, TimeUnit.SECONDS)),
                "");
    }

    @Test
    void noCallIsLostFromThreeServersToNoneAndBack() throws Exception {
        try (Fleet fleet = Fleet.of("a-0", "a-1", "a-2")) {
            ManagedChannel channel = fleet.channel(WAIT);
            for (int key = 0; key < 3; key++) {
                assertThat(call(channel, key).get()).isEqualTo("a-" + key);
            }
            fleet.name();
            List<Future<String>> waiting = new ArrayList<>();
            for (int key = 0; key < 30; key++) {
                waiting.add(call(channel, key));
            }
            fleet.fail("the source is away");
            for (int key = 30; key < 60; key++) {
                waiting.add(call(channel, key));
            }
            fleet.name("a-0", "a-1", "a-2");
            for (int key = 0; key < 60; key++) {
                assertThat(waiting.get(key).get()).isEqualTo("a-" + key % 3);
            }
        }
    }

    @Test
    void withoutWaitTheCallsFailAtOnce() throws Exception {
        try (Fleet fleet = Fleet.of("a-0")) {
            ManagedChannel channel = fleet.channel("{'policy': {'shard': {'shards': 1}}}");
            assertThat(call(channel, 0).get()).isEqualTo("a-0");
            fleet.name();
            await().untilAsserted(
                            () -> assertThatThrownBy(() -> call(channel, 0).get())
                                    .hasCauseInstanceOf(StatusRuntimeException.class)
                                    .hasMessageContaining("no endpoint known"));
        }
    }

    // ---- a source that fails before it has ever answered ----

    private static final String WORDS = "403 from the source";

    /** The policy knows that the source cannot be read: nothing on its way can make a call wait any more. */
    private static void awaitError(ManagedChannel channel) {
        channel.getState(true);
        await().untilAsserted(
                        () -> assertThat(ZerohopGrpc.explain(channel, KEYED)).contains(WORDS));
    }

    private static Status failure(ManagedChannel channel) {
        return Status.fromThrowable(catchThrowable(() -> call(channel, 0).get()));
    }

    private static void assertAnswered(List<Future<String>> waiting) throws Exception {
        for (int key = 0; key < waiting.size(); key++) {
            assertThat(waiting.get(key).get()).isEqualTo("a-" + key % 3);
        }
    }

    private static Fleet failed() {
        Fleet fleet = new Fleet();
        for (int i = 0; i < 3; i++) {
            fleet.add("a-" + i);
        }
        fleet.fail(WORDS);
        return fleet;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void callsWaitForTheFirstAnswerOfASourceThatHasFailed(boolean bySource) throws Exception {
        try (Fleet fleet = failed()) {
            if (bySource) {
                fleet.configure(WAIT.replace('\'', '"'));
            }
            ManagedChannel channel = bySource ? fleet.built(fleet.builder()) : fleet.channel(WAIT);
            List<Future<String>> waiting = new ArrayList<>();
            waiting.add(call(channel, 0));
            awaitError(channel);
            waiting.add(call(channel, 1));
            channel.enterIdle();
            waiting.add(call(channel, 2));
            awaitError(channel);
            waiting.add(call(channel, 3));
            fleet.name("a-0", "a-1", "a-2");
            assertAnswered(waiting);
        }
    }

    @Test
    void theSourceMayConfigureWaitingWhileItNamesNoEndpoint() throws Exception {
        try (Fleet fleet = failed()) {
            ManagedChannel channel = fleet.built(fleet.builder());
            awaitError(channel);
            assertThat(failure(channel).getDescription()).contains(WORDS);
            fleet.configure(WAIT.replace('\'', '"'));
            await().untilAsserted(() ->
                    assertThat(ZerohopGrpc.explain(channel, KEYED)).contains("settings of the source\n"));
            List<Future<String>> waiting = List.of(call(channel, 0), call(channel, 1));
            fleet.name("a-0", "a-1", "a-2");
            assertAnswered(waiting);
        }
    }

    @Test
    void withoutWaitCallsFailWithTheSourcesWordsAndThoseThatWaitForReadyWait() throws Exception {
        try (Fleet fleet = failed()) {
            ManagedChannel channel =
                    fleet.channel("{'policy': {'shard': {'strategy': 'modulo', 'ownerDown': 'FAIL_FAST'}}}");
            Future<String> waiting = ClientCalls.futureUnaryCall(
                    channel.newCall(TestServer.ECHO, KEYED.withWaitForReady().withDeadlineAfter(100, TimeUnit.SECONDS)),
                    "");
            Status status = failure(channel);
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription())
                    .contains("no endpoint known", fleet.target() + " cannot be read: " + WORDS);
            assertThat(status.getCause()).hasMessage(WORDS);
            assertThat(channel.getState(false)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
            fleet.name("a-0", "a-1", "a-2");
            assertThat(waiting.get()).isEqualTo("a-0");
        }
    }

    /** It would take a result without addresses for an error of its own. */
    @Test
    void theSourcesWordsReachThePoliciesOfOthersToo() throws Exception {
        try (Fleet fleet = failed()) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of("pick_first", Map.of())))));
            assertThat(failure(channel).getDescription()).isEqualTo(fleet.target() + " cannot be read: " + WORDS);
            fleet.configure(WAIT.replace('\'', '"'));
            assertThat(failure(channel).getDescription()).isEqualTo(fleet.target() + " cannot be read: " + WORDS);
            fleet.name("a-0");
            await().untilAsserted(() -> assertThat(call(channel, 0).get()).isEqualTo("a-0"));
        }
    }
}

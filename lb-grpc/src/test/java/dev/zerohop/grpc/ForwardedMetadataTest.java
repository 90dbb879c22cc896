package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that copies the metadata of the call it answers into the calls it makes. */
@Timeout(300)
class ForwardedMetadataTest {
    private static final String NO_BUDGET = "{'retry': {'budgetPercent': 0, 'minPerSecond': 0}}";

    private static Metadata forwarded(int attempts) {
        Metadata headers = new Metadata();
        headers.put(Repetition.HEADER, Integer.toString(attempts));
        headers.put(ZerohopGrpc.NOT_OWNER, "of another service");
        headers.put(ZerohopGrpc.SHARD_EPOCH, "41");
        return headers;
    }

    private static Channel forwarding(Channel channel, int attempts) {
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(forwarded(attempts)));
    }

    /** Zerohop's interceptor is missing, or stands inside or outside of the one that forwards. */
    private static Channel channel(Fleet fleet, ManagedChannelBuilder<?> builder, String interceptor, int attempts) {
        return switch (interceptor) {
            case "NONE" -> forwarding(fleet.built(builder), attempts);
            case "INSIDE" -> forwarding(fleet.built(builder.intercept(ZerohopGrpc.interceptor())), attempts);
            default ->
                ClientInterceptors.intercept(forwarding(fleet.built(builder), attempts), ZerohopGrpc.interceptor());
        };
    }

    private static Metadata lastHeaders(TestServer server) {
        return new java.util.ArrayDeque<>(server.headers).getLast();
    }

    @ParameterizedTest
    @CsvSource({"NONE, 1", "INSIDE, 1", "OUTSIDE, 1", "NONE, 7", "INSIDE, 7", "OUTSIDE, 7"})
    void aFirstAttemptIsNoRepetition(String interceptor, int attempts) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            Channel channel = channel(
                    fleet,
                    fleet.builder()
                            .defaultServiceConfig(policy.serviceConfig(
                                    "{'retry': {'budgetPercent': 100, 'minPerSecond': 0}}",
                                    Json.retries(3, "['UNAVAILABLE']"))),
                    interceptor,
                    attempts);
            for (int i = 0; i < 20; i++) {
                TestServer.call(channel);
            }
            assertThat(IntStream.range(0, 30)
                            .filter(i ->
                                    policy.balancer().current().retryBudget().tryWithdraw())
                            .count())
                    .as("each call paid in")
                    .isEqualTo(20);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INSIDE", "OUTSIDE"})
    void withTheInterceptorServersSeeTheNumberOfThisCallOnly(String interceptor) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            Channel channel = channel(
                    fleet,
                    fleet.builder()
                            .defaultServiceConfig(policy.serviceConfig(
                                    "{'retry': {'budgetPercent': 100, 'minPerSecond': 1000}}",
                                    Json.retries(3, "['UNAVAILABLE']"))),
                    interceptor,
                    7);
            java.util.Set<String> seen = new java.util.HashSet<>();
            await().until(() -> seen.add(TestServer.call(channel)) && seen.size() == 2);
            fleet.server("a").fails = request -> Status.UNAVAILABLE.withDescription("no");
            for (int i = 0; i < 10; i++) {
                fleet.servers.values().forEach(server -> server.headers.clear());
                String request = "r" + i;
                assertThat(TestServer.call(channel, CallOptions.DEFAULT, request))
                        .isEqualTo("b");
                boolean repeated = fleet.server("a").log.contains(request);
                assertThat(Repetition.of(lastHeaders(fleet.server("b"))))
                        .isEqualTo(repeated ? new Repetition(1, 1) : new Repetition(0, 0));
            }
        }
    }

    /** Of a call that failed before, a new call without the interceptor shares what grpc shows of it unless it has a deadline or an executor of its own. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNewCallDoesNotTakeAnothersFailureForItsOwn(boolean deadline) throws Exception {
        try (Fleet fleet = Fleet.of("a")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(Json.serviceConfig(NO_BUDGET, Json.retries(3, "['UNAVAILABLE']"))));
            fleet.server("a").fails =
                    request -> request.equals("bad") ? Status.ABORTED.withDescription("of another") : Status.OK;
            CallOptions options =
                    deadline ? CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS) : CallOptions.DEFAULT;
            assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, TestServer.ECHO, options, "bad"))
                    .hasMessageContaining("of another");
            assertThat(ClientCalls.blockingUnaryCall(
                            forwarding(channel, 1),
                            TestServer.ECHO,
                            deadline
                                    ? CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS)
                                    : CallOptions.DEFAULT,
                            "good"))
                    .isEqualTo("a");
            // Nor does one that was forwarded itself take the failure of one that was, whatever is shared.
            assertThatThrownBy(() ->
                            ClientCalls.blockingUnaryCall(forwarding(channel, 1), TestServer.ECHO, options, "bad"))
                    .hasMessageContaining("of another");
            assertThat(ClientCalls.futureUnaryCall(
                                    forwarding(channel, 1).newCall(TestServer.ECHO, CallOptions.DEFAULT), "good")
                            .get())
                    .isEqualTo("a");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRepetitionOfACallThatForwardsIsRecognised(boolean intercepted) throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            var builder = fleet.builder()
                    .defaultServiceConfig(Json.serviceConfig(NO_BUDGET, Json.retries(3, "['UNAVAILABLE']")));
            Channel channel = channel(fleet, builder, intercepted ? "OUTSIDE" : "NONE", 1);
            fleet.servers.values().forEach(server -> server.fails = request -> Status.UNAVAILABLE);
            assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("budget is used up");
            assertThat(fleet.server("a").log.size() + fleet.server("b").log.size())
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "INSIDE", "OUTSIDE"})
    void whatIsForwardedOfAnotherServicesShardsNeverArrives(String interceptor) throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            String keyed = "{'policy': {'shard': {'strategy': 'modulo', 'shards': 2}}}";
            for (String configuration : List.of("{}", keyed)) {
                Channel channel = channel(
                        fleet,
                        fleet.builder().defaultServiceConfig(Json.serviceConfig(configuration, null)),
                        interceptor,
                        1);
                TestServer server = fleet.server(TestServer.call(
                        channel,
                        CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, dev.zerohop.EndpointSelector.of(0)),
                        "x"));
                Metadata seen = lastHeaders(server);
                assertThat(seen.get(ZerohopGrpc.NOT_OWNER)).isNull();
                assertThat(seen.get(ZerohopGrpc.SHARD_EPOCH)).isNull();
            }
        }
    }

    @Test
    void aHeaderThatIsNoNumberIsNoRepetition() {
        Metadata headers = new Metadata();
        headers.put(Repetition.HEADER, "many");
        assertThat(Repetition.of(headers).number()).isZero();
        assertThat(Repetition.of(headers).continues(Repetition.of(new Metadata())))
                .isFalse();
    }
}

package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import io.grpc.CallOptions;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The table "What is counted" of docs/grpc.md, row by row, on real sockets: what passes on the wire, the outcome, and whether grpc repeats the attempt. */
@Timeout(60)
class WireEventsTest {

    /** A channel whose one endpoint is {@code server}. */
    private static ManagedChannel channel(Fleet fleet, RawServer server, OutcomeLog outcomes) {
        fleet.push(
                List.of(Endpoint.builder("127.0.0.1", server.port()).id("raw").build()));
        return fleet.built(fleet.builder()
                .setNameResolverArg(ZerohopGrpc.LISTENER, outcomes)
                .maxInboundMessageSize(1000)
                .defaultServiceConfig(Json.serviceConfig("{}", null)));
    }

    private static Future<String> call(ManagedChannel channel) {
        return ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "x");
    }

    private static Status statusOf(Future<String> call) throws Exception {
        try {
            call.get(60, TimeUnit.SECONDS);
            return Status.OK;
        } catch (ExecutionException failed) {
            return ((StatusRuntimeException) failed.getCause()).getStatus();
        }
    }

    private static Arguments row(String event, RawServer.Script script, Status.Code status, Outcome outcome) {
        return Arguments.of(event, script, status, outcome);
    }

    /** A write that meets a connection which the server has closed ends the call as UNKNOWN in grpc-java, where it is UNAVAILABLE to all others. */
    private static void assertEnded(Status ended, Status.Code expected) {
        boolean overtaken = expected == Status.Code.UNAVAILABLE
                && ended.getCode() == Status.Code.UNKNOWN
                && "channel closed".equals(ended.getDescription());
        assertThat(overtaken ? expected : ended.getCode()).as(ended.toString()).isEqualTo(expected);
    }

    static Stream<Arguments> endsOfOneStream() {
        return Stream.of(
                row("an answer with OK", (on, stream) -> on.succeed(stream, "fine"), Status.Code.OK, Outcome.SUCCESS),
                row(
                        "an error in trailers after headers",
                        (on, stream) -> {
                            on.answer(stream);
                            on.trailers(stream, Status.Code.NOT_FOUND.value());
                        },
                        Status.Code.NOT_FOUND,
                        Outcome.ERROR_RESPONSE),
                row(
                        "an error in trailers alone",
                        (on, stream) -> on.trailersOnly(stream, Status.Code.UNAVAILABLE.value()),
                        Status.Code.UNAVAILABLE,
                        Outcome.ERROR_RESPONSE),
                row(
                        "DEADLINE_EXCEEDED in trailers: of a call that the server made",
                        (on, stream) -> on.trailersOnly(stream, Status.Code.DEADLINE_EXCEEDED.value()),
                        Status.Code.DEADLINE_EXCEEDED,
                        Outcome.ERROR_RESPONSE),
                row(
                        "CANCELLED in trailers",
                        (on, stream) -> on.trailersOnly(stream, Status.Code.CANCELLED.value()),
                        Status.Code.CANCELLED,
                        Outcome.ERROR_RESPONSE),
                row(
                        "RESOURCE_EXHAUSTED in trailers",
                        (on, stream) -> on.trailersOnly(stream, Status.Code.RESOURCE_EXHAUSTED.value()),
                        Status.Code.RESOURCE_EXHAUSTED,
                        Outcome.OVERLOADED),
                row(
                        "a message larger than this side takes, RESOURCE_EXHAUSTED too",
                        (on, stream) -> {
                            on.answer(stream);
                            on.message(stream, "x".repeat(1001));
                            on.trailers(stream, 0);
                        },
                        Status.Code.RESOURCE_EXHAUSTED,
                        Outcome.ERROR_RESPONSE),
                row(
                        "an answer of HTTP's that is none of gRPC's",
                        (on, stream) -> {
                            on.headers(stream, false, ":status", "503", "content-type", "text/html");
                            on.end(stream);
                        },
                        Status.Code.UNAVAILABLE,
                        Outcome.ERROR_RESPONSE),
                row(
                        "an answer that breaks off",
                        (on, stream) -> {
                            on.answer(stream);
                            on.end(stream);
                        },
                        Status.Code.INTERNAL,
                        Outcome.TRANSPORT_FAILURE),
                row(
                        "RST_STREAM with CANCEL",
                        (on, stream) -> on.reset(stream, RawServer.CANCEL),
                        Status.Code.CANCELLED,
                        Outcome.TRANSPORT_FAILURE),
                row(
                        "RST_STREAM with INTERNAL_ERROR",
                        (on, stream) -> on.reset(stream, RawServer.INTERNAL_ERROR),
                        Status.Code.INTERNAL,
                        Outcome.TRANSPORT_FAILURE),
                row(
                        "RST_STREAM with ENHANCE_YOUR_CALM, RESOURCE_EXHAUSTED too",
                        (on, stream) -> on.reset(stream, RawServer.ENHANCE_YOUR_CALM),
                        Status.Code.RESOURCE_EXHAUSTED,
                        Outcome.TRANSPORT_FAILURE),
                row(
                        "RST_STREAM with REFUSED_STREAM after an answer",
                        (on, stream) -> {
                            on.answer(stream);
                            on.reset(stream, RawServer.REFUSED_STREAM);
                        },
                        Status.Code.UNAVAILABLE,
                        Outcome.TRANSPORT_FAILURE),
                row(
                        "GOAWAY past the last stream, for an error",
                        (on, stream) -> on.goAway(0, RawServer.ENHANCE_YOUR_CALM),
                        Status.Code.RESOURCE_EXHAUSTED,
                        Outcome.TRANSPORT_FAILURE),
                row(
                        "GOAWAY that covers the stream, which ends well",
                        (on, stream) -> {
                            on.goAway(stream, RawServer.NO_ERROR);
                            on.succeed(stream, "fine");
                        },
                        Status.Code.OK,
                        Outcome.SUCCESS),
                row(
                        "GOAWAY that covers the stream, then the connection ends",
                        (on, stream) -> {
                            on.goAway(stream, RawServer.NO_ERROR);
                            on.finish();
                        },
                        Status.Code.UNAVAILABLE,
                        Outcome.TRANSPORT_FAILURE),
                row(
                        "the connection ends",
                        (on, stream) -> on.finish(),
                        Status.Code.UNAVAILABLE,
                        Outcome.TRANSPORT_FAILURE));
    }

    @ParameterizedTest(name = "{0}: {3}")
    @MethodSource("endsOfOneStream")
    void isCountedOnceAndNotRepeated(String event, RawServer.Script script, Status.Code status, Outcome outcome)
            throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        AtomicBoolean happened = new AtomicBoolean();
        RawServer.Script once = (on, stream) -> {
            if (happened.compareAndSet(false, true)) {
                script.on(on, stream);
            } else {
                on.succeed(stream, "repeated");
            }
        };
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer(once)) {
            assertEnded(statusOf(call(channel(fleet, server, outcomes))), status);
            await().until(() -> outcomes.begun() > 0 && outcomes.underWay() == 0);
            assertThat(outcomes.outcomes()).containsExactly(outcome);
        }
    }

    static Stream<Arguments> whatIsNotDispatched() {
        RawServer.Script refused = (on, stream) -> on.reset(stream, RawServer.REFUSED_STREAM);
        RawServer.Script past = (on, stream) -> on.goAway(0, RawServer.NO_ERROR);
        return Stream.of(
                Arguments.of("RST_STREAM with REFUSED_STREAM", refused),
                Arguments.of("GOAWAY past the last stream", past));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("whatIsNotDispatched")
    void isRepeatedByGrpcItself(String event, RawServer.Script script) throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        AtomicBoolean happened = new AtomicBoolean();
        RawServer.Script once = (on, stream) -> {
            if (happened.compareAndSet(false, true)) {
                script.on(on, stream);
            } else {
                on.succeed(stream, "repeated");
            }
        };
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer(once)) {
            assertThat(call(channel(fleet, server, outcomes)).get(60, TimeUnit.SECONDS))
                    .isEqualTo("repeated");
            await().until(() -> outcomes.begun() > 1 && outcomes.underWay() == 0);
            assertThat(outcomes.outcomes()).containsExactly(Outcome.NOT_DISPATCHED, Outcome.SUCCESS);
        }
    }

    @Test
    void connectionsThatAreReplacedByGoAwayEjectNoEndpoint() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> {
                    // Each connection takes one stream, refuses the next with a GOAWAY past the last.
                    if (on.streams.size() == 1) {
                        on.succeed(stream, "fine");
                    } else {
                        on.goAway(on.streams.get(0), RawServer.NO_ERROR);
                    }
                })) {
            ManagedChannel channel = channel(fleet, server, outcomes);
            for (int i = 0; i < 12; i++) {
                assertThat(call(channel).get(60, TimeUnit.SECONDS)).isEqualTo("fine");
            }
            await().until(() -> outcomes.underWay() == 0);
            assertThat(outcomes.outcomes())
                    .containsOnly(Outcome.NOT_DISPATCHED, Outcome.SUCCESS)
                    .filteredOn(outcome -> outcome == Outcome.NOT_DISPATCHED)
                    .hasSizeGreaterThan(5);
        }
    }

    private enum Loss {
        CLOSED,
        RESET_ONE_BY_ONE,
        GOAWAY_AND_CLOSED
    }

    static Stream<Arguments> losses() {
        RawServer.Script closed = (on, stream) -> on.finish();
        RawServer.Script resets = (on, stream) -> {
            // As a server that is stopped hard.
            for (int each : on.streams) {
                on.reset(each, RawServer.CANCEL);
            }
            on.finish();
        };
        RawServer.Script goAway = (on, stream) -> {
            on.goAway(on.streams.get(3), RawServer.INTERNAL_ERROR);
            on.finish();
        };
        return Stream.of(
                Arguments.of(Loss.CLOSED, closed),
                Arguments.of(Loss.RESET_ONE_BY_ONE, resets),
                Arguments.of(Loss.GOAWAY_AND_CLOSED, goAway));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void aLostConnectionIsOneFailureHoweverManyStreamsItCarried(Loss loss, RawServer.Script script) throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> {
                    if (on.streams.size() == 8) {
                        script.on(on, stream);
                    }
                })) {
            ManagedChannel channel = channel(fleet, server, outcomes);
            for (int connection = 1; connection <= 2; connection++) {
                List<Future<String>> calls = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    calls.add(call(channel));
                }
                for (Future<String> call : calls) {
                    assertThat(statusOf(call).isOk()).isFalse();
                }
                await().until(() -> outcomes.begun() > 0 && outcomes.underWay() == 0);
                List<Outcome> ends = outcomes.outcomes();
                assertThat(ends).hasSize(8 * connection);
                assertThat(ends)
                        .filteredOn(outcome -> outcome == Outcome.TRANSPORT_FAILURE)
                        .as("one per connection")
                        .hasSize(connection);
                assertThat(ends).containsOnly(Outcome.TRANSPORT_FAILURE, Outcome.CONNECTION_LOST);
            }
        }
    }

    @Test
    void resetsOfSingleStreamsAreFailuresEach() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> {
                    if (on.streams.size() == 4) {
                        for (int each : on.streams) {
                            on.reset(each, RawServer.INTERNAL_ERROR);
                        }
                    }
                })) {
            ManagedChannel channel = channel(fleet, server, outcomes);
            List<Future<String>> calls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                calls.add(call(channel));
            }
            for (Future<String> call : calls) {
                assertThat(statusOf(call).getCode()).isEqualTo(Status.Code.INTERNAL);
            }
            await().until(() -> outcomes.underWay() == 0);
            assertThat(outcomes.outcomes())
                    .containsExactly(
                            Outcome.TRANSPORT_FAILURE,
                            Outcome.TRANSPORT_FAILURE,
                            Outcome.TRANSPORT_FAILURE,
                            Outcome.TRANSPORT_FAILURE);
        }
    }

    @Test
    void whatTheCallerEndsCountsAgainstNoEndpoint() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> {})) {
            ManagedChannel channel = channel(fleet, server, outcomes);
            Future<String> cancelled = call(channel);
            await().until(() -> outcomes.underWay() == 1);
            cancelled.cancel(true);
            await().until(() -> outcomes.underWay() == 0);
            Future<String> shut = call(channel);
            await().until(() -> outcomes.underWay() == 1);
            channel.shutdownNow();
            assertThat(statusOf(shut).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            await().until(() -> outcomes.underWay() == 0);
            assertThat(outcomes.outcomes()).containsExactly(Outcome.CANCELLED, Outcome.CANCELLED);
        }
    }

    @Test
    void aDeadlineThatPassesWithoutAnAnswerIsATimeout() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        AtomicInteger arrived = new AtomicInteger();
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> arrived.incrementAndGet())) {
            ManagedChannel channel = channel(fleet, server, outcomes);
            // A busy machine may not send within the deadline, which is another row: then once more with a later one.
            for (long millis = 500; arrived.get() == 0; millis *= 2) {
                await().until(() -> outcomes.underWay() == 0);
                outcomes.clear();
                Future<String> late = ClientCalls.futureUnaryCall(
                        channel.newCall(
                                TestServer.ECHO, CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS)),
                        "x");
                assertThat(statusOf(late).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            }
            await().until(() -> outcomes.begun() > 0 && outcomes.underWay() == 0);
            assertThat(outcomes.outcomes()).containsExactly(Outcome.TIMEOUT);
        }
    }

    /** It says RESOURCE_EXHAUSTED, as one that is overloaded does. */
    @Test
    void aMessageThatIsTooLargeForTheServerIsAnErrorOfTheCall() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet();
                TestServer server = new TestServer(
                        "a", 0, InsecureServerCredentials.create(), builder -> builder.maxInboundMessageSize(10))) {
            fleet.push(
                    List.of(Endpoint.builder("127.0.0.1", server.port()).id("a").build()));
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, outcomes)
                    .defaultServiceConfig(Json.serviceConfig("{}", null)));
            assertThat(statusOf(ClientCalls.futureUnaryCall(
                                    channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "x".repeat(11)))
                            .getCode())
                    .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            await().until(() -> outcomes.begun() > 0 && outcomes.underWay() == 0);
            assertThat(outcomes.outcomes()).containsExactly(Outcome.ERROR_RESPONSE);
        }
    }

    @Test
    void aStreamThatWaitsOnThisSideWhenItsConnectionGoesAwayIsNotDispatchedAndRepeated() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        List<RawServer.Connection> first = new CopyOnWriteArrayList<>();
        // One stream at a time: the second one waits for the end of the first, which never comes.
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer(
                        (on, stream) -> {
                            if (first.isEmpty()) {
                                first.add(on);
                            } else {
                                on.succeed(stream, "repeated");
                            }
                        },
                        1)) {
            ManagedChannel channel = channel(fleet, server, outcomes);
            Future<String> open = call(channel);
            await().until(() -> first.size() == 1);
            Future<String> waiting = call(channel);
            await().until(() -> outcomes.begun() == 2);
            first.get(0).finish();
            assertEnded(statusOf(open), Status.Code.UNAVAILABLE);
            assertThat(waiting.get(60, TimeUnit.SECONDS)).isEqualTo("repeated");
            await().until(() -> outcomes.begun() == 3 && outcomes.underWay() == 0);
            assertThat(outcomes.outcomes())
                    .containsExactlyInAnyOrder(Outcome.TRANSPORT_FAILURE, Outcome.NOT_DISPATCHED, Outcome.SUCCESS);
        }
    }
}

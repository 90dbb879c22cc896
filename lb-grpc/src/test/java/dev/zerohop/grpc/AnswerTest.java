package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Time;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An attempt has answered when its first headers are there, and ends with its stream, which may be hours later. */
@Timeout(120)
class AnswerTest {

    private static Endpoint endpoint(String id, RawServer server) {
        return Endpoint.builder("127.0.0.1", server.port()).id(id).build();
    }

    /** Opens a stream and waits for its first headers. */
    private static ClientCall<String, String> open(ManagedChannel channel) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        ClientCall<String, String> call = channel.newCall(TestServer.BOTH, CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onHeaders(Metadata headers) {
                        begun.countDown();
                    }

                    @Override
                    public void onClose(io.grpc.Status status, Metadata trailers) {
                        begun.countDown();
                    }
                },
                new Metadata());
        assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
        return call;
    }

    private static Node node(RecordingPolicy policy, String id) {
        return policy.balancer().current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theFirstHeadersOfAStreamBringAnEndpointBack() throws Exception {
        RawServer.Script sick = (on, stream) -> on.reset(stream, RawServer.INTERNAL_ERROR);
        RawServer.Script streaming = (on, stream) -> on.answer(stream);
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = new Fleet();
                RawServer a = new RawServer(sick);
                RawServer b = new RawServer(streaming)) {
            fleet.push(List.of(endpoint("a", a), endpoint("b", b)));
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'policy': 'round_robin', 'health': {'ejection': {'baseTime': '1s', 'jitter': '0s'}}}",
                            null)));
            await().until(() -> {
                open(channel);
                return node(policy, "a").health().status() == Health.Status.EJECTED;
            });
            a.script(streaming);
            await().until(() -> node(policy, "a").health().status() == Health.Status.HALF_OPEN);
            // The probe is a stream that stays open. Its headers decide.
            List<ClientCall<String, String>> streams = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                streams.add(open(channel));
            }
            await().until(() -> node(policy, "a").health().status() == Health.Status.HEALTHY);
            int before = node(policy, "a").inFlight();
            for (int i = 0; i < 20; i++) {
                streams.add(open(channel));
            }
            assertThat(node(policy, "a").inFlight() - before)
                    .as("its share of the streams that begin while the probe is open")
                    .isEqualTo(10);
            assertThat(before).as("the probe is under way to its end").isPositive();
            streams.forEach(stream -> stream.cancel("done", null));
            await().untilAsserted(() -> assertThat(node(policy, "a").inFlight()).isZero());
        }
    }

    /** The channel's time, which a test can move on. */
    private static final class ShiftedTime implements Time {
        private final ChannelTime delegate;
        private final AtomicLong shift = new AtomicLong();

        ShiftedTime(ChannelTime delegate) {
            this.delegate = delegate;
        }

        @Override
        public long nanoTime() {
            return delegate.nanoTime() + shift.get();
        }

        @Override
        public Instant now() {
            return delegate.now();
        }

        @Override
        public Cancellable schedule(long delayNanos, Runnable task) {
            return delegate.schedule(delayNanos, task);
        }
    }

    @Test
    void theDurationOfAStreamIsNoLatency() throws Exception {
        List<RawServer.Connection> on = new ArrayList<>();
        List<Integer> stream = new ArrayList<>();
        RawServer.Script streaming = (connection, id) -> {
            on.add(connection);
            stream.add(id);
            connection.answer(id);
        };
        List<ShiftedTime> times = new ArrayList<>();
        try (RecordingPolicy policy = new RecordingPolicy(channelTime -> {
                    ShiftedTime time = new ShiftedTime(channelTime);
                    times.add(time);
                    return time;
                });
                Fleet fleet = new Fleet();
                RawServer server = new RawServer(streaming)) {
            fleet.push(List.of(endpoint("a", server)));
            ManagedChannel channel = fleet.built(
                    fleet.builder().defaultServiceConfig(policy.serviceConfig("{'policy': 'peak_ewma'}", null)));
            open(channel);
            Node node = node(policy, "a");
            assertThat(node.inFlight()).isEqualTo(1);
            times.get(0).shift.addAndGet(Duration.ofSeconds(90).toNanos());
            assertThat(node.inFlight()).as("under way to its end").isEqualTo(1);
            end(on.get(0), stream.get(0));
            await().untilAsserted(() -> assertThat(node.inFlight()).isZero());
            assertThat(node.load(times.get(0).nanoTime()))
                    .as("far from 90 seconds, in nanoseconds")
                    .isLessThan(Duration.ofSeconds(45).toNanos());
        }
    }

    @Test
    void aStreamWhoseMessagesMoveIsNotTakenForLeaked() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, outcomes)
                    .defaultServiceConfig(policy.serviceConfig("{'leases': {'ageLimit': '4s'}}", null)));
            BlockingQueue<String> answers = new LinkedBlockingQueue<>();
            StreamObserver<String> talking = stream(channel, answers);
            StreamObserver<String> silent = stream(channel, answers);
            silent.onNext("one word");
            answers.take();
            await().until(() -> {
                talking.onNext("again");
                answers.take();
                return outcomes.leaks() > 0;
            });
            assertThat(outcomes.leaks()).as("the silent one").isEqualTo(1);
            assertThat(policy.inFlight()).as("the talking one").isEqualTo(1);
            talking.onCompleted();
            silent.onCompleted();
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }

    private static StreamObserver<String> stream(ManagedChannel channel, BlockingQueue<String> answers) {
        return ClientCalls.asyncBidiStreamingCall(
                channel.newCall(TestServer.BOTH, CallOptions.DEFAULT), new StreamObserver<>() {
                    @Override
                    public void onNext(String value) {
                        answers.add(value);
                    }

                    @Override
                    public void onError(Throwable failed) {}

                    @Override
                    public void onCompleted() {}
                });
    }

    private static void end(RawServer.Connection on, int stream) throws IOException {
        on.trailers(stream, 0);
    }
}

package dev.zerohop.sharding;

import static dev.zerohop.sharding.FakeOwnership.all;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.sharding.SliceGuard.Misdirected;
import dev.zerohop.testing.FakeTime;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guarded gRPC server on a real socket. */
@Timeout(300)
class SliceGuardInterceptorTest {
    private static final Metadata.Key<String> CUSTOMER = key("x-customer");
    private static final Metadata.Key<String> EPOCH = key("zerohop-shard-epoch");
    private static final Metadata.Key<String> NOT_OWNER = key("zerohop-not-owner");
    private static final Metadata.Key<String> OWNER = key("zerohop-owner");
    private static final KeySource HEADER = new KeySource(KeySource.Place.HEADER, "x-customer", false);

    private static final MethodDescriptor<String, String> UNARY = method(MethodDescriptor.MethodType.UNARY, "Unary");
    private static final MethodDescriptor<String, String> STREAM =
            method(MethodDescriptor.MethodType.BIDI_STREAMING, "Stream");

    private final FakeTime time = new FakeTime();
    private final FakeOwnership member = new FakeOwnership("b");
    private final SliceGuard guard = SliceGuard.builder(member)
            .misdirected(Misdirected.REJECT)
            .time(time)
            .build();
    private final BlockingQueue<String> handled = new LinkedBlockingQueue<>();
    private Server server;
    private ManagedChannel channel;

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private static MethodDescriptor<String, String> method(MethodDescriptor.MethodType type, String name) {
        return MethodDescriptor.<String, String>newBuilder()
                .setType(type)
                .setFullMethodName("test.Keys/" + name)
                .setRequestMarshaller(new Text())
                .setResponseMarshaller(new Text())
                .build();
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    private void start(ServerInterceptor interceptor, boolean judging) throws IOException {
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .intercept(interceptor)
                .addService(ServerServiceDefinition.builder("test.Keys")
                        .addMethod(UNARY, ServerCalls.asyncUnaryCall((request, answer) -> {
                            if (judging) {
                                StatusRuntimeException rejected = SliceGuardInterceptor.judge(
                                                EndpointSelector.of(request))
                                        .join();
                                if (rejected != null) {
                                    answer.onError(rejected);
                                    return;
                                }
                            }
                            handled.add(request);
                            if (request.equals("throw")) {
                                throw new IllegalStateException("the handler's fault");
                            }
                            answer.onNext("served " + request);
                            answer.onCompleted();
                        }))
                        .addMethod(STREAM, ServerCalls.asyncBidiStreamingCall(answer -> {
                            handled.add("begun");
                            return new StreamObserver<String>() {
                                @Override
                                public void onNext(String request) {
                                    handled.add(request);
                                    answer.onNext("served " + request);
                                }

                                @Override
                                public void onError(Throwable failed) {
                                    handled.add("cancelled");
                                }

                                @Override
                                public void onCompleted() {
                                    handled.add("done");
                                    answer.onCompleted();
                                }
                            };
                        }))
                        .build())
                .build()
                .start();
        channel = Grpc.newChannelBuilder("localhost:" + server.getPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void stop() throws Exception {
        if (server != null) {
            channel.shutdownNow();
            server.shutdownNow();
            assertThat(server.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private Channel with(String epoch, boolean notOwner, String customer) {
        Metadata headers = new Metadata();
        if (epoch != null) {
            headers.put(EPOCH, epoch);
        }
        if (notOwner) {
            headers.put(NOT_OWNER, "1");
        }
        if (customer != null) {
            headers.put(CUSTOMER, customer);
        }
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static String call(Channel on, String request) {
        return ClientCalls.blockingUnaryCall(on, UNARY, CallOptions.DEFAULT, request);
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aMisdirectedCallIsAnsweredWithGenerationAndOwnerAndNotRun(boolean byHandler) throws Exception {
        start(
                byHandler ? SliceGuardInterceptor.byHandler(guard) : SliceGuardInterceptor.byHeader(guard, HEADER),
                byHandler);
        member.know(all(7, "a"));
        assertThatThrownBy(() -> call(with("6", false, "c1"), "c1"))
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(rejected -> {
                    assertThat(rejected.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    assertThat(rejected.getStatus().getDescription())
                            .isEqualTo("generation was 6: by generation 7 the key belongs to a, this member is b");
                    assertThat(rejected.getTrailers().get(EPOCH)).isEqualTo("7");
                    assertThat(rejected.getTrailers().get(OWNER)).isEqualTo("a");
                });
        assertThat(handled).isEmpty();
        assertThat(call(with("6", true, "c1"), "c1")).isEqualTo("served c1");
        assertThat(call(with(null, false, "c1"), "c1")).isEqualTo("served c1");
        member.know(all(8, "b"));
        assertThat(call(with("8", false, "c1"), "c1")).isEqualTo("served c1");
        assertThat(guard.counts()).isEqualTo(new SliceGuard.Counts(4, 2, 1, 1, 0));
        assertThat(member.recorded)
                .extracting(EndpointSelector::text)
                .containsOnly("c1")
                .hasSize(4);
    }

    @Test
    void aKeyThatCannotBeUsedIsTheCallersFault() throws Exception {
        start(SliceGuardInterceptor.byHeader(guard, HEADER), false);
        Metadata twice = new Metadata();
        twice.put(CUSTOMER, "one");
        twice.put(CUSTOMER, "two");
        Channel bad = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(twice));
        assertThatThrownBy(() -> call(bad, "x"))
                .hasMessage("INVALID_ARGUMENT: this server: the key (header 'x-customer') was given more than once, as"
                        + " 'one' and as 'two', expected one value");
        assertThat(call(with("7", false, null), "x")).isEqualTo("served x");
    }

    @Test
    void aCallFromALaterGenerationIsHeldAndThenRunsWithAllThatCameMeanwhile() throws Exception {
        start(SliceGuardInterceptor.byHeader(guard, HEADER), false);
        member.know(all(7, "a"));
        Future<String> unary =
                ClientCalls.futureUnaryCall(with("8", false, "c1").newCall(UNARY, CallOptions.DEFAULT), "c1");
        await(() -> guard.counts().waited() == 1);
        assertThat(unary.isDone()).isFalse();
        assertThat(handled).isEmpty();
        member.know(all(8, "b"));
        assertThat(unary.get(60, TimeUnit.SECONDS)).isEqualTo("served c1");

        member.know(all(9, "a"));
        handled.clear();
        Recorder answers = new Recorder();
        StreamObserver<String> requests = ClientCalls.asyncBidiStreamingCall(
                with("10", false, "c1").newCall(STREAM, CallOptions.DEFAULT), answers);
        requests.onNext("1");
        requests.onNext("2");
        requests.onCompleted();
        await(() -> guard.counts().waited() == 2);
        assertThat(handled).isEmpty();
        member.know(all(10, "b"));
        await(() -> !answers.ended.isEmpty());
        assertThat(answers.ended).containsExactly("OK");
        assertThat(answers.answers).containsExactly("served 1", "served 2");
        assertThat(handled).containsExactly("begun", "1", "2", "done");
    }

    private static final class Recorder implements StreamObserver<String> {
        final Queue<String> answers = new ConcurrentLinkedQueue<>();
        final Queue<String> ended = new ConcurrentLinkedQueue<>();

        @Override
        public void onNext(String answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable failed) {
            ended.add(Status.fromThrowable(failed).getCode().name());
        }

        @Override
        public void onCompleted() {
            ended.add("OK");
        }
    }

    @Test
    void aCallThatIsCancelledWhileItIsHeldEndsAsCancelledForItsHandlerToo() throws Exception {
        start(SliceGuardInterceptor.byHeader(guard, HEADER), false);
        member.know(all(7, "a"));
        ClientCall<String, String> call = with("8", false, "c1").newCall(STREAM, CallOptions.DEFAULT);
        StreamObserver<String> requests = ClientCalls.asyncBidiStreamingCall(call, new Recorder());
        requests.onNext("1");
        await(() -> guard.counts().waited() == 1);
        call.cancel("no longer wanted", null);
        member.know(all(8, "b"));
        await(() -> handled.contains("cancelled"));
        assertThat(handled).startsWith("begun");
    }

    @Test
    void aHandlerThatThrowsAfterTheWaitEndsTheCall() throws Exception {
        start(SliceGuardInterceptor.byHeader(guard, HEADER), false);
        member.know(all(7, "a"));
        Future<String> unary =
                ClientCalls.futureUnaryCall(with("8", false, "c1").newCall(UNARY, CallOptions.DEFAULT), "throw");
        await(() -> guard.counts().waited() == 1);
        member.know(all(8, "b"));
        assertThatThrownBy(() -> unary.get(60, TimeUnit.SECONDS)).hasMessageContaining("UNKNOWN");
    }

    @Test
    void aHeldCallIsRejectedByTheGenerationItWaitedForAndRunsWhenThatDoesNotCome() throws Exception {
        start(SliceGuardInterceptor.byHeader(guard, HEADER), false);
        member.know(all(7, "a"));
        Future<String> unary =
                ClientCalls.futureUnaryCall(with("8", false, "c1").newCall(UNARY, CallOptions.DEFAULT), "c1");
        await(() -> guard.counts().waited() == 1);
        member.know(all(8, "c"));
        assertThatThrownBy(() -> unary.get(60, TimeUnit.SECONDS))
                .hasMessageContaining("by generation 8 the key belongs to c");
        Future<String> late =
                ClientCalls.futureUnaryCall(with("9", false, "c1").newCall(UNARY, CallOptions.DEFAULT), "c1");
        await(() -> guard.counts().waited() == 2 && time.pendingTasks() == 1);
        time.advance(SliceGuard.MAX_WAIT);
        assertThat(late.get(60, TimeUnit.SECONDS)).isEqualTo("served c1");
    }

    @Test
    void namesThatCarryNoTextAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        SliceGuardInterceptor.byHeader(guard, new KeySource(KeySource.Place.QUERY, "customer", false)))
                .withMessage("key source was query parameter 'customer', expected a header");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SliceGuardInterceptor.byHeader(
                        guard, new KeySource(KeySource.Place.HEADER, "customer-bin", false)));
        assertThatIllegalStateException()
                .isThrownBy(() -> SliceGuardInterceptor.judge(EndpointSelector.of("k")))
                .withMessageContaining("expected one that came through SliceGuardInterceptor.byHandler");
    }
}

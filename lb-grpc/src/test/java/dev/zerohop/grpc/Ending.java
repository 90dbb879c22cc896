package dev.zerohop.grpc;

import dev.zerohop.EndpointSelector;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The ways in which a call ends. Each of them may also fail in any other way, since endpoints come and go meanwhile. */
enum Ending {
    SUCCESS((fleet, random) -> TestServer.call(fleet.channel)),
    SUCCESS_WITHOUT_INTERCEPTOR((fleet, random) -> TestServer.call(fleet.withoutInterceptor)),
    ERROR((fleet, random) -> unary(fleet.channel, "error")),
    OVERLOADED((fleet, random) -> unary(fleet.channel, "busy")),
    RETRIED((fleet, random) -> unary(fleet.channel, "shaky")),
    RETRIED_WITHOUT_INTERCEPTOR((fleet, random) -> unary(fleet.withoutInterceptor, "shaky")),
    RETRIED_IN_VAIN((fleet, random) -> unary(fleet.channel, "down")),
    CANCELLED_BETWEEN_RETRIES((fleet, random) -> {
        Call call = new Call(fleet.channel, TestServer.ECHO, CallOptions.DEFAULT);
        call.send("down");
        pause(random);
        call.cancel();
    }),
    HEDGED((fleet, random) -> TestServer.call(fleet.hedging)),
    HEDGED_AND_FAILED((fleet, random) -> unary(fleet.hedging, "shaky")),
    HEDGED_AND_CANCELLED((fleet, random) -> {
        Call call = new Call(fleet.hedging, SoakFleet.HOLD, CallOptions.DEFAULT);
        call.send("x");
        pause(random);
        call.cancel();
    }),
    HEDGED_TO_THE_DEADLINE((fleet, random) ->
            ClientCalls.blockingUnaryCall(fleet.hedging, SoakFleet.HOLD, deadline(CallOptions.DEFAULT, random), "x")),

    CLIENT_STREAM((fleet, random) -> {
        Call call = new Call(fleet.channel, TestServer.UP, CallOptions.DEFAULT);
        call.stream().onNext("1");
        call.stream().onNext("2");
        call.stream().onCompleted();
        call.await();
    }),
    SERVER_STREAM((fleet, random) -> {
        Iterator<String> answers =
                ClientCalls.blockingServerStreamingCall(fleet.channel, TestServer.DOWN, CallOptions.DEFAULT, "x");
        answers.forEachRemaining(answer -> {});
    }),
    BOTH_STREAMS((fleet, random) -> {
        Call call = new Call(fleet.channel, TestServer.BOTH, CallOptions.DEFAULT);
        for (int i = 0; i < 20; i++) {
            call.stream().onNext("x");
        }
        call.stream().onCompleted();
        call.await();
    }),
    CLIENT_STREAM_CANCELLED((fleet, random) -> {
        Call call = new Call(fleet.channel, TestServer.UP, CallOptions.DEFAULT);
        call.stream().onNext("half");
        call.cancel();
    }),
    CLIENT_STREAM_BROKEN((fleet, random) -> {
        Call call = new Call(fleet.channel, TestServer.UP, CallOptions.DEFAULT);
        call.stream().onNext("half");
        call.stream().onError(new IllegalStateException("the sender is broken"));
        call.await();
    }),
    SERVER_STREAM_CANCELLED((fleet, random) -> {
        Context.CancellableContext context = Context.ROOT.withCancellation();
        try {
            Iterator<String> answers = context.call(() ->
                    ClientCalls.blockingServerStreamingCall(fleet.channel, SoakFleet.OPEN, CallOptions.DEFAULT, "x"));
            answers.next();
        } finally {
            context.cancel(null);
        }
    }),
    BOTH_STREAMS_CANCELLED((fleet, random) -> {
        Call call = new Call(fleet.channel, TestServer.BOTH, CallOptions.DEFAULT);
        call.stream().onNext("x");
        pause(random);
        call.cancel();
    }),

    CANCELLED_AT_ONCE((fleet, random) -> {
        Call call = new Call(fleet.channel, SoakFleet.HOLD, CallOptions.DEFAULT);
        call.send("x");
        call.cancel();
    }),
    CANCELLED_UNSENT((fleet, random) -> {
        Call call = new Call(fleet.channel, TestServer.UP, CallOptions.DEFAULT);
        call.stream();
        call.cancel();
    }),
    CALL_DEADLINE((fleet, random) ->
            ClientCalls.blockingUnaryCall(fleet.channel, SoakFleet.HOLD, deadline(CallOptions.DEFAULT, random), "x")),
    CONTEXT_DEADLINE((fleet, random) -> Context.ROOT
            .withDeadlineAfter(1 + random.nextInt(30), TimeUnit.MILLISECONDS, Timers.TIMERS)
            .call(() -> ClientCalls.blockingUnaryCall(fleet.channel, SoakFleet.HOLD, CallOptions.DEFAULT, "x"))),
    INTERRUPTED((fleet, random) -> {
        Thread caller = Thread.currentThread();
        Timers.TIMERS.schedule(caller::interrupt, random.nextInt(20), TimeUnit.MILLISECONDS);
        try {
            ClientCalls.blockingUnaryCall(fleet.channel, SoakFleet.HOLD, CallOptions.DEFAULT, "x");
        } finally {
            // The interrupt may come only now, and is this way's own.
            Timers.TIMERS.submit(() -> {}).get();
        }
    }),

    AWAITED_IN_VAIN_AND_CANCELLED((fleet, random) -> {
        Call call = new Call(fleet.sharded, TestServer.ECHO, key(2));
        call.send("x");
        pause(random);
        call.cancel();
    }),
    AWAITED_TO_THE_DEADLINE((fleet, random) ->
            ClientCalls.blockingUnaryCall(fleet.sharded, TestServer.ECHO, deadline(key(2), random), "x")),
    AWAITED_AND_CANCELLED_AS_IT_COMES((fleet, random) -> {
        Call call = new Call(fleet.sharded, SoakFleet.HOLD, key(random.nextInt(2)));
        call.send("x");
        pause(random);
        call.cancel();
    }),
    WAITING_FOR_READY((fleet, random) -> TestServer.call(fleet.channel, CallOptions.DEFAULT.withWaitForReady(), "x")),

    CREDENTIALS_FAILED((fleet, random) -> ClientCalls.blockingUnaryCall(
            fleet.channel, TestServer.ECHO, CallOptions.DEFAULT.withCallCredentials(new NoCredentials()), "x")),
    ANSWER_TOO_LARGE((fleet, random) -> ClientCalls.blockingUnaryCall(
            fleet.channel, TestServer.ECHO, CallOptions.DEFAULT.withMaxInboundMessageSize(1), "x")),
    /** With a deadline: what a marshaller throws while grpc-java repeats the attempt is only logged there, and the call does not end by itself. */
    REQUEST_UNREADABLE((fleet, random) -> ClientCalls.blockingUnaryCall(
            fleet.channel, Broken.METHOD, CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.SECONDS), "x")),
    LISTENER_THROWS((fleet, random) -> {
        CountDownLatch ended = new CountDownLatch(1);
        ClientCall<String, String> call = fleet.channel.newCall(SoakFleet.OPEN, CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(String message) {
                        throw new IllegalStateException("the listener is broken");
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        ended.countDown();
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage("x");
        call.halfClose();
        awaitEnd(ended);
    }),
    FORGOTTEN((fleet, random) -> {
        if (random.nextInt(3) == 0) {
            CountDownLatch begun = new CountDownLatch(1);
            ClientCalls.asyncServerStreamingCall(
                    fleet.channel.newCall(SoakFleet.OPEN, CallOptions.DEFAULT), "x", new Forgotten(begun, fleet));
            awaitEnd(begun);
        }
    }),

    CHANNEL_SHUT_DOWN((fleet, random) -> {
        ManagedChannel own = fleet.open();
        Call call = new Call(own, SoakFleet.HOLD, CallOptions.DEFAULT);
        call.send("x");
        pause(random);
        own.shutdown();
        call.cancel();
        own.awaitTermination(60, TimeUnit.SECONDS);
    }),
    CHANNEL_SHUT_DOWN_NOW((fleet, random) -> {
        ManagedChannel own = fleet.open();
        Call held = new Call(own, SoakFleet.HOLD, CallOptions.DEFAULT);
        held.send("x");
        Call streaming = new Call(own, TestServer.BOTH, CallOptions.DEFAULT);
        streaming.stream().onNext("x");
        pause(random);
        own.shutdownNow();
        held.await();
        streaming.await();
        own.awaitTermination(60, TimeUnit.SECONDS);
    }),
    CHANNEL_SHUT_DOWN_BEFORE_IT_IS_CONNECTED((fleet, random) -> {
        ManagedChannel own = fleet.open();
        Call call = new Call(own, TestServer.ECHO, CallOptions.DEFAULT);
        call.send("x");
        own.shutdownNow();
        call.await();
        own.awaitTermination(60, TimeUnit.SECONDS);
    });

    private final Way way;

    Ending(Way way) {
        this.way = way;
    }

    private interface Way {
        void run(SoakFleet fleet, Random random) throws Exception;
    }

    void run(SoakFleet fleet, Random random) throws Exception {
        way.run(fleet, random);
    }

    /** Of contexts and interrupts; not of a channel, which may run them on the thread that picks. */
    private static final class Timers {
        static final ScheduledExecutorService TIMERS = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "soak timers");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static void unary(Channel channel, String request) {
        TestServer.call(channel, CallOptions.DEFAULT, request);
    }

    private static CallOptions key(long key) {
        return CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key));
    }

    private static CallOptions deadline(CallOptions options, Random random) {
        return options.withDeadlineAfter(1 + random.nextInt(30), TimeUnit.MILLISECONDS);
    }

    /** Leaves the call to itself for a moment, so that what follows meets it at every stage: buffered, picked, sent, under way. */
    private static void pause(Random random) throws Exception {
        if (random.nextBoolean()) {
            Timers.TIMERS
                    .schedule(() -> {}, random.nextInt(20_000), TimeUnit.MICROSECONDS)
                    .get();
        }
    }

    private static void awaitEnd(CountDownLatch ended) throws InterruptedException {
        if (!ended.await(120, TimeUnit.SECONDS)) {
            throw new AssertionError("the call did not end");
        }
    }

    /** One call, whose end can be awaited. */
    private static final class Call {
        private final ClientCall<String, String> call;
        private final CountDownLatch ended = new CountDownLatch(1);
        private @Nullable StreamObserver<String> stream;

        Call(Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
            this.call = channel.newCall(method, options);
        }

        void send(String request) {
            ClientCalls.asyncUnaryCall(call, request, SoakFleet.ignoring(ended::countDown));
        }

        StreamObserver<String> stream() {
            StreamObserver<String> open = stream;
            if (open == null) {
                open = ClientCalls.asyncBidiStreamingCall(call, SoakFleet.ignoring(ended::countDown));
                stream = open;
            }
            return open;
        }

        void cancel() throws InterruptedException {
            call.cancel("wanted", null);
            await();
        }

        void await() throws InterruptedException {
            awaitEnd(ended);
        }
    }

    private static final class Forgotten implements StreamObserver<String> {
        private final CountDownLatch begun;
        private final SoakFleet fleet;
        private boolean counted;

        Forgotten(CountDownLatch begun, SoakFleet fleet) {
            this.begun = begun;
            this.fleet = fleet;
        }

        @Override
        public void onNext(String value) {
            counted = true;
            fleet.forgotten.incrementAndGet();
            begun.countDown();
        }

        @Override
        public void onError(Throwable failed) {
            if (counted) {
                fleet.forgotten.decrementAndGet();
            }
            begun.countDown();
        }

        @Override
        public void onCompleted() {
            onError(new AssertionError("it never completes"));
        }
    }

    private static final class NoCredentials extends CallCredentials {
        @Override
        public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
            executor.execute(() -> applier.fail(Status.UNAUTHENTICATED.withDescription("wanted")));
        }
    }

    private static final class Broken {
        static final MethodDescriptor<String, String> METHOD = TestServer.ECHO.toBuilder()
                .setRequestMarshaller(new BrokenMarshaller())
                .build();
    }

    private static final class BrokenMarshaller implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            throw new IllegalStateException("the marshaller is broken");
        }

        @Override
        public String parse(InputStream stream) {
            throw new IllegalStateException("requests are not parsed here");
        }
    }
}

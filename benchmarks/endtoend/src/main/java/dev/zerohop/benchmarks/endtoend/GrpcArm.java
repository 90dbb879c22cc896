package dev.zerohop.benchmarks.endtoend;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** Unary calls on one channel; the end of each begins the next. */
record GrpcArm(String name, ManagedChannel channel, int concurrency) implements Arm {

    static GrpcArm of(String name, ManagedChannelBuilder<?> builder, int concurrency) {
        return new GrpcArm(name, builder.directExecutor().build(), concurrency);
    }

    @Override
    public double run(long nanos) throws InterruptedException {
        LongAdder calls = new LongAdder();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch ended = new CountDownLatch(concurrency);
        long start = System.nanoTime();
        for (int i = 0; i < concurrency; i++) {
            call(start + nanos, calls, failure, ended);
        }
        ended.await();
        if (failure.get() != null) {
            throw new IllegalStateException(name + ": a call failed", failure.get());
        }
        return calls.sum() * 1e9 / (System.nanoTime() - start);
    }

    private void call(long endNanos, LongAdder calls, AtomicReference<Throwable> failure, CountDownLatch ended) {
        ClientCalls.asyncUnaryCall(
                channel.newCall(Echo.METHOD, CallOptions.DEFAULT), Echo.PAYLOAD, new StreamObserver<>() {
                    @Override
                    public void onNext(byte[] answer) {}

                    @Override
                    public void onError(Throwable cause) {
                        failure.set(cause);
                        ended.countDown();
                    }

                    @Override
                    public void onCompleted() {
                        calls.increment();
                        if (System.nanoTime() - endNanos < 0) {
                            call(endNanos, calls, failure, ended);
                        } else {
                            ended.countDown();
                        }
                    }
                });
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}

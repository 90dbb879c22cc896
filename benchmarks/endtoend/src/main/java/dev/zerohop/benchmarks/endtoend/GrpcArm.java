package dev.zerohop.benchmarks.endtoend;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Unary calls on one channel; the end of each begins the next. Each channel has event loops of its own: which of its connections share a loop then
 * depends on no other channel.
 */
record GrpcArm(String name, ManagedChannel channel, EventLoopGroup loops, int concurrency) implements Arm {

    static GrpcArm of(String name, NettyChannelBuilder builder, int concurrency) {
        EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(Runtime.getRuntime().availableProcessors(), NioIoHandler.newFactory());
        builder.eventLoopGroup(loops).channelType(NioSocketChannel.class).directExecutor();
        return new GrpcArm(name, builder.build(), loops, concurrency);
    }

    @Override
    public double run(long nanos) throws InterruptedException {
        LongAdder calls = new LongAdder();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch ended = new CountDownLatch(concurrency);
        long start = System.nanoTime();
        for (int i = 0; i < concurrency; i++) {
            callAgain(start + nanos, calls, failure, ended);
        }
        ended.await();
        if (failure.get() != null) {
            throw new IllegalStateException(name + ": a call failed", failure.get());
        }
        return calls.sum() * 1e9 / (System.nanoTime() - start);
    }

    private void callAgain(long endNanos, LongAdder calls, AtomicReference<Throwable> failure, CountDownLatch ended) {
        call(
                () -> {
                    calls.increment();
                    if (System.nanoTime() - endNanos < 0) {
                        callAgain(endNanos, calls, failure, ended);
                    } else {
                        ended.countDown();
                    }
                },
                cause -> {
                    failure.set(cause);
                    ended.countDown();
                });
    }

    /** Begins one call. */
    void call(Runnable ended, Consumer<Throwable> failed) {
        ClientCalls.asyncUnaryCall(
                channel.newCall(Echo.METHOD, CallOptions.DEFAULT), Echo.PAYLOAD, new StreamObserver<>() {
                    @Override
                    public void onNext(byte[] answer) {}

                    @Override
                    public void onError(Throwable cause) {
                        failed.accept(cause);
                    }

                    @Override
                    public void onCompleted() {
                        ended.run();
                    }
                });
    }

    @Override
    public void close() {
        channel.shutdownNow();
        loops.shutdownGracefully();
    }
}

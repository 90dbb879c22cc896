package dev.zerohop.benchmarks.endtoend;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** Blocking GET calls from a fixed number of threads. */
record HttpArm(String name, OkHttpClient client, String url, int concurrency) implements Arm {

    @Override
    public double run(long nanos) throws InterruptedException {
        LongAdder calls = new LongAdder();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch ended = new CountDownLatch(concurrency);
        long start = System.nanoTime();
        for (int i = 0; i < concurrency; i++) {
            Runnable caller = () -> {
                try {
                    while (System.nanoTime() - start < nanos) {
                        call();
                        calls.increment();
                    }
                } catch (IOException | RuntimeException cause) {
                    failure.set(cause);
                }
                ended.countDown();
            };
            new Thread(caller, name).start();
        }
        ended.await();
        if (failure.get() != null) {
            throw new IllegalStateException(name + ": a call failed", failure.get());
        }
        return calls.sum() * 1e9 / (System.nanoTime() - start);
    }

    private void call() throws IOException {
        Request request = new Request.Builder().url(url).build();
        try (Response response = client.newCall(request).execute()) {
            int length = response.body().bytes().length;
            if (response.code() != 200 || length != Echo.PAYLOAD.length) {
                throw new IOException("answer " + response.code() + " of " + length + " bytes");
            }
        }
    }

    @Override
    public void close() {
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }
}

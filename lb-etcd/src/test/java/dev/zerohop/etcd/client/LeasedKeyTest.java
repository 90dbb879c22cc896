package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Env;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key under a lease in a real etcd; the test is its serial executor. */
class LeasedKeyTest {
    private static final String KEY = "zerohop/v1/services/orders/status/client";

    @TempDir
    Path directory;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

    private void runNext() throws InterruptedException {
        Runnable task = tasks.poll(60, TimeUnit.SECONDS);
        assertThat(task).as("etcd has answered").isNotNull();
        task.run();
    }

    @Test
    void aValueThatChangesDuringAWriteIsWrittenAfterIt() throws Exception {
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdClient client = EtcdClient.of(etcd.address())) {
            LeasedKey key = new LeasedKey(
                    new Leases(client.cluster().connection()),
                    Env.system(),
                    tasks::add,
                    new LeasedKey.Entry(KEY, "one", 600),
                    Duration.ofMinutes(10),
                    new LeasedKey.Owner() {
                        @Override
                        public void onWritten(long ttlSeconds) {}

                        @Override
                        public void onFailing(SourceFailure cause) {
                            throw new AssertionError(cause);
                        }

                        @Override
                        public void onLeaseLost() {}
                    });
            key.establish();
            // The lease is granted: the first write begins, and its answer waits.
            runNext();
            key.rewrite("two");
            runNext();
            EtcdServer.await().until(() -> etcd.get(KEY).getValue().toStringUtf8(), "two"::equals);
            runNext();
            key.rewrite("three");
            EtcdServer.await().until(() -> etcd.get(KEY).getValue().toStringUtf8(), "three"::equals);
            key.end().get(60, TimeUnit.SECONDS);
            assertThat(etcd.get(KEY)).isNull();
        }
    }
}

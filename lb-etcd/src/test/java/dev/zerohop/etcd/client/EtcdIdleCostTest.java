package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Env;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.RoughProxy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client costs a real etcd while nothing changes. */
class EtcdIdleCostTest {
    private static final int KEYS = 100;

    @TempDir
    Path directory;

    private static final class Followed implements Reflector.Subscriber<Entry, Version> {
        final List<Reflector.State<Entry, Version>> states = new CopyOnWriteArrayList<>();
        final List<Instant> confirmed = new CopyOnWriteArrayList<>();

        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            states.add(state);
        }

        @Override
        public void onConfirmed(Instant asOf) {
            confirmed.add(asOf);
        }

        @Override
        public void onFailure(SourceFailure cause) {
            throw new AssertionError(cause);
        }
    }

    @Test
    void aMinuteCostsAFewHundredBytes() throws Exception {
        FakeTime time = new FakeTime();
        // All that is drawn is the middle, so that a check is due after a minute to the nanosecond, and no time-out
        // passes while the network is at work.
        Env env = new Env(time, () -> Long.MIN_VALUE, Env.system().blocking());
        Followed followed = new Followed();
        ServiceKeys service = new ServiceKeys("orders");
        try (EtcdServer etcd = EtcdServer.started(directory);
                RoughProxy network = new RoughProxy(etcd.port());
                EtcdClient client = EtcdClient.of(env, network.address())) {
            for (int i = 0; i < KEYS; i++) {
                etcd.put(
                        service.endpoint("orders-" + i),
                        "{\"address\": \"10.0.0.1:80\", \"zone\": \"" + "a".repeat(250) + "\"}");
            }
            var following = client.cluster().follow(List.of(KeyRange.under("zerohop/v1/services/orders/")), followed);
            EtcdServer.await().until(() -> followed.states.size() == 1);
            // A change that is heard of shows that the watch is open: its first check is due a minute from now.
            etcd.put(service.endpoint("orders-0"), "{\"address\": \"10.0.0.1:80\"}");
            EtcdServer.await().until(() -> followed.states.size() == 2);
            long read = network.passedToClients.get();
            assertThat(read).isGreaterThan(250 * KEYS);
            for (int minutes = 1; minutes <= 10; minutes++) {
                int checks = minutes;
                time.advance(Duration.ofMinutes(1));
                EtcdServer.await().until(() -> followed.confirmed.size() == checks);
            }
            assertThat(followed.states).hasSize(2);
            assertThat(network.passedToClients.get() - read)
                    .as("bytes of 10 checks of %s keys, whose read took %s", KEYS, read)
                    .isLessThan(10 * 600);
            following.cancel();
        }
    }
}

package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.EndpointSet;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.watch.Reflector;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which verdicts a resolver's listener is told. */
class HealthFeedTest {
    private final ServiceKeys keys = new ServiceKeys("orders");
    private final FakeTime time = new FakeTime();
    private final List<Map<String, HealthSource.Verdict>> told = new ArrayList<>();
    private final HealthFeed feed = new HealthFeed("orders", keys, time, Runnable::run, new Resolver.Listener() {
        @Override
        public void onEndpoints(EndpointSet all) {}

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {
            told.add(verdicts);
        }
    });

    @Test
    void verdictsThatNobodyVouchesForAreNotBelievedUntilEtcdAnswers() {
        String verdict =
                new HealthVerdict(Health.Status.UNHEALTHY, "down", "w", 7, 30, List.of("w"), Instant.EPOCH).toJson();
        KeyStore.Entry entry = new KeyStore.Entry(keys.health("a"), ByteString.copyFromUtf8(verdict), 9);
        Reflector.State<Entry, Version> state =
                new Reflector.State<>(new Version(1, 2, 9), Map.of(entry.key(), entry), time.now(), 0);
        feed.onState(state, true);
        assertThat(told).isEmpty();
        time.advance(Duration.ofSeconds(10));
        feed.onState(state, false);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).get("a").ttlNanos())
                .as("from when it was vouched for")
                .isEqualTo(Duration.ofSeconds(30).toNanos());
    }
}

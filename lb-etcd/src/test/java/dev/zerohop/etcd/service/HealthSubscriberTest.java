package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
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

/** Which verdicts a resolver publishes. */
class HealthSubscriberTest {
    private final ServiceKeys keys = new ServiceKeys("orders");
    private final FakeTime time = new FakeTime();
    private final List<HealthSource.Verdicts> reported = new ArrayList<>();
    private final HealthSubscriber feed =
            new HealthSubscriber("orders", keys, time, Runnable::run, (verdicts, rejected) -> reported.add(verdicts));

    @Test
    void verdictsOfAStaleStateAreIgnoredUntilEtcdAnswers() {
        String verdict =
                new HealthVerdict(Health.Status.UNHEALTHY, "down", "w", 7, 30, List.of("w"), Instant.EPOCH).toJson();
        KeyStore.Entry entry = new KeyStore.Entry(keys.health("a"), ByteString.copyFromUtf8(verdict), 9);
        Reflector.State<Entry, Version> state =
                new Reflector.State<>(new Version(1, 2, 9), Map.of(entry.key(), entry), time.now(), 0);
        feed.onState(state, true);
        assertThat(reported).isEmpty();
        time.advance(Duration.ofSeconds(10));
        feed.onState(state, false);
        assertThat(reported).hasSize(1);
        assertThat(reported.get(0).on("a", time.nanoTime()).ttlNanos())
                .as("from when it was vouched for")
                .isEqualTo(Duration.ofSeconds(30).toNanos());
    }
}

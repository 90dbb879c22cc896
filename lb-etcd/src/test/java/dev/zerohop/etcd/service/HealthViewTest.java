package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.watch.Reflector;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client believes of the verdicts in etcd. */
class HealthViewTest {
    private static final Duration TTL = Duration.ofSeconds(30);

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final FakeTime time = new FakeTime();
    private final HealthView view = new HealthView(keys);
    private final Map<String, KeyStore.Entry> entries = new HashMap<>();
    private final List<String> rejections = new ArrayList<>();
    private long revision = 100;
    private long history;

    private static HealthVerdict down(long fence) {
        return new HealthVerdict(
                Health.Status.UNHEALTHY, "fence " + fence, "w", fence, TTL.toSeconds(), List.of("w"), Instant.EPOCH);
    }

    private boolean put(String id, ByteString value) {
        revision++;
        entries.put(keys.health(id), new KeyStore.Entry(keys.health(id), value, revision));
        return read(view);
    }

    private boolean put(String id, long fence) {
        return put(id, ByteString.copyFromUtf8(down(fence).toJson()));
    }

    private boolean read(HealthView by) {
        rejections.clear();
        return by.read(
                new Reflector.State<>(new KeyStore.Version(1, 2, revision), Map.copyOf(entries), time.now(), history),
                time.nanoTime(),
                rejections);
    }

    private Map<String, HealthSource.Verdict> live() {
        return view.live(time.nanoTime());
    }

    @Test
    void anEndpointWithoutAnEntryHasNoVerdict() {
        assertThat(read(view)).isFalse();
        assertThat(live()).isEmpty();
        assertThat(put("a", 7)).isTrue();
        assertThat(live()).containsOnlyKeys("a");
        assertThat(live().get("a").status()).isEqualTo(Health.Status.UNHEALTHY);
        entries.clear();
        revision++;
        assertThat(read(view)).isTrue();
        assertThat(live()).isEmpty();
    }

    @Test
    void aVerdictEndsWhenItsTimeIsOverHoweverOftenItIsRead() {
        put("a", 7);
        for (int i = 0; i < 2; i++) {
            time.advance(TTL.dividedBy(3));
            assertThat(read(view)).isFalse();
        }
        assertThat(live().get("a").ttlNanos()).isEqualTo(TTL.dividedBy(3).toNanos());
        time.advance(TTL.dividedBy(3));
        assertThat(live()).isEmpty();
        assertThat(read(view)).isFalse();
        assertThat(live()).isEmpty();
    }

    @Test
    void aVerdictThatIsWrittenAgainHoldsForItsWholeTime() {
        put("a", 7);
        time.advance(TTL.minusSeconds(1));
        assertThat(put("a", 7)).isTrue();
        time.advance(TTL.minusSeconds(1));
        assertThat(live()).containsOnlyKeys("a");
    }

    @Test
    void aVerdictOfALowerFenceIsRejectedAndTheOneBeforeItHolds() {
        put("a", 7);
        put("b", 9);
        time.advance(Duration.ofSeconds(10));
        assertThat(put("a", 8)).isFalse();
        assertThat(put("c", 8)).isFalse();
        assertThat(live()).containsOnlyKeys("a", "b");
        assertThat(live().get("a").reason()).isEqualTo("fence 7");
        assertThat(live().get("a").ttlNanos())
                .as("not prolonged by it")
                .isEqualTo(TTL.minusSeconds(10).toNanos());
        assertThat(rejections).hasSize(2);
        assertThat(rejections.get(0)).contains("its fence was 8, expected at least 9");
        read(view);
        assertThat(rejections).as("as long as they stand").hasSize(2);
    }

    @Test
    void aFenceOfTheFutureIsRejectedAndLocksNoLeaderOut() {
        assertThat(put("a", Long.MAX_VALUE)).isFalse();
        assertThat(live()).isEmpty();
        assertThat(rejections).hasSize(1);
        assertThat(rejections.get(0)).contains("its fence was 9223372036854775807, expected at most 101");
        assertThat(put("b", 7)).isTrue();
        assertThat(live()).containsOnlyKeys("b");
    }

    @Test
    void aClientThatStartsLaterReadsTheSameVerdicts() {
        put("a", 7);
        put("b", 9);
        put("c", 8);
        HealthView late = new HealthView(keys);
        read(late);
        assertThat(late.live(time.nanoTime())).isEqualTo(live()).containsOnlyKeys("a", "b");
    }

    @Test
    void theVerdictsOfAnEtcdThatLostItsDataAreAccepted() {
        put("a", 7);
        entries.clear();
        revision = 1;
        history++;
        assertThat(read(view)).isTrue();
        assertThat(put("b", 2)).isTrue();
        assertThat(live()).containsOnlyKeys("b");
    }

    @Test
    void aLeaderElectedAfterARestoreIsAcceptedAndNoKeptVerdictIsProlonged() {
        put("a", 7);
        KeyStore.Entry kept = entries.get(keys.health("a"));
        put("b", 98);
        time.advance(Duration.ofSeconds(10));
        // Past the revision that was known, when this client asks again.
        entries.clear();
        entries.put(kept.key(), kept);
        history++;
        revision += 10;
        assertThat(put("c", 97)).isTrue();
        assertThat(live()).containsOnlyKeys("a", "c");
        assertThat(live().get("a").ttlNanos()).isEqualTo(TTL.minusSeconds(10).toNanos());
        assertThat(put("d", 6)).as("older than what is left").isFalse();
        assertThat(live()).containsOnlyKeys("a", "c");
        assertThat(rejections).hasSize(1);
    }

    @Test
    void ofABadValueTheLastGoodOneHoldsForTheRestOfItsTime() {
        put("a", 7);
        time.advance(Duration.ofSeconds(10));
        assertThat(put("a", ByteString.copyFromUtf8("?"))).isFalse();
        assertThat(live().get("a").ttlNanos()).isEqualTo(TTL.minusSeconds(10).toNanos());
        assertThat(rejections).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | fence, status, ttlSeconds, writer was missing",
                "[] | the document was an array, expected an object",
                "{\"status\": \"DRAINING\"} | status was \"DRAINING\", expected HEALTHY or UNHEALTHY",
                "{\"fence\": 0} | fence was 0, expected a whole number from 1",
                "{\"ttlSeconds\": 3601} | ttlSeconds was 3601, expected a whole number from 1 to 3600",
                "{\"since\": \"noon\"} | since was \"noon\", expected an instant",
                "{\"agreed\": \"a\"} | agreed was \"a\", expected an array",
                "{\"colour\": 1} | fence, status, ttlSeconds, writer was missing",
            })
    void aBadValueIsRefusedWithWhatWasExpected(String value, String reason) {
        assertThat(put("a", ByteString.copyFromUtf8(value))).isFalse();
        assertThat(live()).isEmpty();
        assertThat(rejections).hasSize(1);
        assertThat(rejections.get(0)).contains(keys.health("a")).contains(reason);
    }
}

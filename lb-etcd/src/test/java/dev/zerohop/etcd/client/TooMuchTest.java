package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real etcd that holds more than a copy takes in. */
class TooMuchTest {
    /** etcd takes values of up to 1.5 MiB. */
    private static final String LARGE = "x".repeat(1_400_000);

    private static final String WORDS = " more than 67108864 bytes of keys and values there, expected at most so many";

    @TempDir
    Path directory;

    private static final class Told implements Reflector.Subscriber<Entry, Version> {
        final List<Reflector.State> states = new CopyOnWriteArrayList<>();
        final List<SourceFailure> failures = new CopyOnWriteArrayList<>();

        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            states.add(state);
        }

        @Override
        public void onConfirmed(Instant asOf) {}

        @Override
        public void onFailure(SourceFailure cause) {
            failures.add(cause);
        }

        void awaitTooMuch() {
            EtcdServer.await()
                    .until(
                            () -> failures,
                            all -> all.stream()
                                    .anyMatch(each -> each.kind() == SourceFailure.Kind.TOO_MUCH
                                            && each.getMessage().endsWith(WORDS)));
        }
    }

    @Test
    void neitherWhatIsFollowedNorWhatIsReadGrowsPastTheLimit() {
        List<KeyRange> ranges = List.of(KeyRange.under("a/"));
        Told follower = new Told();
        Told reader = new Told();
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdClient first = EtcdClient.of(etcd.address());
                EtcdClient second = EtcdClient.of(etcd.address())) {
            etcd.put("a/small", "small");
            first.cluster().follow(ranges, follower);
            EtcdServer.await().until(() -> !follower.states.isEmpty());
            for (int i = 0; i < 50; i++) {
                etcd.put("a/" + i, LARGE);
            }
            follower.awaitTooMuch();
            second.cluster().follow(ranges, reader);
            reader.awaitTooMuch();
        }
        Reflector.State kept = follower.states.get(follower.states.size() - 1);
        assertThat(kept.values()).containsKey("a/small").hasSizeLessThan(50);
        assertThat(reader.states).isEmpty();
    }
}

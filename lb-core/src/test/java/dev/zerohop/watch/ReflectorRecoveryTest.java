package dev.zerohop.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A reflector goes on asking, with its waits, also when a source does what it must not. */
class ReflectorRecoveryTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final SourceFailure AWAY = new SourceFailure(SourceFailure.Kind.UNREACHABLE, "away");

    private final FakeTime time = new FakeTime();
    private final Source source = new Source();
    private final Recorder recorder = new Recorder();
    private final Reflector<String, Long> reflector = new Reflector<>(
            source,
            WatchPolicy.builder(new Backoff(
                            Duration.ofMillis(100),
                            Duration.ofSeconds(2),
                            Backoff.Spread.JITTERED,
                            Duration.ofSeconds(30)))
                    .build(),
            time.env());

    @Test
    void aSourceThatThrowsInsteadOfFailingIsAskedAgain() {
        source.list = () -> {
            throw new IllegalStateException("no file descriptor is left");
        };
        source.stale = source.list;
        reflector.subscribe(recorder);
        time.advance(SOON);
        assertThat(recorder.failures).isNotEmpty();
        source.list = () -> CompletableFuture.completedFuture(page(Map.of("a", "1")));
        time.advance(SOON);
        assertThat(recorder.states).last().isEqualTo(Map.of("a", "1"));
    }

    @Test
    void anOldListThatIsNotAnsweredOrCannotBeReadKeepsNoneFromAskingForTheLatest() {
        source.list = () -> CompletableFuture.failedFuture(AWAY);
        source.stale = CompletableFuture::new;
        reflector.subscribe(recorder);
        time.advance(Duration.ofMinutes(1));
        assertThat(source.lists).isGreaterThan(2);
        Map<String, String> unreadable = new HashMap<>();
        unreadable.put(null, "1");
        source.stale = () -> CompletableFuture.completedFuture(page(unreadable));
        source.stales = 0;
        time.advance(Duration.ofMinutes(1));
        assertThat(source.stales).isBetween(10, 60);
        source.list = () -> CompletableFuture.completedFuture(page(Map.of("a", "1")));
        time.advance(SOON);
        assertThat(recorder.states).last().isEqualTo(Map.of("a", "1"));
    }

    @Test
    void aChangeThatCannotBePublishedIsAFailureAndListedAgain() {
        source.list = () -> CompletableFuture.completedFuture(page(Map.of("a", "1")));
        reflector.subscribe(recorder);
        source.watcher.onChanges(2L, List.of(new ListWatch.Change<>(null, "x", false, 2L)));
        source.watcher.onChanges(3L, List.of(new ListWatch.Change<>("b", "2", false, 3L)));
        source.list = () -> CompletableFuture.completedFuture(page(Map.of("a", "1", "b", "2")));
        time.advance(SOON);
        assertThat(recorder.failures).hasSize(1);
        assertThat(recorder.states).last().isEqualTo(Map.of("a", "1", "b", "2"));
        assertThat(source.lists).isEqualTo(2);
    }

    private static ListWatch.Page<String, Long> page(Map<String, String> values) {
        return new ListWatch.Page<>(1L, values, null);
    }

    private static final class Source implements ListWatch<String, Long> {
        private Supplier<CompletableFuture<Page<String, Long>>> list = CompletableFuture::new;
        private Supplier<@Nullable CompletableFuture<Page<String, Long>>> stale = () -> null;
        private Watcher<String, Long> watcher;
        private int lists;
        private int stales;

        @Override
        public CompletableFuture<Page<String, Long>> list(@Nullable String continueAt) {
            lists++;
            return list.get();
        }

        @Override
        public @Nullable CompletableFuture<Page<String, Long>> listStale(int failures) {
            if (stales++ > 1_000) {
                throw new AssertionError("asked without end");
            }
            return stale.get();
        }

        @Override
        public Cancellable watch(Long from, Duration life, Watcher<String, Long> asking) {
            watcher = asking;
            asking.onOpen();
            return () -> {};
        }

        @Override
        public boolean isOutdated(Change<String, Long> change, @Nullable String known, Long listed) {
            return false;
        }

        @Override
        public String toString() {
            return "scripted";
        }
    }

    private static final class Recorder implements Reflector.Subscriber<String, Long> {
        private final List<Map<String, String>> states = new ArrayList<>();
        private final List<SourceFailure> failures = new ArrayList<>();

        @Override
        public void onState(Reflector.State<String, Long> state, boolean stale) {
            states.add(state.values());
        }

        @Override
        public void onConfirmed(Instant asOf) {}

        @Override
        public void onFailure(SourceFailure cause) {
            failures.add(cause);
        }
    }
}

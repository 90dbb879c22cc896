package dev.zerohop.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.LoggedLines;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.watch.SourceFailure.Kind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutageTest {
    private static final WatchPolicy POLICY = WatchPolicy.builder(new Backoff(
                    Duration.ofSeconds(1), Duration.ofSeconds(2), Backoff.Spread.HALF, Duration.ofMinutes(1)))
            .build();

    private final Outage outage = new Outage(new Source(), POLICY, new FakeTime().env());

    @Test
    void anOutageIsLoggedOnceForEachKindOfFailureUntilItIsOver() {
        SourceFailure away = new SourceFailure(Kind.UNREACHABLE, "it is away");
        SourceFailure denied = new SourceFailure(Kind.DENIED, "it is not allowed");
        SourceFailure busy = new SourceFailure(Kind.UNREACHABLE, "it is busy", 429, Duration.ZERO);
        for (int i = 0; i < 2; i++) {
            List<String> lines = LoggedLines.during(() -> {
                outage.failed(away, true);
                outage.failed(denied, false);
                outage.failed(busy, true);
                outage.failed(away, true);
                outage.failed(denied, true);
                outage.failed(busy, true);
            });
            assertThat(lines).hasSize(3);
            assertThat(lines.get(0)).endsWith("the store: it is away; the last state stays");
            assertThat(lines.get(1)).endsWith("the store: it is not allowed; nothing known yet");
            assertThat(lines.get(2)).endsWith("the store: it is busy; the last state stays");
            assertThat(LoggedLines.during(outage::over)).hasSize(1);
            assertThat(LoggedLines.during(outage::over)).isEmpty();
        }
    }

    private static final class Source implements ListWatch<String, Long> {
        @Override
        public CompletableFuture<Page<String, Long>> list(@Nullable String continueAt) {
            return new CompletableFuture<>();
        }

        @Override
        public Cancellable watch(Long from, Duration life, Watcher<String, Long> watcher) {
            return () -> {};
        }

        @Override
        public boolean isOutdated(Change<String, Long> change, @Nullable String known, Long listed) {
            return false;
        }

        @Override
        public String toString() {
            return "the store";
        }
    }
}

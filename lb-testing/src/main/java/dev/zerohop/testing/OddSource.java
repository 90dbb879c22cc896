package dev.zerohop.testing;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** A source that a test sees from within, and that throws where a source must not. For one thread at a time. */
final class OddSource<V, R> implements ListWatch<V, R> {
    private final ListWatch<V, R> source;

    /** What was answered, or not, to each list that was asked for. */
    final List<CompletableFuture<Page<V, R>>> lists = new ArrayList<>();

    /** What it does when a change comes, before it is asked about it. */
    Runnable first = () -> {};

    OddSource(ListWatch<V, R> source) {
        this.source = source;
    }

    @Override
    public CompletableFuture<Page<V, R>> list(@Nullable String continueAt) {
        CompletableFuture<Page<V, R>> answer = source.list(continueAt);
        lists.add(answer);
        return answer;
    }

    @Override
    public Cancellable watch(R from, Duration life, Watcher<V, R> watcher) {
        return source.watch(from, life, watcher);
    }

    @Override
    public boolean isOutdated(Change<V, R> change, @Nullable V known, R listed) {
        first.run();
        return source.isOutdated(change, known, listed);
    }

    @Override
    public @Nullable String rollback(Page<V, R> list, Map<String, V> known, R listed, R version) {
        return source.rollback(list, known, listed, version);
    }

    @Override
    public @Nullable CompletableFuture<BiPredicate<R, Map<String, V>>> check() {
        return source.check();
    }

    @Override
    public String toString() {
        return source.toString();
    }
}

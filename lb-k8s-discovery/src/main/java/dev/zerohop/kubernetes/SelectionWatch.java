package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.ListWatch.Page;
import dev.zerohop.watch.WatchPolicy;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A selection of objects, listed page by page and watched from the list's version on. Objects are keyed by name, since a selection is within one namespace or
 * of a kind without namespaces.
 */
final class SelectionWatch<T extends HasMetadata> implements ListWatch<T, String> {

    /** After an outage all clients of a cluster reconnect; a wait of 10 s limits 1,000 of them to some 130 requests a second. */
    private static final Backoff BACKOFF =
            new Backoff(Duration.ofMillis(250), Duration.ofSeconds(10), Backoff.Spread.HALF, Duration.ofSeconds(30));

    static final Duration START_SPREAD = Duration.ofMillis(100);
    static final Duration PAGE_TIMEOUT = Duration.ofSeconds(20);
    static final Duration OPEN_TIMEOUT = Duration.ofSeconds(10);
    static final Duration SETTLED = Duration.ofSeconds(5);

    /** A server that sends bookmarks sends one about every minute, so a silent watch is then doubted sooner. */
    static final WatchPolicy POLICY = WatchPolicy.builder(BACKOFF)
            .startSpread(START_SPREAD)
            .timeouts(PAGE_TIMEOUT, OPEN_TIMEOUT)
            .watchLife(Duration.ofMinutes(5))
            .quietLosses(2, SETTLED)
            .maxSize(ObjectTransform.MAX_ITEMS)
            .silence(Duration.ofMinutes(10), Duration.ofMinutes(3))
            .build();

    private final ApiServer server;
    private final Selection<T> what;

    SelectionWatch(ApiServer server, Selection<T> what) {
        this.server = server;
        this.what = what;
    }

    @Override
    public CompletableFuture<Page<T, String>> list(@Nullable String continueAt) {
        return server.list(what, continueAt);
    }

    @Override
    public Cancellable watch(String from, Duration life, Watcher<T, String> watcher) {
        return server.watch(what, from, life, watcher);
    }

    /** Whether the copy has the same object in a newer version, as when a server that lags behind reports old changes again. */
    @Override
    public boolean isOutdated(Change<T, String> change, @Nullable T known, String listed) {
        T object = change.value();
        if (known == null
                || object == null
                || !Objects.equals(
                        known.getMetadata().getUid(), object.getMetadata().getUid())) {
            return false;
        }
        String here = known.getMetadata().getResourceVersion();
        String there = object.getMetadata().getResourceVersion();
        return isNumber(here) && isNumber(there) && SliceView.BY_VERSION.compare(there, here) < 0;
    }

    private static boolean isNumber(@Nullable String version) {
        return version != null && !version.isEmpty() && version.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    @Override
    public long sizeOf(String key, T value) {
        return ObjectTransform.items(value);
    }

    @Override
    public String tooMuch(long limit) {
        return ObjectTransform.tooMuch(server, what, limit);
    }

    @Override
    public String overdue(String verb, Duration limit) {
        return server + " was asked to " + verb + " " + what + " and did not answer within " + limit.toSeconds() + " s";
    }

    @Override
    public String toString() {
        return "Kubernetes, " + what;
    }
}

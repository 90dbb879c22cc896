package dev.zerohop.watch;

import dev.zerohop.Cancellable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What a store offers to a {@link Reflector}: to list a selection of values at a version, and to watch it from there. Nothing here throws or waits for the
 * network, and nothing is tried again: the reflector does that. {@link Object#toString} names the store and the selection, for messages.
 *
 * <p>Methods are called by one thread at a time. What they return may be completed, and a watcher called, on any thread.
 *
 * @param <V> the values; equal ones are the same
 * @param <R> the store's versions
 */
public interface ListWatch<V, R> {

    /**
     * Lists the next page; from the beginning if {@code continueAt} is null. Fails with a {@link SourceFailure}; whatever else it fails with counts as
     * unreachable. Cancelling the future ends the request, at the latest with the request's own deadline.
     */
    CompletableFuture<Page<V, R>> list(@Nullable String continueAt);

    /**
     * Watches from a version on until it ends or is cancelled. The watcher may still be called for a while after that.
     *
     * @param life after how long the server is asked to end it; zero for never
     */
    Cancellable watch(R from, Duration life, Watcher<V, R> watcher);

    /**
     * Whether a change is over already, as far as the copy knows.
     *
     * @param known the copy's value of the same key
     * @param listed the version of the last list
     */
    boolean isOutdated(Change<V, R> change, @Nullable V known, R listed);

    /**
     * How a list shows that the store was put back to an earlier state, for people; null if it does not.
     *
     * @param known the copy until now
     * @param listed the version that it was last listed at
     * @param version the highest version that was seen
     */
    default @Nullable String rollback(Page<V, R> list, Map<String, V> known, R listed, R version) {
        return null;
    }

    /**
     * Asks for less than a list: completes with a test whether a copy at a version is what the store holds. Null if the store cannot answer that, so that it has to be
     * listed. Fails as {@link #list} does.
     */
    default @Nullable CompletableFuture<BiPredicate<R, Map<String, V>>> check() {
        return null;
    }

    /**
     * A list that need not be the latest, for a first copy when nothing better is to be had; null if there is none. Fails as {@link #list} does.
     *
     * @param failures how many attempts have failed in a row
     */
    default @Nullable CompletableFuture<Page<V, R>> listStale(int failures) {
        return null;
    }

    /** What a value takes of the most that a copy may hold, in a unit of the store's choice. */
    default long sizeOf(String key, V value) {
        return 1;
    }

    /** What to say when the selection is larger than a copy may be. */
    default String tooMuch(long limit) {
        return this + " is larger than " + limit + ", expected at most so many";
    }

    /** What to say when the store did not answer a request in time; {@code verb} is "list" or "watch". */
    default String overdue(String verb, Duration limit) {
        return this + " was asked to " + verb + " and did not answer within " + limit.toSeconds() + " s";
    }

    /**
     * Part of a list.
     *
     * @param version the version of the whole list
     * @param values by key
     * @param continueAt where the next page begins; null if this is the last
     */
    record Page<V, R>(
            R version, Map<String, V> values, @Nullable String continueAt) {}

    /**
     * A change of one key.
     *
     * @param value the value now; of a deleted one what it was last, if the store says so
     * @param version the version of the change, if the store says so
     */
    record Change<V, R>(
            String key,
            @Nullable V value,
            boolean deleted,
            @Nullable R version) {}

    /** Learns what is watched; called by one thread at a time. */
    interface Watcher<V, R> {
        /** The server took the request. */
        void onOpen();

        /** Changes in order; with them the copy is at version {@code upTo}, or where it was if that is null. May be empty. */
        void onChanges(@Nullable R upTo, List<Change<V, R>> changes);

        /** The store vouches for the copy, which is at version {@code upTo} without a change. */
        void onBookmark(R upTo);

        /** The watch is over; {@code cause} is null if the server ended it in good order, so that the next one can begin where it ended. */
        void onEnd(@Nullable SourceFailure cause);
    }
}

package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the {@link Reflector} needs of the API server. Called on {@link dev.zerohop.Env#blocking}; never waits for the network. */
interface ApiServer {

    /**
     * Reads the next page; from the beginning if {@code continueAt} is null. Fails with a {@link KubernetesFailure}. Cancelling the future ends the
     * request.
     */
    <T extends HasMetadata> CompletableFuture<Page<T>> list(Selection<T> what, @Nullable String continueAt);

    /**
     * Follows changes from a version on until it ends or is cancelled; the server is asked to end it after {@code life}. The watcher may still be
     * called for a while after that.
     */
    <T extends HasMetadata> Cancellable watch(Selection<T> what, String fromVersion, Duration life, Watcher<T> watcher);

    /**
     * Part of a list.
     *
     * @param version the version of the whole list
     * @param continueAt where the next page begins, or null if this is the last
     */
    record Page<T extends HasMetadata>(
            String version, List<T> objects, @Nullable String continueAt) {}

    /** Told by one thread at a time, nothing after {@link #onEnd}. */
    interface Watcher<T extends HasMetadata> {
        /** The server took the request. */
        void onOpen();

        /** The object is this now. */
        void onPut(T object);

        /** The object is gone; this is what it was last. */
        void onDelete(T object);

        /** A sign of life: nothing else has changed up to this version. */
        void onBookmark(String version);

        /** The watch is over; {@code cause} is null if the server ended it in good order, as it does after a while. */
        void onEnd(@Nullable KubernetesFailure cause);
    }
}

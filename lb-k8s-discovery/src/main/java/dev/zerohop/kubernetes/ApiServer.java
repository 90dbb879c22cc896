package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What {@link SelectionWatch} needs of the API server. Called on {@link dev.zerohop.Env#blocking}; never waits for the network. */
interface ApiServer extends AutoCloseable {

    /**
     * Reads the next page; from the beginning if {@code continueAt} is null. Fails with a {@link dev.zerohop.watch.SourceFailure}. Cancelling the future ends the
     * request.
     */
    <T extends HasMetadata> CompletableFuture<ListWatch.Page<T, String>> list(
            Selection<T> what, @Nullable String continueAt);

    /**
     * Follows changes from a version on until it ends or is cancelled; the server is asked to end it after {@code life}. The watcher may still be
     * called for a while after that.
     */
    <T extends HasMetadata> Cancellable watch(
            Selection<T> what, String fromVersion, Duration life, ListWatch.Watcher<T, String> watcher);

    /** Ends the watches that there are, then the connection. Idempotent. */
    @Override
    void close();
}

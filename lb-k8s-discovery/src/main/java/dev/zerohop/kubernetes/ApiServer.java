package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The requests to the API server that {@link SelectionWatch} makes. Called on {@link dev.zerohop.Env#blocking}; never waits for the network. */
interface ApiServer extends AutoCloseable {

    /**
     * Reads the next page; from the beginning if {@code continueAt} is null. Fails with a {@link dev.zerohop.watch.SourceFailure}. Cancelling the future ends the
     * request.
     */
    <T extends HasMetadata> CompletableFuture<ListWatch.Page<T, String>> list(
            Selection<T> what, @Nullable String continueAt);

    /**
     * Watches changes from a version on until the watch ends or is cancelled; the server is requested to end it after {@code life}. The watcher may still be
     * called for a while after that.
     */
    <T extends HasMetadata> Cancellable watch(
            Selection<T> what, String fromVersion, Duration life, ListWatch.Watcher<T, String> watcher);

    /** Ends all open watches, then the connection. Idempotent. */
    @Override
    void close();
}

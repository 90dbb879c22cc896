package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNullElse;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One watch over one WebSocket, from its handshake to its end; never opened again. Thread-safe. */
final class WatchStream<T extends HasMetadata> implements WebSocket.Listener, Cancellable {
    private static final int NORMAL_CLOSURE = 1000;

    private final HttpApiServer.Connection connection;
    private final Selection<T> what;
    private final ListWatch.Watcher<T, String> watcher;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private volatile @Nullable WebSocket socket;

    WatchStream(HttpApiServer.Connection connection, Selection<T> what, ListWatch.Watcher<T, String> watcher) {
        this.connection = connection;
        this.what = what;
        this.watcher = watcher;
    }

    void open(URI uri, Duration timeout) {
        try {
            connection
                    .http()
                    .newWebSocketBuilder()
                    .uri(uri)
                    .header("Origin", connection.base())
                    .connectTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .buildAsync(this)
                    .whenComplete((opened, thrown) -> {
                        if (thrown != null) {
                            failHandshake(thrown);
                        }
                    });
        } catch (RuntimeException failed) {
            failHandshake(failed);
        }
    }

    private void failHandshake(Throwable thrown) {
        over.complete(null);
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        end(
                cause instanceof WebSocketHandshakeException handshake
                        ? answered(
                                handshake.getResponse().code(), null, HttpApiServer.retryAfter(handshake.getResponse()))
                        : unanswered(cause));
    }

    /** Completes when the connection is closed or could not be opened, as far as this client can see. */
    CompletableFuture<Void> over() {
        return over;
    }

    @Override
    public void onOpen(WebSocket opened) {
        // The socket is written before the end is read here, and cancel writes the end before it reads the socket,
        // so one of the two closes the socket.
        socket = opened;
        if (ended.get()) {
            close();
        } else {
            watcher.onOpen();
        }
    }

    @Override
    public void onMessage(WebSocket from, String text) {
        if (ended.get()) {
            return;
        }
        SourceFailure failure;
        try {
            failure = take(connection.json().unmarshal(text, WatchEvent.class));
        } catch (RuntimeException unreadable) {
            failure = unanswered(unreadable);
        }
        if (failure == null) {
            from.request();
        } else {
            end(failure);
            close();
        }
    }

    /** Passes an event to the watcher, or returns the failure that the event reports. */
    private @Nullable SourceFailure take(WatchEvent event) {
        if (event.getObject() instanceof Status status) {
            StatusDetails details = status.getDetails();
            Integer seconds = details == null ? null : details.getRetryAfterSeconds();
            return answered(
                    requireNonNullElse(status.getCode(), 500),
                    status.getMessage(),
                    Duration.ofSeconds(requireNonNullElse(seconds, 0)));
        }
        HasMetadata object = (HasMetadata) event.getObject();
        String version = ObjectTransform.required(object.getMetadata().getResourceVersion(), "resourceVersion");
        switch (event.getType()) {
            case "ADDED", "MODIFIED", "DELETED" -> {
                T value = ObjectTransform.trim(what.kind().type().cast(object));
                String name = ObjectTransform.required(value.getMetadata().getName(), "name");
                boolean deleted = event.getType().equals("DELETED");
                watcher.onChanges(version, List.of(new ListWatch.Change<>(name, value, deleted, version)));
            }
            case "BOOKMARK" -> watcher.onBookmark(version);
            default -> throw new IllegalStateException("found an event of type " + event.getType());
        }
        return null;
    }

    @Override
    public void onClose(WebSocket from, int code, String reason) {
        end(
                code == NORMAL_CLOSURE
                        ? null
                        : new SourceFailure(
                                SourceFailure.Kind.UNREACHABLE,
                                connection + " closed the watch of " + what + " (" + code
                                        + (reason.isEmpty() ? "" : ", " + reason) + ")"));
        from.sendClose(NORMAL_CLOSURE, null);
        over.complete(null);
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        over.complete(null);
        end(unanswered(error));
    }

    private void end(@Nullable SourceFailure cause) {
        if (ended.compareAndSet(false, true)) {
            watcher.onEnd(cause);
        }
    }

    private SourceFailure answered(int code, @Nullable String message, Duration retryAfter) {
        return KubernetesFailure.answered(
                connection.toString(), "watch", what, code, requireNonNullElse(message, ""), retryAfter);
    }

    private SourceFailure unanswered(Throwable thrown) {
        return KubernetesFailure.unanswered(connection.toString(), "watch", what, thrown);
    }

    @Override
    public void cancel() {
        ended.set(true);
        close();
    }

    private void close() {
        WebSocket open = socket;
        if (open != null) {
            open.sendClose(NORMAL_CLOSURE, null);
        }
    }
}

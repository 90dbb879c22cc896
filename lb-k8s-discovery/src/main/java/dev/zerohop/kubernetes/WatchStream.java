package dev.zerohop.kubernetes;

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
            CompletableFuture<WebSocket> opening = connection
                    .http()
                    .newWebSocketBuilder()
                    .uri(uri)
                    .header("Origin", connection.base())
                    .connectTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .buildAsync(this);
            opening.whenComplete((opened, thrown) -> {
                if (thrown != null) {
                    over.complete(null);
                    end(handshakeFailure(thrown));
                }
            });
        } catch (RuntimeException failed) {
            over.complete(null);
            end(KubernetesFailure.unanswered(connection.toString(), "watch", what, failed));
        }
    }

    /** Completes when there is no connection, or none any more, as far as can be seen. */
    CompletableFuture<Void> over() {
        return over;
    }

    @Override
    public void onOpen(WebSocket opened) {
        // Written before the end is looked at, as the end is before the socket in cancel: one of the two closes it.
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
        try {
            take(connection.json().unmarshal(text, WatchEvent.class));
        } catch (RuntimeException unreadable) {
            end(KubernetesFailure.unanswered(connection.toString(), "watch", what, unreadable));
            close();
            return;
        }
        from.request();
    }

    private void take(WatchEvent event) {
        Object object = event.getObject();
        if (object instanceof Status status) {
            StatusDetails details = status.getDetails();
            Integer seconds = details == null ? null : details.getRetryAfterSeconds();
            Integer code = status.getCode();
            String message = status.getMessage();
            end(KubernetesFailure.answered(
                    connection.toString(),
                    "watch",
                    what,
                    code == null ? 500 : code,
                    message == null ? "" : message,
                    Duration.ofSeconds(seconds == null ? 0 : seconds)));
            close();
            return;
        }
        switch (event.getType()) {
            case "ADDED", "MODIFIED" -> change(ObjectTransform.trim(what.type().cast(object)), false);
            case "DELETED" -> change(ObjectTransform.trim(what.type().cast(object)), true);
            case "BOOKMARK" ->
                watcher.onBookmark(ObjectTransform.required(
                        ((HasMetadata) object).getMetadata().getResourceVersion(), "resourceVersion"));
            default -> throw new IllegalStateException("found an event of type " + event.getType());
        }
    }

    private void change(T object, boolean deleted) {
        String version = ObjectTransform.required(object.getMetadata().getResourceVersion(), "resourceVersion");
        String name = ObjectTransform.required(object.getMetadata().getName(), "name");
        watcher.onChanges(version, List.of(new ListWatch.Change<>(name, object, deleted, version)));
    }

    @Override
    public void onClose(WebSocket from, int code, String reason) {
        boolean orderly = code == NORMAL_CLOSURE;
        end(
                orderly
                        ? null
                        : new SourceFailure(
                                SourceFailure.Kind.UNREACHABLE,
                                connection + " broke off the watch of " + what + " (" + code
                                        + (reason.isEmpty() ? "" : ", " + reason) + ")"));
        from.sendClose(NORMAL_CLOSURE, null);
        over.complete(null);
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        over.complete(null);
        end(KubernetesFailure.unanswered(connection.toString(), "watch", what, error));
    }

    private void end(@Nullable SourceFailure cause) {
        if (ended.compareAndSet(false, true)) {
            watcher.onEnd(cause);
        }
    }

    private SourceFailure handshakeFailure(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (cause instanceof WebSocketHandshakeException handshake) {
            return KubernetesFailure.answered(
                    connection.toString(),
                    "watch",
                    what,
                    handshake.getResponse().code(),
                    "",
                    HttpApiServer.retryAfter(handshake.getResponse()));
        }
        return KubernetesFailure.unanswered(connection.toString(), "watch", what, cause);
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

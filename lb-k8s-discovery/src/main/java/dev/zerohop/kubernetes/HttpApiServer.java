package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.ListWatch.Page;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The API server over fabric8's HTTP client, with its authentication, and over its models. Its own list, watch and informer are not used: they retry an
 * expired watch for ever when the handshake says so, and tell nobody that a watch is lost (docs/kubernetes.md). Thread-safe.
 */
final class HttpApiServer implements ApiServer, AutoCloseable {

    /** Objects of a page: some 4 MB of full slices. */
    static final int PAGE = 100;

    /** The longest answer: a page of slices with a thousand endpoints each has some 40 MB. */
    static final int MAX_BYTES = 64 << 20;

    /** Characters of an answer that is no object of Kubernetes. */
    private static final int MAX_MESSAGE = 200;

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    /** How long the server may take to answer the close of the watches before the client is closed all the same. */
    private static final long CLOSE_SECONDS = 5;

    private final KubernetesOptions options;

    /** Watches whose connections are open. */
    private final Set<WatchStream<?>> streams = ConcurrentHashMap.newKeySet();

    // Guarded by this.
    private @Nullable Connection connection;
    private boolean closed;

    /** What is needed to talk; made at the first use, as that reads files. */
    record Connection(String base, HttpClient http, KubernetesSerialization json) {
        @Override
        public String toString() {
            return "the Kubernetes API at " + base;
        }
    }

    /** An answer of any status. */
    private record Answer(int code, Duration retryAfter, ByteArrayOutputStream body) {
        <T> T read(Connection connection, Class<T> type) {
            return connection.json().unmarshal(new ByteArrayInputStream(body.toByteArray()), type);
        }
    }

    HttpApiServer(KubernetesOptions options) {
        this.options = options;
    }

    @Override
    public <T extends HasMetadata> CompletableFuture<Page<T, String>> list(
            Selection<T> what, @Nullable String continueAt) {
        Connection to;
        try {
            to = connection();
        } catch (SourceFailure failure) {
            return CompletableFuture.failedFuture(failure);
        }
        String query = query(what) + "limit=" + PAGE + (continueAt == null ? "" : "&continue=" + encoded(continueAt));
        CompletableFuture<Page<T, String>> page = new CompletableFuture<>();
        Exchange exchange =
                send(to, to.http().newHttpRequestBuilder().uri(URI.create(to.base() + what.path() + "?" + query)));
        exchange.answer.whenComplete((answer, thrown) -> {
            if (thrown != null) {
                page.completeExceptionally(KubernetesFailure.unanswered(to.toString(), "list", what, thrown));
                return;
            }
            try {
                page.complete(read(to, what, answer));
            } catch (SourceFailure failure) {
                page.completeExceptionally(failure);
            } catch (RuntimeException unreadable) {
                page.completeExceptionally(KubernetesFailure.unanswered(to.toString(), "list", what, unreadable));
            }
        });
        page.whenComplete((done, thrown) -> {
            if (page.isCancelled()) {
                exchange.cancel();
            }
        });
        return page;
    }

    private static <T extends HasMetadata> Page<T, String> read(Connection from, Selection<T> what, Answer answer)
            throws SourceFailure {
        if (answer.code() != 200) {
            throw KubernetesFailure.answered(
                    from.toString(), "list", what, answer.code(), messageOf(from, answer), answer.retryAfter());
        }
        KubernetesResourceList<T> list = answer.read(from, what.listType());
        ListMeta about = list.getMetadata();
        String more = about.getContinue();
        return new Page<>(
                ObjectTransform.required(about.getResourceVersion(), "resourceVersion"),
                byName(list.getItems().stream().map(ObjectTransform::trim).toList()),
                more == null || more.isEmpty() ? null : more);
    }

    static <T extends HasMetadata> Map<String, T> byName(List<T> objects) {
        Map<String, T> named = new LinkedHashMap<>();
        for (T object : objects) {
            named.put(ObjectTransform.required(object.getMetadata().getName(), "name"), object);
        }
        return named;
    }

    @Override
    public <T extends HasMetadata> Cancellable watch(
            Selection<T> what, String fromVersion, Duration life, ListWatch.Watcher<T, String> watcher) {
        Connection to;
        try {
            to = connection();
        } catch (SourceFailure failure) {
            watcher.onEnd(failure);
            return () -> {};
        }
        String query = query(what) + "watch=true&allowWatchBookmarks=true&timeoutSeconds=" + life.toSeconds()
                + "&resourceVersion=" + encoded(fromVersion);
        WatchStream<T> stream = new WatchStream<>(to, what, watcher);
        streams.add(stream);
        stream.over().whenComplete((done, thrown) -> streams.remove(stream));
        stream.open(URI.create(to.base() + what.path() + "?" + query), REQUEST_TIMEOUT);
        return stream;
    }

    /**
     * Asks the server to make an object, such as a review of this client's own permissions; gives what it made of it. Fails with a
     * {@link SourceFailure}, in which {@code doing} says what was asked for.
     */
    <T extends HasMetadata> CompletableFuture<T> create(String path, T object, Class<T> type, String doing) {
        Connection to;
        try {
            to = connection();
        } catch (SourceFailure failure) {
            return CompletableFuture.failedFuture(failure);
        }
        HttpRequest.Builder request = to.http()
                .newHttpRequestBuilder()
                .uri(URI.create(to.base() + path))
                .post("application/json", to.json().asJson(object));
        CompletableFuture<T> made = new CompletableFuture<>();
        send(to, request).answer.whenComplete((answer, thrown) -> {
            try {
                if (thrown != null) {
                    throw thrown;
                }
                if (answer.code() / 100 != 2) {
                    throw KubernetesFailure.answered(
                            to.toString(), doing, "", answer.code(), messageOf(to, answer), answer.retryAfter());
                }
                made.complete(answer.read(to, type));
            } catch (Throwable failed) {
                made.completeExceptionally(KubernetesFailure.unanswered(to.toString(), doing, failed));
            }
        });
        return made;
    }

    // ---- one exchange ----

    /** A request on its way. Cancelling it closes its connection, whatever it waits for. */
    private static final class Exchange {
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();
        private volatile @Nullable AsyncBody body;

        void cancel() {
            answer.cancel(true);
            AsyncBody open = body;
            if (open != null) {
                open.cancel();
            }
        }
    }

    private static Exchange send(Connection to, HttpRequest.Builder request) {
        Exchange exchange = new Exchange();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CompletableFuture<HttpResponse<AsyncBody>> sent;
        try {
            sent = to.http()
                    .consumeBytes(
                            request.timeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                                    .build(),
                            (buffers, body) -> {
                                if (append(bytes, buffers)) {
                                    body.consume();
                                } else {
                                    exchange.answer.completeExceptionally(tooLong());
                                    body.cancel();
                                }
                            });
        } catch (RuntimeException failed) {
            // The token file cannot be read, or the client was closed.
            exchange.answer.completeExceptionally(failed);
            return exchange;
        }
        sent.whenComplete((response, thrown) -> {
            if (thrown != null) {
                exchange.answer.completeExceptionally(thrown);
                return;
            }
            AsyncBody body = response.body();
            exchange.body = body;
            body.done().whenComplete((done, broken) -> {
                if (broken != null) {
                    exchange.answer.completeExceptionally(broken);
                } else {
                    exchange.answer.complete(new Answer(response.code(), retryAfter(response), bytes));
                }
            });
            if (exchange.answer.isCancelled()) {
                body.cancel();
            } else {
                body.consume();
            }
        });
        return exchange;
    }

    /** Whether there was room. */
    private static boolean append(ByteArrayOutputStream bytes, List<ByteBuffer> buffers) {
        for (ByteBuffer buffer : buffers) {
            if (bytes.size() + buffer.remaining() > MAX_BYTES) {
                return false;
            }
            byte[] piece = new byte[buffer.remaining()];
            buffer.get(piece);
            bytes.writeBytes(piece);
        }
        return true;
    }

    private static IOException tooLong() {
        return new IOException("its answer is longer than " + MAX_BYTES + " bytes, expected at most so many");
    }

    static Duration retryAfter(HttpResponse<?> response) {
        String seconds = response.header("Retry-After");
        return seconds != null && seconds.matches("\\d{1,4}")
                ? Duration.ofSeconds(Long.parseLong(seconds))
                : Duration.ZERO;
    }

    /** The server's own words; empty if it has none. */
    private static String messageOf(Connection from, Answer answer) {
        try {
            Status status = answer.read(from, Status.class);
            String message = status == null ? null : status.getMessage();
            return message == null ? "" : message;
        } catch (RuntimeException noStatus) {
            // What stands in front of a server, or Go's own server, says a sentence; a page is of no use.
            String text = answer.body().toString(StandardCharsets.UTF_8).strip();
            return text.length() > MAX_MESSAGE || text.indexOf('<') >= 0 || text.indexOf('\n') >= 0 ? "" : text;
        }
    }

    private static String query(Selection<?> what) {
        String labels = what.labels();
        String name = what.name();
        return (labels == null ? "" : "labelSelector=" + encoded(labels) + "&")
                + (name == null ? "" : "fieldSelector=" + encoded("metadata.name=" + name) + "&");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    // ---- the link ----

    private synchronized Connection connection() throws SourceFailure {
        if (closed) {
            throw new SourceFailure(
                    SourceFailure.Kind.CLOSED, "the client of the Kubernetes API is closed, expected an open one");
        }
        Connection made = connection;
        if (made == null) {
            try {
                Config config = Configurations.of(options);
                // The client sends no user and password of an address, and messages must not show them.
                String url = config.getMasterUrl().replaceFirst("//[^/?#]*@", "//");
                String base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
                made = new Connection(base, Transport.of(config), new KubernetesSerialization());
            } catch (RuntimeException failed) {
                throw new SourceFailure(
                        SourceFailure.Kind.UNREACHABLE,
                        "the Kubernetes API cannot be reached with " + options + ": " + FailureWords.ofSettings(failed));
            }
            connection = made;
        }
        return made;
    }

    @Override
    public void close() {
        Connection last;
        synchronized (this) {
            closed = true;
            last = connection;
            connection = null;
        }
        if (last != null) {
            closeAfterWatches(last.http());
        }
    }

    /** Closing the client ends its threads, and with them whatever they have not sent yet, the close of a watch included: its connection would stay open. */
    private void closeAfterWatches(HttpClient http) {
        List<CompletableFuture<?>> over = new ArrayList<>();
        for (WatchStream<?> stream : streams) {
            stream.cancel();
            over.add(stream.over());
        }
        CompletableFuture.allOf(over.toArray(CompletableFuture[]::new))
                .orTimeout(CLOSE_SECONDS, TimeUnit.SECONDS)
                .whenComplete((done, thrown) -> http.close());
    }

    @Override
    public synchronized String toString() {
        Connection made = connection;
        return made == null ? "the Kubernetes API" : made.toString();
    }
}

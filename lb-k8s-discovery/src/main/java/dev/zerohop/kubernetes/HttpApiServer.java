package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNullElse;

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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The API server over fabric8's HTTP client, with its authentication, and over its models. Its own list, watch and informer are not used: they retry for ever
 * when the handshake of a watch answers that it has expired, and do not report that a watch is lost (docs/kubernetes.md). Thread-safe.
 */
final class HttpApiServer implements ApiServer {

    /** Objects of a page: some 4 MB of full slices. */
    static final int PAGE = 100;

    /** The longest answer: a page of slices with a thousand endpoints each has some 40 MB. */
    static final int MAX_BYTES = 64 << 20;

    /** How many characters of an answer that is not a Kubernetes object are shown. */
    private static final int MAX_MESSAGE = 200;

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    /** How long the server may take to answer the close of the watches. Then the client is closed in any case. */
    private static final long CLOSE_SECONDS = 5;

    private final KubernetesOptions options;

    /** Watches whose connections are open. */
    private final Set<WatchStream<?>> streams = ConcurrentHashMap.newKeySet();

    // Guarded by this.
    private @Nullable Connection connection;
    private boolean closed;

    /** The HTTP client and its configuration; created at the first use, since that reads files. */
    record Connection(String base, HttpClient http, KubernetesSerialization json) {
        HttpRequest.Builder request(String pathAndQuery) {
            return http.newHttpRequestBuilder().uri(URI.create(base + pathAndQuery));
        }

        @Override
        public String toString() {
            return "the Kubernetes API at " + base;
        }
    }

    /** An answer of any status. */
    private record Answer(int code, Duration retryAfter, ByteArrayOutputStream body) {
        <T> T read(Connection from, Class<T> type) {
            return from.json().unmarshal(new ByteArrayInputStream(body.toByteArray()), type);
        }

        /** The server's own message; empty if it has none. */
        String message(Connection from) {
            try {
                Status status = read(from, Status.class);
                return status == null ? "" : requireNonNullElse(status.getMessage(), "");
            } catch (RuntimeException noStatus) {
                // A proxy in front of the server, or Go's own server, answers with one sentence, which is shown; an
                // HTML page is not.
                String text = body.toString(StandardCharsets.UTF_8).strip();
                return text.length() > MAX_MESSAGE || text.indexOf('<') >= 0 || text.indexOf('\n') >= 0 ? "" : text;
            }
        }
    }

    HttpApiServer(KubernetesOptions options) {
        this.options = options;
    }

    @Override
    public <T extends HasMetadata> CompletableFuture<Page<T, String>> list(
            Selection<T> what, @Nullable String continueAt) {
        String query = query(what) + "limit=" + PAGE + (continueAt == null ? "" : "&continue=" + encoded(continueAt));
        return exchange(
                "list " + what,
                KubernetesFailure.permission(what),
                to -> to.request(what.path() + "?" + query),
                (from, answer) -> page(answer.read(from, what.kind().listType())));
    }

    private static <T extends HasMetadata> Page<T, String> page(KubernetesResourceList<T> list) {
        ListMeta about = list.getMetadata();
        String more = about.getContinue();
        return new Page<>(
                ObjectTransform.required(about.getResourceVersion(), "resourceVersion"),
                byName(list.getItems().stream().map(ObjectTransform::trim).toList()),
                more == null || more.isEmpty() ? null : more);
    }

    static <T extends HasMetadata> Map<String, T> byName(List<T> objects) {
        return objects.stream()
                .collect(Collectors.toMap(
                        object -> ObjectTransform.required(object.getMetadata().getName(), "name"),
                        object -> object,
                        (earlier, later) -> later));
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
     * Creates an object on the server, such as a review of this client's own permissions; completes with the server's version of it. Fails with a
     * {@link SourceFailure}, which contains {@code doing}, the request in words.
     */
    <T extends HasMetadata> CompletableFuture<T> create(String path, T object, Class<T> type, String doing) {
        return exchange(
                doing,
                "",
                to -> to.request(path).post("application/json", to.json().asJson(object)),
                (from, answer) -> answer.read(from, type));
    }

    // ---- one exchange ----

    /** Cancelling the future closes the connection at any stage. {@code permission} describes the permission that a 403 lacks. */
    private <T> CompletableFuture<T> exchange(
            String doing,
            String permission,
            Function<Connection, HttpRequest.Builder> request,
            BiFunction<Connection, Answer, T> read) {
        Connection to;
        try {
            to = connection();
        } catch (SourceFailure failure) {
            return CompletableFuture.failedFuture(failure);
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<Answer> sent = send(to.http(), request.apply(to));
        sent.whenComplete((answer, thrown) -> {
            try {
                if (thrown != null) {
                    throw thrown;
                }
                if (answer.code() / 100 != 2) {
                    throw KubernetesFailure.answered(
                            to.toString(), doing, permission, answer.code(), answer.message(to), answer.retryAfter());
                }
                result.complete(read.apply(to, answer));
            } catch (Throwable failed) {
                result.completeExceptionally(KubernetesFailure.unanswered(to.toString(), doing, failed));
            }
        });
        result.whenComplete((done, thrown) -> {
            if (result.isCancelled()) {
                sent.cancel(true);
            }
        });
        return result;
    }

    private static CompletableFuture<Answer> send(HttpClient http, HttpRequest.Builder request) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CompletableFuture<HttpResponse<AsyncBody>> sent;
        try {
            sent = http.consumeBytes(
                    request.timeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .build(),
                    (buffers, body) -> {
                        if (append(bytes, buffers)) {
                            body.consume();
                        } else {
                            answer.completeExceptionally(new IOException(
                                    "its answer is longer than " + MAX_BYTES + " bytes, expected at most so many"));
                            body.cancel();
                        }
                    });
        } catch (RuntimeException failed) {
            // The token file cannot be read, or the client was closed.
            return CompletableFuture.failedFuture(failed);
        }
        sent.whenComplete((response, thrown) -> {
            if (thrown != null) {
                answer.completeExceptionally(thrown);
                return;
            }
            AsyncBody body = response.body();
            body.done().whenComplete((done, broken) -> {
                if (broken != null) {
                    answer.completeExceptionally(broken);
                } else {
                    answer.complete(new Answer(response.code(), retryAfter(response), bytes));
                }
            });
            answer.whenComplete((done, failed) -> {
                if (answer.isCancelled()) {
                    body.cancel();
                }
            });
            if (!answer.isCancelled()) {
                body.consume();
            }
        });
        return answer;
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

    static Duration retryAfter(HttpResponse<?> response) {
        String seconds = response.header("Retry-After");
        return seconds != null && seconds.matches("\\d{1,4}")
                ? Duration.ofSeconds(Long.parseLong(seconds))
                : Duration.ZERO;
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

    // ---- the connection ----

    private synchronized Connection connection() throws SourceFailure {
        if (closed) {
            throw new SourceFailure(
                    SourceFailure.Kind.CLOSED, "the client of the Kubernetes API is closed, expected an open one");
        }
        if (connection == null) {
            try {
                Config config = Configurations.of(options);
                // The client sends no user and password of an address, and messages must not show them.
                String url = config.getMasterUrl().replaceFirst("//[^/?#]*@", "//");
                String base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
                connection = new Connection(base, Transport.of(config), new KubernetesSerialization());
            } catch (RuntimeException failed) {
                throw new SourceFailure(
                        SourceFailure.Kind.UNREACHABLE,
                        "the Kubernetes API cannot be used with " + options + ": " + FailureWords.ofSettings(failed));
            }
        }
        return connection;
    }

    @Override
    public void close() {
        Connection last;
        synchronized (this) {
            closed = true;
            last = connection;
            connection = null;
        }
        if (last == null) {
            return;
        }
        // Closing the client ends its threads and drops what they have not sent yet. If that were the close of a
        // watch, its connection would stay open.
        List<CompletableFuture<?>> over = new ArrayList<>();
        for (WatchStream<?> stream : streams) {
            stream.cancel();
            over.add(stream.over());
        }
        CompletableFuture.allOf(over.toArray(CompletableFuture[]::new))
                .orTimeout(CLOSE_SECONDS, TimeUnit.SECONDS)
                .whenComplete((done, thrown) -> last.http().close());
    }

    @Override
    public synchronized String toString() {
        return connection == null ? "the Kubernetes API" : connection.toString();
    }
}

package dev.zerohop.admin;

import static java.util.Objects.requireNonNull;

import dev.zerohop.BalancerRegistry;
import dev.zerohop.Cancellable;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Time;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests for the status page of the balancers of this process, without being a server: {@link StatusServer} or any other passes requests on to {@link #respond}. Make it before the
 * balancers: of those that exist already it knows the state, but no recent attempts and no events.
 *
 * <p>Three paths, below wherever it is mounted: {@code /} is the page, {@code /state.json} the same as JSON, {@code /explain?service=NAME&key=KEY} says where a key would go and why. Nothing that is asked changes
 * anything. It shows addresses, ids and settings, and checks no rights: the server decides which requests reach it.
 *
 * <p>Thread-safe. An answer costs O(members); attempts pay for their counters only.
 */
public final class StatusPage implements AutoCloseable {
    private static final Log LOG = Log.of(StatusPage.class);
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String HTML = "text/html; charset=utf-8";
    private static final String JSON = "application/json";
    private static final int SHOWN = 200;

    private final Observations observations;
    private final AllowedHosts hosts;
    private final Supplier<List<String>> about;
    private final Time time;
    private final Cancellable observing;

    /** An answer. One to HEAD has no body. Immutable, but for the bytes, which are the caller's. */
    public static final class Response {
        private final int status;
        private final String contentType;
        private final Map<String, String> headers;
        private final byte[] body;

        Response(int status, String contentType, Map<String, String> headers, byte[] body) {
            this.status = status;
            this.contentType = contentType;
            this.headers = Map.copyOf(headers);
            this.body = body;
        }

        /** The status of HTTP. */
        public int status() {
            return status;
        }

        /** The type of the body. */
        public String contentType() {
            return contentType;
        }

        /** Further headers, which are to be passed on: they keep a browser from running what is not the page's. */
        public Map<String, String> headers() {
            return headers;
        }

        /** The body. */
        public byte[] body() {
            return body;
        }

        /** The body as text. */
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    private final AtomicLong failures = new AtomicLong();

    private StatusPage(Builder builder) {
        this.time = builder.time;
        this.about = builder.about;
        this.hosts = new AllowedHosts(builder.hosts);
        this.observations = new Observations(builder.time);
        this.observing = BalancerRegistry.observe(observations);
    }

    /** A page with all defaults. */
    public static StatusPage create() {
        return builder().build();
    }

    /** Starts a page. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Answers one request.
     *
     * @param method of HTTP; all but GET and HEAD are answered with 405
     * @param host the header of this name; a name that is not this machine's is answered with 403, for a page of another site may have it resolved to this machine. Null is answered with 400
     * @param path below the mount point, beginning with a slash
     * @param query as it stands behind the question mark, not decoded; null for none
     */
    public Response respond(String method, @Nullable String host, String path, @Nullable String query) {
        return respond(method, host, hosts, path, query);
    }

    Response respond(String method, @Nullable String host, AllowedHosts allowed, String path, @Nullable String query) {
        boolean head = method.equals("HEAD");
        Response response;
        if (host == null) {
            response = refusal(400, "the request has no header Host");
        } else if (!allowed.allows(host)) {
            response = refusal(
                    403,
                    "the header Host was '" + Printable.text(host, SHOWN) + "', expected " + allowed
                            + ": other names have to be allowed explicitly");
        } else if (!head && !method.equals("GET")) {
            Map<String, String> headers = Headers.with("Allow", "GET, HEAD");
            byte[] body = bytes("this page only shows: GET and HEAD are all it knows\n");
            response = new Response(405, TEXT, headers, body);
        } else {
            response = answered(path, query);
        }
        return head
                ? new Response(response.status(), response.contentType(), response.headers(), new byte[0])
                : response;
    }

    /** Code of the application is asked on the way: its policies, what it says of itself. */
    private Response answered(String path, @Nullable String query) {
        try {
            return found(path, query);
        } catch (RuntimeException thrown) {
            long count = failures.incrementAndGet();
            // The first, and then each power of two.
            if (Long.bitCount(count) == 1) {
                LOG.warn("the status page could not be made ({} times so far)", count, thrown);
            }
            return refusal(500, "the status page could not be made: " + Printable.text(String.valueOf(thrown), SHOWN));
        }
    }

    private Response found(String path, @Nullable String query) {
        Query asked;
        try {
            asked = Query.parse(query);
        } catch (IllegalArgumentException malformed) {
            return refusal(400, String.valueOf(malformed.getMessage()));
        }
        return switch (path) {
            case "/", "" -> new Response(200, HTML, Headers.ALL, bytes(new Page(status(asked), asked).html()));
            case "/state.json" -> new Response(200, JSON, Headers.ALL, bytes(new StateDocument(status(asked)).json()));
            case "/explain" ->
                new Response(200, HTML, Headers.ALL, bytes(new ExplainPage(status(asked), asked).html()));
            default ->
                refusal(404, "there is no " + Printable.text(path, SHOWN) + ", only /, /state.json and /explain");
        };
    }

    /** A part of all services if the query asks for one. */
    private ProcessStatus status(Query asked) {
        List<String> lines;
        try {
            lines = about.get();
        } catch (RuntimeException thrown) {
            lines = List.of("what this process says of itself cannot be told: " + thrown);
        }
        return ProcessStatus.read(observations, time.now(), lines, asked.get("service"));
    }

    private static Response refusal(int status, String why) {
        return new Response(status, TEXT, Headers.ALL, bytes(why + "\n"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    Time time() {
        return time;
    }

    /** Names that the header Host may have, beside those of the builder: what a server is bound to. */
    AllowedHosts hosts() {
        return hosts;
    }

    /** Balancers that are made from now on are not observed. Requests are answered as before. Idempotent. */
    @Override
    public void close() {
        observing.cancel();
    }

    /** Builds a {@link StatusPage}. Not thread-safe. */
    public static final class Builder {
        private final List<String> hosts = new ArrayList<>();
        private Supplier<List<String>> about = List::of;
        private Time time = Time.system();

        private Builder() {}

        /** Further names, without a port, that the header {@code Host} may have: those by which a proxy in front of it is known. Default: {@code localhost} and addresses of loopback. */
        public Builder allowHosts(Collection<String> names) {
            hosts.addAll(names);
            return this;
        }

        /** What the process says of itself beside its balancers, a line each; asked for each answer, from any thread. Default: nothing. */
        public Builder about(Supplier<List<String>> lines) {
            this.about = requireNonNull(lines, "lines");
            return this;
        }

        /** Sets the clock. Default: the system's. */
        public Builder time(Time time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /**
         * Builds it, and begins to observe the balancers that are made from now on.
         *
         * @throws IllegalArgumentException if a host is no name or has a port
         */
        public StatusPage build() {
            return new StatusPage(this);
        }
    }
}

package dev.zerohop.okhttp;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.LoadReport;
import dev.zerohop.Log;
import dev.zerohop.Prober;
import dev.zerohop.probe.ProbeLimit;
import dev.zerohop.probe.SocketProber;
import java.io.IOException;
import java.net.Proxy;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import okhttp3.Authenticator;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.CookieJar;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the load of endpoints by a GET, as calls would reach them: under the logical name, with the TLS, protocols and time limits of the client that calls. With connections of its own, which are kept between
 * probes: one that is called off over HTTP/1 takes its connection with it, and must not take one from a call. The application's interceptors, cookies and credentials are not used, nor is a proxy; nothing is
 * followed and nothing repeated.
 */
final class LoadProber implements Prober {
    private static final Log LOG = Log.of(LoadProber.class);

    /** For who does not call a probe off. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final CheckTransport transport;
    private final String path;

    LoadProber(CheckTransport transport, String path) {
        this.transport = transport;
        this.path = path;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        EndpointTarget target = new EndpointTarget(endpoint);
        transport.opened(target);
        return target;
    }

    /** One endpoint, with its connections. */
    final class EndpointTarget implements Target {
        private final Destination destination;
        private final ProbeLimit limit = new ProbeLimit(transport.env().time());
        private final Dispatcher running = new Dispatcher();
        private final ConnectionPool pool = new ConnectionPool(
                ProbeLimit.UNDER_WAY, ZerohopOkHttp.DEFAULT_KEEP_ALIVE.toNanos(), TimeUnit.NANOSECONDS);
        private volatile @Nullable Made made;
        private volatile boolean closed;

        EndpointTarget(Endpoint endpoint) {
            this.destination = new Destination(transport.authority(), endpoint, RedirectScope.SAME_SERVICE);
        }

        @Override
        public Cancellable probe(Executor blocking, Consumer<Result> answer) {
            CheckTransport.Calls calls = closed ? null : transport.calls();
            if (calls == null || !limit.begin()) {
                answer.accept(Result.SKIPPED);
                return () -> {};
            }
            if (!transport.tryBegin()) {
                limit.end(false);
                answer.accept(Result.SKIPPED);
                return () -> {};
            }
            Probe probe = new Probe(this, calls, answer);
            try {
                blocking.execute(probe);
            } catch (RuntimeException | Error refused) {
                probe.end(Result.SKIPPED);
            }
            return probe;
        }

        /** What is under way ends; connections are closed on a thread that may block. */
        @Override
        public void close() {
            closed = true;
            transport.closed(this);
            running.cancelAll();
            evict();
        }

        private void evict() {
            transport.env().blocking().execute(pool::evictAll);
        }

        private Call newCall(CheckTransport.Calls calls) {
            Made known = made;
            if (known == null || known.of != calls) {
                known = new Made(calls, client(calls), request(calls));
                made = known;
            }
            return known.client.newCall(known.request);
        }

        private Request request(CheckTransport.Calls calls) {
            HttpUrl root = new HttpUrl.Builder()
                    .scheme(calls.https() ? "https" : "http")
                    .host(transport.authority())
                    .port(calls.port())
                    .build();
            String url = root.toString();
            return new Request.Builder()
                    .url(url.substring(0, url.length() - 1) + path)
                    .header("User-Agent", "zerohop-probe")
                    .build();
        }

        private OkHttpClient client(CheckTransport.Calls calls) {
            OkHttpClient of = calls.client();
            RouteDns dns = new RouteDns(of.dns(), new RouteSocketFactory(destination, of.socketFactory()));
            OkHttpClient.Builder own = of.newBuilder();
            own.interceptors().clear();
            own.networkInterceptors().clear();
            CheckTransport.ClientTls tls = calls.tls();
            if (tls != null) {
                tls.applyTo(own);
            }
            return own.dispatcher(running)
                    .connectionPool(pool)
                    .dns(dns)
                    .socketFactory(dns.sockets())
                    .proxy(Proxy.NO_PROXY)
                    .eventListener(EventListener.NONE)
                    .cache(null)
                    .cookieJar(CookieJar.NO_COOKIES)
                    .authenticator(Authenticator.NONE)
                    .followRedirects(false)
                    .followSslRedirects(false)
                    .retryOnConnectionFailure(false)
                    .callTimeout(LONGEST)
                    .build();
        }

        int connections() {
            return pool.connectionCount();
        }
    }

    /** What probes are made with, for as long as calls are made with the same. */
    private record Made(CheckTransport.Calls of, OkHttpClient client, Request request) {}

    /** One probe. */
    private final class Probe implements Runnable, Running {
        private final EndpointTarget target;
        private final CheckTransport.Calls calls;
        private final Consumer<Result> answer;
        private volatile boolean begun;
        private volatile boolean ended;
        private @Nullable Call call;
        private boolean cancelled;

        Probe(EndpointTarget target, CheckTransport.Calls calls, Consumer<Result> answer) {
            this.target = target;
            this.calls = calls;
            this.answer = answer;
        }

        @Override
        public void run() {
            begun = true;
            Result result;
            try {
                Call next = next();
                result = next == null ? Result.SKIPPED : ask(next);
            } catch (IOException | RuntimeException | Error failed) {
                result = Result.failure("GET " + path + " was not answered: " + SocketProber.reason(failed));
            }
            end(result);
        }

        private synchronized @Nullable Call next() {
            if (cancelled || target.closed) {
                return null;
            }
            Call next = target.newCall(calls);
            call = next;
            return next;
        }

        private Result ask(Call next) throws IOException {
            try (Response response = next.execute()) {
                if (!response.isSuccessful()) {
                    return Result.failure("GET " + path + " answered " + response.code() + ", expected 200 to 299");
                }
                Supplier<LoadReport> report = ReportHeaders.of(response);
                if (report == null) {
                    return Result.failure("GET " + path + " was answered without a load report");
                }
                try {
                    return Result.load(report.get());
                } catch (IllegalArgumentException none) {
                    return Result.failure("its load report cannot be read: " + none.getMessage());
                }
            }
        }

        private void end(Result result) {
            ended = true;
            target.limit.end(result.kind() == Result.Kind.FAILURE);
            transport.end();
            if (target.closed) {
                target.evict();
            }
            try {
                answer.accept(result);
            } catch (RuntimeException | Error refused) {
                LOG.warn("the load probe of {} is lost", target.destination, refused);
            }
        }

        @Override
        public boolean sent() {
            return begun;
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            // After the answer its connection is free for others.
            if (call != null && !ended) {
                call.cancel();
            }
        }
    }

    @Override
    public String toString() {
        return "GET " + path;
    }
}

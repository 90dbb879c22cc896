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
 *
 * <p>A probe that is called off while it still connects has no result, and goes on without one: the next probe finds its connection.
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
            try {
                transport.env().blocking().execute(pool::evictAll);
            } catch (RuntimeException | Error refused) {
                // The application's executor may be shut down before.
                pool.evictAll();
            }
        }

        private Call newCall(CheckTransport.Calls calls, Probe probe) {
            Made known = made;
            if (known == null || known.of != calls) {
                known = new Made(calls, client(calls), request(calls));
                made = known;
            }
            return known.client.newCall(
                    known.request.newBuilder().tag(Probe.class, probe).build());
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
                    .eventListenerFactory(LoadProber::events)
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

        int idleConnections() {
            return pool.idleConnectionCount();
        }
    }

    /** What probes are made with, for as long as calls are made with the same. */
    private record Made(CheckTransport.Calls of, OkHttpClient client, Request request) {}

    private static EventListener events(Call call) {
        Probe probe = call.request().tag(Probe.class);
        return probe == null ? EventListener.NONE : probe;
    }

    /** One probe, and what it sees of its call. */
    private final class Probe extends EventListener implements Runnable, Running {
        private final EndpointTarget target;
        private final CheckTransport.Calls calls;
        private final Consumer<Result> answer;
        private volatile boolean sent;
        private @Nullable Call call;
        private boolean cancelled;
        private boolean leftBehind;
        private boolean ended;

        Probe(EndpointTarget target, CheckTransport.Calls calls, Consumer<Result> answer) {
            this.target = target;
            this.calls = calls;
            this.answer = answer;
        }

        @Override
        public void run() {
            try {
                Call next = next();
                if (next == null) {
                    end(Result.SKIPPED);
                } else {
                    ask(next);
                }
            } catch (IOException | RuntimeException | Error failed) {
                end(Result.failure("GET " + path + " was not answered: " + SocketProber.reason(failed)));
            } finally {
                if (target.closed) {
                    target.evict();
                }
            }
        }

        private synchronized @Nullable Call next() {
            if (cancelled || target.closed) {
                return null;
            }
            Call next = target.newCall(calls, this);
            call = next;
            return next;
        }

        private void ask(Call next) throws IOException {
            // The answer comes first: to close it reads on for up to 100 ms if it has a body.
            try (Response response = next.execute()) {
                end(result(response));
            }
        }

        private Result result(Response response) {
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

        private void end(Result result) {
            boolean answered;
            synchronized (this) {
                if (ended) {
                    return;
                }
                ended = true;
                answered = leftBehind;
            }
            target.limit.end(result.kind() == Result.Kind.FAILURE);
            transport.end(answered);
            if (!answered) {
                answer(result);
            }
        }

        private void answer(Result result) {
            try {
                answer.accept(result);
            } catch (RuntimeException | Error refused) {
                LOG.warn("the load probe of {} is lost", target.destination, refused);
            }
        }

        @Override
        public void requestHeadersStart(Call begun) {
            sent = true;
        }

        @Override
        public boolean sent() {
            return sent;
        }

        @Override
        public void cancel() {
            synchronized (this) {
                cancelled = true;
                // After the answer its connection is free for others.
                if (ended || leftBehind) {
                    return;
                }
                Call begun = call;
                if (begun != null) {
                    if (sent || !transport.tryLeaveBehind()) {
                        begun.cancel();
                        return;
                    }
                    leftBehind = true;
                }
            }
            if (leftBehind) {
                answer(Result.SKIPPED);
            } else {
                // It may never get a thread.
                end(Result.SKIPPED);
            }
        }
    }

    @Override
    public String toString() {
        return "GET " + path;
    }
}

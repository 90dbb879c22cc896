package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Outcome;
import dev.zerohop.Target;
import dev.zerohop.okhttp.NoEndpointIOException;
import dev.zerohop.okhttp.ZerohopOkHttp;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Calls over HTTP, one thread for each call under way. */
final class HttpCaller implements Caller {
    /** The logical name in the URL; the balancer chooses the server. */
    private static final String SERVICE = "target";

    /** If connecting takes longer, another endpoint is tried. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

    /** The call that this thread runs; a thread runs one at a time, of one caller. */
    private static final ThreadLocal<Attempts> RUNNING = new ThreadLocal<>();

    private final Observer observer = new Observer();
    private final Balancer balancer;
    private final ZerohopOkHttp routing;
    private final OkHttpClient client;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "zerohop-http");
        thread.setDaemon(true);
        return thread;
    });
    private final String url;

    /** The attempts of one call; OkHttp makes them all on the call's own thread. */
    private static final class Attempts {
        private int picks;
        private @Nullable String endpoint;
        private @Nullable Outcome last;
    }

    HttpCaller(Target target, Settings settings, long timeoutNanos, String path) {
        Balancer.Builder builder = Balancer.builder(target.text())
                .resolver(Targets.newResolver(target))
                .adapter("okhttp")
                .listener(observer);
        if (settings.json() == null) {
            builder.defaults(settings.parsed()).followSourceConfiguration(Checkless::of);
        } else {
            builder.settings(settings.parsed());
        }
        this.balancer = builder.build();
        this.routing = ZerohopOkHttp.builder().route(SERVICE, balancer).build();
        Duration timeout = Duration.ofNanos(timeoutNanos);
        this.client = routing.install(new OkHttpClient.Builder()
                        .callTimeout(timeout)
                        .connectTimeout(timeout.compareTo(CONNECT_TIMEOUT) < 0 ? timeout : CONNECT_TIMEOUT)
                        .readTimeout(timeout)
                        .writeTimeout(timeout)
                        .followRedirects(false))
                .build();
        this.url = "http://" + SERVICE + path;
        balancer.start();
    }

    @Override
    public void awaitReady(long nanos) throws InterruptedException {
        var ignored = observer.await(nanos);
    }

    @Override
    public void call(@Nullable EndpointSelector key, Consumer<CallResult> done) {
        threads.execute(() -> done.accept(execute(key)));
    }

    private CallResult execute(@Nullable EndpointSelector key) {
        Request.Builder request = new Request.Builder().url(url);
        if (key != null) {
            request.tag(EndpointSelector.class, key);
        }
        Attempts attempts = new Attempts();
        RUNNING.set(attempts);
        String error = null;
        String cause = null;
        String server = null;
        try (Response response = client.newCall(request.build()).execute()) {
            server = response.header(EchoHttp.SERVER_ID);
            response.body().bytes();
            if (response.code() >= 400) {
                error = "HTTP_" + response.code();
                cause = "answered by " + attempts.endpoint + " with " + response.code() + " " + response.message();
            }
        } catch (IOException failed) {
            error = name(failed, attempts);
            cause = words(failed);
        } catch (RuntimeException broken) {
            // A load generator counts unknown failures; it does not stop.
            error = "UNKNOWN";
            cause = broken.toString();
        } finally {
            RUNNING.remove();
        }
        return new CallResult(error, attempts.endpoint, server, Math.max(0, attempts.picks - 1), cause);
    }

    /** The message of a failure, with those of its suppressed exceptions: a time-out has the failures before it there. */
    private static String words(IOException failed) {
        String text = String.valueOf(failed.getMessage());
        for (Throwable before : failed.getSuppressed()) {
            String message = String.valueOf(before.getMessage());
            if (!text.contains(message)) {
                text += "; before that: " + message;
            }
        }
        return text;
    }

    private static String name(IOException failed, Attempts attempts) {
        if (failed instanceof NoEndpointIOException) {
            return "NO_ENDPOINT";
        }
        if (failed instanceof ConnectException
                || failed instanceof NoRouteToHostException
                || failed instanceof UnknownHostException
                || attempts.last == Outcome.CONNECT_FAILURE) {
            return "CONNECT";
        }
        return failed instanceof InterruptedIOException ? "TIMEOUT" : "UNAVAILABLE";
    }

    @Override
    public @Nullable String unconfigured() {
        return balancer.current().unconfigured();
    }

    @Override
    public @Nullable String unnumbered() {
        return balancer.current().snapshot().unnumbered();
    }

    @Override
    public RejectedValues rejected() {
        return observer.rejected();
    }

    @Override
    public void close() {
        client.dispatcher().cancelAll();
        threads.shutdown();
        routing.close();
        balancer.close();
    }

    private static final class Observer extends FirstAnswer {
        @Override
        public void onPick(String service, Endpoint endpoint) {
            Attempts attempts = RUNNING.get();
            if (attempts != null) {
                attempts.picks++;
                attempts.endpoint = endpoint.id();
            }
        }

        @Override
        public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
            Attempts attempts = RUNNING.get();
            if (attempts != null) {
                attempts.last = outcome;
            }
        }
    }
}

package dev.zerohop.gateway;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdClientBuilder;
import dev.zerohop.etcd.GolbZone;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * A reverse proxy over the golb functions of one zone, for callers that cannot embed the library.
 *
 * <p>{@code /function/NAME/REST} goes to an endpoint of the function as {@code /REST}. Each request holds a thread while it runs. Thread-safe.
 */
public final class Gateway implements AutoCloseable {

    /** How long the start waits for etcd's first answer. */
    static final Duration FIRST_READ = Duration.ofSeconds(2);

    /** How long requests under way may take when the gateway stops. */
    public static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration IDLE_CONNECTION = Duration.ofSeconds(60);

    /** Threads that run no request: acceptors, selectors, and those that reject requests over the limit. */
    private static final int OTHER_THREADS = 32;

    /** A proxy passes paths on and opens no files, so every path is accepted except encoded dot segments. */
    static final UriCompliance PATHS = UriCompliance.from(
            "RFC3986,AMBIGUOUS_PATH_SEPARATOR,AMBIGUOUS_EMPTY_SEGMENT,AMBIGUOUS_PATH_PARAMETER,AMBIGUOUS_PATH_ENCODING,SUSPICIOUS_PATH_CHARACTERS");

    private final EtcdClient etcd;
    private final GolbZone zone;
    private final Functions functions;
    private final OkHttpClient client;
    private final DisconnectWatch disconnects;
    private final Server server;
    private final ServerConnector connector;

    /**
     * The limits of a gateway.
     *
     * @param requests under way at once; further ones are rejected
     * @param functions whose endpoints are followed at once
     * @param connect how long a connection to an endpoint may take
     * @param silence how long an endpoint or a client may neither send nor receive anything
     * @param slow how long a client may take to send the head of a request, and how far it may fall behind a rate of 1 KiB a second with its body
     */
    record Limits(int requests, int functions, Duration connect, Duration silence, Duration slow) {
        static final Limits DEFAULT =
                new Limits(512, 1024, Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofSeconds(20));
    }

    private Gateway(GatewaySettings settings, Consumer<String> log, Limits limits) {
        EtcdClientBuilder builder = EtcdClient.builder().servers(settings.etcd().toArray(String[]::new));
        this.etcd = (settings.etcdTls() ? builder.tls() : builder).build();
        Zone listener = new Zone(log);
        this.zone = GolbZone.follow(etcd, settings.zone(), listener);
        this.client = new OkHttpClient.Builder()
                .followRedirects(false)
                .followSslRedirects(false)
                .connectTimeout(limits.connect())
                .readTimeout(limits.silence())
                .writeTimeout(limits.silence())
                .build();
        this.functions = new Functions(zone, settings, client, limits.functions());
        listener.functions = functions;
        SlowHeads heads = new SlowHeads(limits.slow());
        this.disconnects = new DisconnectWatch(Env.system(), heads);
        QueuedThreadPool threads = new QueuedThreadPool(limits.requests() + OTHER_THREADS);
        threads.setName("zerohop-gateway");
        this.server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        // The endpoint's date is passed on, and Jetty would add a second one.
        http.setSendDateHeader(false);
        http.setMaxResponseHeaderSize(2 * AnswerHead.LIMIT);
        http.setIdleTimeout(limits.silence().plusSeconds(10).toMillis());
        http.setUriCompliance(PATHS);
        this.connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setPort(settings.port());
        connector.setIdleTimeout(IDLE_CONNECTION.toMillis());
        connector.addEventListener(heads);
        server.addConnector(connector);
        server.setHandler(
                new GracefulHandler(new ForwardingHandler(settings, functions, disconnects, heads, limits, log)));
        server.setErrorHandler(new Refusals());
        server.setStopTimeout(STOP_TIMEOUT.toMillis());
    }

    /**
     * Starts a gateway: returns when it listens, which is after etcd's first answer, or after 2 seconds without one.
     *
     * @param log receives log lines, from any thread
     * @throws IllegalArgumentException if the file that {@code ZEROHOP_CONFIG} names cannot be used for etcd
     * @throws IOException if it cannot listen
     */
    public static Gateway start(GatewaySettings settings, Consumer<String> log)
            throws IOException, InterruptedException {
        return start(settings, log, Limits.DEFAULT);
    }

    static Gateway start(GatewaySettings settings, Consumer<String> log, Limits limits)
            throws IOException, InterruptedException {
        Gateway gateway = new Gateway(requireNonNull(settings, "settings"), requireNonNull(log, "log"), limits);
        String oddity = settings.oddity();
        if (oddity != null) {
            log.accept(oddity);
        }
        try {
            gateway.listen(settings.port());
            return gateway;
        } catch (IOException | InterruptedException | RuntimeException failed) {
            gateway.close();
            throw failed;
        }
    }

    private void listen(int port) throws IOException, InterruptedException {
        try {
            zone.read().get(FIRST_READ.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException down) {
            // Requests are answered with the reason until etcd answers.
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
        try {
            server.start();
        } catch (Exception failed) {
            // Jetty's message has the address, that of its cause the reason.
            Throwable why = failed.getCause() == null ? failed : failed.getCause();
            throw new IOException("cannot listen on port " + port + ": " + why.getMessage(), failed);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return connector.getLocalPort();
    }

    /** The open ways; those without gateways count separately. */
    int ways() {
        return functions.open();
    }

    /** Stops accepting, waits for requests under way for at most {@link #STOP_TIMEOUT}, and closes everything. Idempotent. */
    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception cut) {
            // Requests that did not end in time were cut off.
        } finally {
            disconnects.close();
            functions.close();
            zone.close();
            etcd.close();
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }

    private static final class Zone implements GolbZone.Listener {
        private final Consumer<String> log;
        private volatile @Nullable Functions functions;

        Zone(Consumer<String> log) {
            this.log = log;
        }

        @Override
        public void onFunctions(Set<String> now) {
            Functions open = functions;
            if (open != null) {
                open.retain(now);
            }
        }

        @Override
        public void onRejected(String reason) {
            log.accept("error: a value is rejected: " + reason);
        }

        @Override
        public void onLost(String reason) {
            log.accept("etcd cannot be read, the last good values stay in force: " + reason);
        }

        @Override
        public void onAnswer() {
            log.accept("etcd answers");
        }
    }
}

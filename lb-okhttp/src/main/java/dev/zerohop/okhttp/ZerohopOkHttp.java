package dev.zerohop.okhttp;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.BalancerSettings;
import dev.zerohop.CallTracer;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.resolver.SharedResolvers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * Routes the calls of OkHttp clients to logical names straight to the endpoints of a service, without a proxy in between.
 *
 * <pre>{@code
 * ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
 *     .route("orders", "k8s:///shop/orders:http")
 *     .build();
 * OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
 * client.newCall(new Request.Builder().url("http://orders/v1/42").build()).execute();
 * }</pre>
 *
 * <p>A call whose URL has a routed name as its host goes to an endpoint that the name's balancer picks; the endpoint's port is used, whatever port
 * the URL has. URL, Host header, cookies, SNI and the certificate check keep the logical name. Calls to other hosts are left alone. Connections
 * are pooled per endpoint; they are closed when the endpoint leaves, those in use when their last call ends.
 *
 * <p>What cannot be routed: URLs whose host is an IP literal, and calls through a proxy (a routed call goes direct). A redirect of a WebSocket
 * handshake to another host goes where the client's own resolver says.
 *
 * <p>Thread-safe and meant to be shared by all clients of a process. {@link #close} stops the balancers that were made from targets. Needs OkHttp 5.4
 * or later.
 */
public final class ZerohopOkHttp implements AutoCloseable {
    /** How much of a body is read by default in search of a key. */
    public static final long DEFAULT_KEY_BODY_LIMIT = 1 << 20;

    /** How many idle connections are kept per endpoint by default: as many as OkHttp's dispatcher runs asynchronous calls at once. */
    public static final int DEFAULT_IDLE_CONNECTIONS = 64;

    /** How long an idle connection is kept by default; OkHttp's own default. */
    public static final Duration DEFAULT_KEEP_ALIVE = Duration.ofMinutes(5);

    /** What kind of client its balancers balance for. */
    static final String ADAPTER = "okhttp";

    private final Map<String, Service> services;
    private final LeakGuard guard;
    private final RoutingInterceptor routing;
    private final boolean keepDispatcherLimits;

    private ZerohopOkHttp(Builder builder) {
        this.keepDispatcherLimits = builder.keepDispatcherLimits;
        this.guard = new LeakGuard(builder.env.time());
        Service.Options options = new Service.Options(
                builder.env,
                BalancerRegistry.tracer(builder.tracers),
                builder.env.serial(this),
                new Service.IdleConnections(builder.idleConnections, builder.keepAlive),
                builder.strictReuse,
                builder.redirects);
        Map<String, Service> made = new LinkedHashMap<>();
        builder.balancers.forEach((host, balancer) -> {
            KeyReader keys = new KeyReader(builder.keyBodyLimit);
            made.put(host, new Service(host, balancer, false, options, keys, new CheckTransport(host, builder.env)));
        });
        try {
            builder.targets.forEach((host, target) -> {
                KeyReader keys = new KeyReader(builder.keyBodyLimit);
                CheckTransport checks = new CheckTransport(host, builder.env);
                Balancer balancer = builder.balancer(host, target, checks);
                made.put(host, new Service(host, balancer, true, options, keys, checks));
            });
        } catch (RuntimeException | Error rejected) {
            // Their listeners were made and are not to wait for their end for ever.
            made.values().forEach(Service::close);
            throw rejected;
        }
        this.services = Map.copyOf(made);
        this.routing = RoutingInterceptor.of(services, guard);
        made.values().forEach(Service::start);
    }

    /** Starts a routing. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The shortest way: makes the clients of this builder route one name to one target, with all defaults, for as long as the process lives.
     *
     * @return the same builder
     * @throws IllegalArgumentException if the name or the target cannot be used
     * @throws IllegalStateException if the OkHttp on the class path is older than 5.4
     */
    public static OkHttpClient.Builder install(OkHttpClient.Builder client, String name, String target) {
        return builder().route(name, target).build().install(client);
    }

    /**
     * Makes the clients of this builder route. Call it after the client's own interceptors were added: those before see each call once, those added
     * later see each attempt. From the latter a {@code Retry-After} of 0 or of more than nine digits on an answer 503 is hidden, because OkHttp would act
     * on it; the others and the caller see it as it was sent.
     *
     * <p>The dispatcher lets 5 asynchronous calls run at once per host name unless it is configured otherwise, which is far too few for a service of many
     * endpoints under one name. A limit of 5 is therefore raised to the dispatcher's limit for all hosts ({@code maxRequests}, 64 by default); any
     * other value is taken for a decision and left alone, as is a dispatcher that is given to the builder later. See
     * {@link Builder#keepDispatcherLimits}.
     *
     * <p>Several routings can be installed on one builder if they route different names; all stand where the first was installed.
     *
     * @return the same builder
     * @throws IllegalStateException if a routing of the same name was installed on this builder before
     */
    public OkHttpClient.Builder install(OkHttpClient.Builder client) {
        List<Interceptor> application = client.interceptors();
        List<Interceptor> network = client.networkInterceptors();
        RoutingInterceptor all = routing;
        int at = application.size();
        for (int i = 0; i < application.size(); i++) {
            if (application.get(i) instanceof RoutingInterceptor before) {
                all = before.and(routing);
                at = i;
            }
        }
        if (at == application.size()) {
            application.add(all);
        } else {
            application.set(at, all);
            network.removeIf(ServiceBorderInterceptor.class::isInstance);
        }
        // The outermost, so that the user's own network interceptors see redirects as the server sent them.
        network.add(0, all.border());
        OkHttpClient made = client.build();
        services.values().forEach(service -> service.checks().installed(made));
        if (!keepDispatcherLimits) {
            DispatcherLimits.raise(made.dispatcher(), services.keySet());
        }
        return client;
    }

    /**
     * The balancer of a routed name, for {@code explain} and the like.
     *
     * @throws IllegalArgumentException if the name is not routed
     */
    public Balancer balancer(String name) {
        Service service = services.get(Builder.canonical(name));
        if (service == null) {
            throw new IllegalArgumentException("'" + name + "' is not routed, expected one of " + services.keySet());
        }
        return service.balancer();
    }

    /**
     * The endpoint of the call's attempt under way or, between and after attempts, of its last one. For interceptors that were added after
     * {@link #install}, event listeners and whatever gets the response: the addresses in OkHttp's events have the port of the URL, this one has its own.
     *
     * <p>An endpoint with several addresses is connected to at several of them at once; that one of these tries has failed can be reported when the next
     * attempt has begun already. {@link #endpoint(Connection)} is exact.
     *
     * @return null if the call is not routed, has been redirected to a host that is not routed, or has had no endpoint yet
     */
    public static @Nullable Endpoint endpoint(Call call) {
        CallState state = call.tag(CallState.class);
        EndpointRoute route = state == null ? null : state.route();
        return route == null ? null : route.endpoint();
    }

    /**
     * The endpoint that a connection leads to. For network interceptors and event listeners: {@link Connection#route} has the port of the URL, this one
     * has its own.
     *
     * @return null if the connection was not made for a routed call
     */
    public static @Nullable Endpoint endpoint(Connection connection) {
        return EndpointRoute.endpoint(connection);
    }

    /**
     * Stops the balancers that were made from targets; those that were passed in go on. Idle connections are closed, calls under way end in peace,
     * later calls to routed names fail with {@link NoEndpointIOException}. Idempotent.
     */
    @Override
    public void close() {
        services.values().forEach(Service::close);
    }

    int watchedBodies() {
        return guard.watched();
    }

    int connections() {
        return services.values().stream().mapToInt(Service::connectionCount).sum();
    }

    int routes() {
        return services.values().stream().mapToInt(Service::routeCount).sum();
    }

    @Override
    public String toString() {
        return "ZerohopOkHttp" + services.keySet();
    }

    /** Builds a {@link ZerohopOkHttp}. Not thread-safe. */
    public static final class Builder {
        private final Map<String, Balancer> balancers = new LinkedHashMap<>();
        private final Map<String, Target> targets = new LinkedHashMap<>();
        private Env env = Env.system();
        private @Nullable BalancerSettings settings;
        private final List<BalancerListener.Factory> listeners = new ArrayList<>();
        private final List<CallTracer> tracers = new ArrayList<>();
        private long keyBodyLimit = DEFAULT_KEY_BODY_LIMIT;
        private int idleConnections = DEFAULT_IDLE_CONNECTIONS;
        private Duration keepAlive = DEFAULT_KEEP_ALIVE;
        private boolean keepDispatcherLimits;
        private boolean strictReuse;
        private RedirectScope redirects = RedirectScope.AS_CLIENT;

        private Builder() {}

        /**
         * Routes a logical name to a balancer, which the caller starts and closes and may share with other clients.
         *
         * @throws IllegalArgumentException if the name is not a host name, is an IP literal, or was routed before
         */
        public Builder route(String name, Balancer balancer) {
            balancers.put(unrouted(name), requireNonNull(balancer, "balancer"));
            return this;
        }

        /**
         * Routes a logical name to a target, for example {@code k8s:///shop/orders:http}. {@link #build} makes a balancer for it that shares the target's
         * watch with the rest of the process, and that takes configurations from its source if the source has any; it is closed with the routing.
         *
         * @throws IllegalArgumentException if the name cannot be routed (see {@link #route(String, Balancer)}) or the text is not a target
         */
        public Builder route(String name, String target) {
            targets.put(unrouted(name), Target.parse(target));
            return this;
        }

        private String unrouted(String name) {
            String host = canonical(name);
            if (balancers.containsKey(host) || targets.containsKey(host)) {
                throw new IllegalArgumentException("'" + name + "' was routed twice, expected each name once");
            }
            return host;
        }

        private Balancer balancer(String host, Target target, CheckTransport checks) {
            Balancer.Builder builder = Balancer.builder(host)
                    .env(env)
                    .resolver(SharedResolvers.of(target, env))
                    .defaults(Configurations.defaults())
                    .followSourceConfiguration()
                    .probeTransport(checks)
                    .adapter(ADAPTER);
            listeners.forEach(builder::listener);
            if (settings != null) {
                builder.settings(settings);
            }
            return builder.build();
        }

        /** The name as it stands in a URL. */
        private static String canonical(String name) {
            requireNonNull(name, "name");
            String host;
            try {
                host = new HttpUrl.Builder().scheme("http").host(name).build().host();
            } catch (IllegalArgumentException notAHost) {
                throw new IllegalArgumentException(
                        "name was '" + name + "', expected a host name without scheme and port, such as orders",
                        notAHost);
            }
            if (Addresses.isLiteral(host)) {
                throw new IllegalArgumentException("name was '" + name
                        + "', expected a host name: OkHttp connects to an IP literal without looking anything up");
            }
            return host;
        }

        /** Sets clock and threads. Default: {@link Env#system}. */
        public Builder env(Env env) {
            this.env = requireNonNull(env, "env");
            return this;
        }

        /**
         * Sets how routed targets are balanced while their source does not configure it. Default: {@link Configurations#defaults}, which do not hold when the
         * source's first configuration is rejected; what is set here does. Services that differ in this get a balancer of their own.
         */
        public Builder settings(BalancerSettings settings) {
            this.settings = requireNonNull(settings, "settings");
            return this;
        }

        /**
         * Adds a listener of the balancers of routed targets, the same for all of them. Default: none. A balancer that was {@linkplain #route(String, Balancer) passed in} keeps the
         * listeners that it was built with, and reports what calls through this client meet to them.
         */
        public Builder listener(BalancerListener listener) {
            requireNonNull(listener, "listener");
            return listener(balancer -> listener);
        }

        /** Adds a factory that is asked for a listener of each balancer of a routed target, when {@link #build} makes it. */
        public Builder listener(BalancerListener.Factory factory) {
            this.listeners.add(requireNonNull(factory, "factory"));
            return this;
        }

        /**
         * Adds a tracer of the calls to all routed names, beside those of {@link BalancerRegistry#trace}. It is asked in the thread that makes the call, above the interceptors that were added
         * after {@link ZerohopOkHttp#install}, and is told of each request on the wire below all of them. Default: none.
         */
        public Builder tracer(CallTracer tracer) {
            this.tracers.add(requireNonNull(tracer, "tracer"));
            return this;
        }

        /**
         * Sets how many bytes of a request body are read at the most in search of a key; a call with a longer body fails. Default:
         * {@link #DEFAULT_KEY_BODY_LIMIT}.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder keyBodyLimit(long bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("key body limit was " + bytes + ", expected at least 1");
            }
            this.keyBodyLimit = bytes;
            return this;
        }

        /**
         * Sets how many idle connections are kept per endpoint, and for how long. Default: {@value #DEFAULT_IDLE_CONNECTIONS} for 5 minutes. A server
         * that closes idle connections sooner makes calls fail that are not idempotent: keep them for less time than it does.
         *
         * @throws IllegalArgumentException if the number is negative or the time not positive
         */
        public Builder idleConnections(int perEndpoint, Duration keepAlive) {
            if (perEndpoint < 0) {
                throw new IllegalArgumentException(
                        "idle connections per endpoint were " + perEndpoint + ", expected 0 or more");
            }
            if (requireNonNull(keepAlive, "keepAlive").isNegative() || keepAlive.isZero()) {
                throw new IllegalArgumentException("keep-alive was " + keepAlive + ", expected > 0");
            }
            this.idleConnections = perEndpoint;
            this.keepAlive = keepAlive;
            return this;
        }

        /**
         * Uses a connection of HTTP/1 again only if it is known that nothing was sent on it after the last answer: under TLS never, without TLS not after an
         * answer that has no body (to HEAD, 204, 304), since what is sent then in spite of that may still be on its way. Costs such calls a connection each.
         * Default: off. What is seen after the end of an answer without TLS keeps a connection from being used again in any case.
         */
        public Builder strictReuse() {
            this.strictReuse = true;
            return this;
        }

        /** Sets which redirects of routed services are followed. Default: {@link RedirectScope#AS_CLIENT}. */
        public Builder redirects(RedirectScope scope) {
            this.redirects = requireNonNull(scope, "scope");
            return this;
        }

        /** Leaves the dispatcher's limits as they are; see {@link ZerohopOkHttp#install}. */
        public Builder keepDispatcherLimits() {
            this.keepDispatcherLimits = true;
            return this;
        }

        /**
         * Builds the routing and starts the balancers of its targets.
         *
         * @throws IllegalArgumentException if a target does not say what its scheme needs
         * @throws IllegalStateException if the OkHttp on the class path is older than 5.4
         */
        public ZerohopOkHttp build() {
            OkHttpVersion.require();
            return new ZerohopOkHttp(this);
        }
    }
}

package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Dice;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.Time;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.CountedTime;
import dev.zerohop.testing.LeaseLedger;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Cache;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;

/** Three services over real servers that come and go, and a client, all of whose leases and timers are counted. */
final class SoakFleet implements AutoCloseable {
    /** OkHttp looks for connections whose calls were forgotten once in this time. */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(1);

    private static final String CALL = "X-Soak";

    /** They report each of the failures that are wanted here. */
    private static final List<Logger> NOISY = Stream.of("okhttp3.OkHttpClient", "mockwebserver3.MockWebServer")
            .map(Logger::getLogger)
            .toList();

    final CountedTime time = new CountedTime(Time.system());
    final LeaseLedger ledger = new LeaseLedger();
    final Set<Integer> ports = ConcurrentHashMap.newKeySet();

    /** Bodies that were left open to the garbage collector. */
    final AtomicInteger forgotten = new AtomicInteger();

    final OkHttpClient client;
    final OkHttpClient caching;
    private final Protocol protocol;
    private final ThreadPoolExecutor blocking = (ThreadPoolExecutor) Executors.newCachedThreadPool();
    private final Env env = new Env(time, Dice.threadLocal(), blocking);
    private final Map<String, CompletableFuture<Void>> awaited = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final Queue<TestServer> started = new ConcurrentLinkedQueue<>();

    private final ScriptedResolver orders = new ScriptedResolver();
    private final ScriptedResolver users = new ScriptedResolver();
    private final ScriptedResolver shards = new ScriptedResolver();
    private final List<Balancer> balancers = new ArrayList<>();
    private final ZerohopOkHttp zerohop;
    private final Queue<ZerohopOkHttp> closed = new ConcurrentLinkedQueue<>();
    private final List<TestServer> servers = new ArrayList<>();
    private final TestServer steady;
    private final Cache cache;

    SoakFleet(Protocol protocol, Path cache) throws IOException {
        NOISY.forEach(logger -> logger.setLevel(Level.OFF));
        this.protocol = protocol;
        this.cache = new Cache(cache.toFile(), 10_000_000);
        for (int i = 0; i < 4; i++) {
            servers.add(server("s" + i));
        }
        steady = server("steady");
        BalancerSettings defaults = Configurations.defaults();
        BalancerSettings settings = BalancerSettings.builder(Pickers.leastRequest())
                .stages(defaults.stages())
                .ejection(defaults.ejection())
                .retry(new TestPolicies.Retry(3))
                .build();
        BalancerSettings keyed =
                Configurations.parse("{\"policy\": {\"shard\": {\"strategy\": \"modulo\", \"shards\": 3,"
                        + " \"ownerDown\": \"WAIT\"}}, \"key\": {\"query\": \"user\", \"as\": \"integer\"}}");
        zerohop = ZerohopOkHttp.builder()
                .env(env)
                .idleConnections(5, KEEP_ALIVE)
                .route("orders", balancer("orders", orders, settings))
                .route("users", balancer("users", users, settings))
                .route("shards", balancer("shards", shards, keyed))
                .build();
        client = zerohop.install(patient()).build();
        caching = client.newBuilder().cache(this.cache).build();
        users.push(steady.endpoint());
        change(0);
    }

    private OkHttpClient.Builder patient() {
        return new OkHttpClient.Builder()
                .protocols(List.of(protocol))
                .connectTimeout(Duration.ofMinutes(1))
                .readTimeout(Duration.ofMinutes(1))
                .writeTimeout(Duration.ofMinutes(1));
    }

    private Balancer balancer(String name, ScriptedResolver resolver, BalancerSettings settings) {
        Balancer balancer = Balancer.builder(name)
                .env(env)
                .resolver(resolver)
                .settings(settings)
                .listener(ledger)
                .build();
        balancer.start();
        balancers.add(balancer);
        return balancer;
    }

    // ---- servers ----

    private TestServer server(String id) throws IOException {
        TestServer server = new TestServer(id, null, List.of(protocol));
        server.observer = request -> {
            String number = request.getHeaders().get(CALL);
            CompletableFuture<Void> waiting = number == null ? null : awaited.get(number);
            if (waiting != null) {
                waiting.complete(null);
            }
            server.log.clear();
        };
        server.answer = request -> answer(request, id);
        ports.add(server.port());
        started.add(server);
        return server;
    }

    private static MockResponse answer(RecordedRequest request, String id) {
        String path = request.getUrl().encodedPath();
        MockResponse.Builder answer = new MockResponse.Builder();
        switch (path) {
            case "/error" -> answer.code(500).body(id);
            case "/busy" -> answer.code(503).addHeader("Retry-After", "1").body(id);
            case "/drop" -> answer.onResponseStart(new SocketEffect.CloseSocket());
            case "/cut" -> answer.body("x".repeat(200_000)).onResponseBody(new SocketEffect.CloseSocket());
            case "/long" -> answer.body("x".repeat(200_000));
            case "/stall" -> answer.onResponseStart(SocketEffect.Stall.INSTANCE);
            case "/trailers" -> answer.chunkedBody("x".repeat(5_000), 100).trailers(Headers.of("checksum", "7f"));
            case "/events" -> answer.body("data: 1\n".repeat(10_000)).throttleBody(80, 5, TimeUnit.MILLISECONDS);
            case "/echo" -> answer.webSocketUpgrade(new Echo(false));
            case "/cut-socket" -> answer.webSocketUpgrade(new Echo(true));
            case "/no-socket" -> answer.code(403).body("no");
            case "/away" ->
                answer.code(302).addHeader("Location", "http://users/ok").body("gone");
            case "/round" -> answer.code(307).addHeader("Location", "http://users/back");
            case "/back" -> answer.code(307).addHeader("Location", "http://orders/ok");
            case "/cached" -> answer.addHeader("Cache-Control", "max-age=3600").body(id);
            default -> answer.body(id);
        }
        return answer.build();
    }

    private static final class Echo extends WebSocketListener {
        private final boolean cut;

        Echo(boolean cut) {
            this.cut = cut;
        }

        @Override
        public void onMessage(WebSocket socket, String text) {
            if (cut) {
                socket.cancel();
            } else {
                socket.send(text);
            }
        }

        @Override
        public void onClosing(WebSocket socket, int code, String reason) {
            socket.close(code, reason);
        }
    }

    /** The membership changes in one of its ways. */
    void change(int number) throws IOException {
        int at = number % servers.size();
        List<Endpoint> endpoints = new ArrayList<>();
        if (number % 5 == 3) {
            // Killed, and replaced under its name at another port.
            servers.get(at).close();
            servers.set(at, server("s" + at));
        }
        for (TestServer server : servers) {
            endpoints.add(server.endpoint());
        }
        switch (number % 5) {
            case 0 -> endpoints.remove(at);
            case 1 -> endpoints.add(Rig.dead("dead"));
            case 2 ->
                endpoints.set(
                        at,
                        endpoints.get(at).toBuilder()
                                .readiness(Endpoint.Readiness.DRAINING)
                                .build());
            case 4 ->
                endpoints.set(
                        at, endpoints.get(at).toBuilder().id("renamed" + number).build());
            default -> {}
        }
        orders.push(number % 20 == 14 ? List.of() : endpoints);
        List<Endpoint> owners = new ArrayList<>();
        for (int i = 0; i < 1 + number % 2; i++) {
            owners.add(servers.get(i).endpoint().toBuilder().ordinal(i).build());
        }
        shards.push(owners);
    }

    /** All endpoints go, others come. */
    void replaceAll() throws IOException {
        for (ScriptedResolver resolver : List.of(orders, users, shards)) {
            resolver.push(server("last").endpoint().toBuilder().ordinal(0).build());
        }
    }

    // ---- calls ----

    Request.Builder request(String path) {
        return new Request.Builder().url("http://orders" + path);
    }

    String text(String path) throws IOException {
        try (Response response = client.newCall(request(path).build()).execute()) {
            return response.body().string();
        }
    }

    /** A request to a server that does not answer, and what completes when a server has it. */
    CompletableFuture<Void> stall(Request.Builder into) {
        String number = String.valueOf(numbers.incrementAndGet());
        CompletableFuture<Void> arrived = new CompletableFuture<>();
        awaited.put(number, arrived);
        into.header(CALL, number);
        return arrived.whenComplete((done, failed) -> awaited.remove(number));
    }

    /** A client of its own, whose routing follows a target; it is closed by the caller. */
    OkHttpClient.Builder install(ZerohopOkHttp own) {
        closed.add(own);
        return own.install(patient());
    }

    ZerohopOkHttp ownRouting() {
        return ZerohopOkHttp.builder()
                .env(env)
                .idleConnections(5, KEEP_ALIVE)
                .listener(ledger)
                .route("own", "static:///127.0.0.1:" + steady.port())
                .build();
    }

    // ---- what is left ----

    int watchedBodies() {
        return zerohop.watchedBodies()
                + closed.stream().mapToInt(ZerohopOkHttp::watchedBodies).sum();
    }

    int routes() {
        return zerohop.routes()
                + closed.stream().mapToInt(ZerohopOkHttp::routes).sum();
    }

    int connections() {
        return zerohop.connections()
                + closed.stream().mapToInt(ZerohopOkHttp::connections).sum();
    }

    int blockingTasks() {
        return blocking.getActiveCount();
    }

    List<Node> nodesThatLeft() {
        List<Node> nodes = new ArrayList<>(ledger.nodes());
        for (Balancer balancer : balancers) {
            balancer.current().snapshot().members().forEach(nodes::remove);
        }
        return nodes;
    }

    void closeRouting() throws IOException {
        zerohop.close();
        client.dispatcher().executorService().shutdown();
        cache.close();
    }

    void closeBalancers() {
        balancers.forEach(Balancer::close);
    }

    @Override
    public void close() throws IOException {
        closeRouting();
        closeBalancers();
        started.forEach(TestServer::close);
        blocking.shutdown();
        NOISY.forEach(logger -> logger.setLevel(null));
    }
}

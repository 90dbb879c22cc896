package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import dev.zerohop.Time;
import dev.zerohop.testing.FreePorts;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** A balancer whose membership the test pushes, a routing of "orders" to it, and a client. */
final class Rig implements AutoCloseable {
    final ScriptedResolver resolver = new ScriptedResolver();
    final ConcurrentLinkedQueue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Endpoint> leaks = new ConcurrentLinkedQueue<>();

    /** What the listener hears of calls. */
    final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();

    final Balancer balancer;
    final ZerohopOkHttp zerohop;
    final OkHttpClient client;
    private final List<TestServer> servers = new ArrayList<>();

    Rig(BalancerSettings settings) {
        this(settings, UnaryOperator.identity(), UnaryOperator.identity());
    }

    Rig(
            BalancerSettings settings,
            UnaryOperator<ZerohopOkHttp.Builder> routing,
            UnaryOperator<OkHttpClient.Builder> clients) {
        balancer = Balancer.builder("orders")
                .resolver(resolver)
                .settings(settings)
                .listener(new BalancerListener() {
                    @Override
                    public void onPick(String service, Endpoint endpoint) {
                        events.add("pick " + endpoint.id());
                    }

                    @Override
                    public void onRefusal(String service, Refusal refusal) {
                        events.add("refusal " + refusal.kind());
                    }

                    @Override
                    public void onWait(String service, long waitedNanos) {
                        events.add(waitedNanos > 0 ? "wait" : "wait of " + waitedNanos);
                    }

                    @Override
                    public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
                        events.add("retry " + failed.id() + " " + outcome + " " + decision);
                    }

                    @Override
                    public void onSpill(String service, Endpoint endpoint) {
                        events.add("spill " + endpoint.id());
                    }

                    @Override
                    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        outcomes.add(outcome);
                    }

                    @Override
                    public void onLeak(String service, Endpoint endpoint, Duration age) {
                        leaks.add(endpoint);
                    }
                })
                .build();
        balancer.start();
        zerohop = routing.apply(
                        ZerohopOkHttp.builder().route("orders", balancer).route("orders.shop.svc", balancer))
                .build();
        // What a test does not say runs into no limit of time, however busy the machine is.
        OkHttpClient.Builder patient = new OkHttpClient.Builder()
                .connectTimeout(Duration.ofMinutes(1))
                .readTimeout(Duration.ofMinutes(1))
                .writeTimeout(Duration.ofMinutes(1));
        client = zerohop.install(clients.apply(patient)).build();
    }

    /** Waits for a condition, long enough for a machine that is busy with other things; an await that is met costs nothing of it. */
    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
    }

    static Rig roundRobin() {
        return new Rig(TestPolicies.roundRobin(3));
    }

    /** Starts servers and makes them the whole membership. */
    List<TestServer> servers(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            servers.add(new TestServer("s" + servers.size()));
        }
        publish();
        return servers;
    }

    void publish() {
        List<Endpoint> endpoints = new ArrayList<>();
        for (TestServer server : servers) {
            endpoints.add(server.endpoint());
        }
        resolver.push(endpoints);
    }

    /** An endpoint at which nothing listens. */
    static Endpoint dead(String id) {
        return Endpoint.builder("127.0.0.1", FreePorts.next()).id(id).build();
    }

    static Request get(String path) {
        return new Request.Builder().url("http://orders" + path).build();
    }

    static Request post(String path, String body) {
        return new Request.Builder()
                .url("http://orders" + path)
                .post(RequestBody.create(body, null))
                .build();
    }

    Call call(Request request) {
        return client.newCall(request);
    }

    String text(Request request) throws IOException {
        return text(client, request);
    }

    String text(String path) throws IOException {
        return text(get(path));
    }

    /** The client, with a time-out for the answer to the first attempt of a call and none to speak of for the next: however busy the machine is, they get theirs. */
    OkHttpClient impatientAtFirst(Duration readTimeout) {
        Set<Call> begun = ConcurrentHashMap.newKeySet();
        return client.newBuilder()
                .addInterceptor(chain -> begun.add(chain.call())
                        ? chain.withReadTimeout((int) readTimeout.toMillis(), TimeUnit.MILLISECONDS)
                                .proceed(chain.request())
                        : chain.proceed(chain.request()))
                .build();
    }

    /** The text of the answer, from the client's own threads. */
    static CompletableFuture<String> enqueue(OkHttpClient client, Request request) {
        CompletableFuture<String> text = new CompletableFuture<>();
        client.newCall(request).enqueue(new Callback() {
            @Override
            public void onFailure(Call call, IOException failure) {
                text.completeExceptionally(failure);
            }

            @Override
            public void onResponse(Call call, Response response) {
                try (response) {
                    text.complete(response.body().string());
                } catch (IOException failure) {
                    text.completeExceptionally(failure);
                }
            }
        });
        return text;
    }

    static String text(OkHttpClient client, Request request) throws IOException {
        try (Response response = client.newCall(request).execute()) {
            return response.body().string();
        }
    }

    /** What a failure says of the attempts: its message or, for a class that cannot be made with one, that of the exception beside it. */
    static String story(Throwable failure) {
        StringBuilder text = new StringBuilder(String.valueOf(failure.getMessage()));
        for (Throwable beside : failure.getSuppressed()) {
            text.append('\n').append(beside.getMessage());
        }
        return text.toString();
    }

    int inFlight() {
        return balancer.current().snapshot().members().stream()
                .mapToInt(Node::inFlight)
                .sum();
    }

    List<Outcome> outcomes() {
        return List.copyOf(outcomes);
    }

    static long now() {
        return Time.system().nanoTime();
    }

    @Override
    public void close() throws IOException {
        zerohop.close();
        balancer.close();
        client.dispatcher().executorService().shutdown();
        for (TestServer server : servers) {
            server.close();
        }
    }
}

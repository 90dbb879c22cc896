package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.health.LatencyEjection;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One server of six answers, and far more slowly than the others: over real connections, with a balancer on a faked clock that the servers move on. */
@Timeout(120)
class SlowServerTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final Map<String, List<Outcome>> outcomes = new ConcurrentHashMap<>();
    private final Balancer balancer = Balancer.builder("orders")
            .env(new Env(time, Env.system().dice(), Env.system().blocking()))
            .resolver(resolver)
            .settings(BalancerSettings.builder(Pickers.roundRobin())
                    .stages(List.of(new HealthFilter()))
                    .ejection(OutlierEjection.builder()
                            .consecutiveFailures(0)
                            .maxPercent(100)
                            .jitter(Duration.ZERO)
                            .latency(new LatencyEjection(3, Duration.ofMillis(10), 5, 10))
                            .build())
                    .retry(new TestPolicies.Retry(3))
                    .build())
            .listener(new BalancerListener() {
                @Override
                public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                    outcomes.computeIfAbsent(endpoint.id(), none -> new CopyOnWriteArrayList<>())
                            .add(outcome);
                }
            })
            .build();
    private final ZerohopOkHttp zerohop =
            ZerohopOkHttp.builder().route("orders", balancer).build();

    /** With one thread for the calls that are enqueued: round robin has a position for each thread that picks, and of several the turns would depend on the machine. */
    private final OkHttpClient client = zerohop.install(new OkHttpClient.Builder()
                    .dispatcher(new Dispatcher(Executors.newSingleThreadExecutor()))
                    .connectTimeout(Duration.ofMinutes(1))
                    .readTimeout(Duration.ofMinutes(1)))
            .build();

    private final List<TestServer> servers = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);

    @BeforeEach
    void start() throws IOException {
        for (int i = 0; i < 6; i++) {
            TestServer server = new TestServer("s" + i);
            servers.add(server);
            takes(i, 5);
        }
        balancer.start();
        // What calls usually take is known from an interval before.
        push();
        calls(60);
        endInterval();
        outcomes.clear();
    }

    @AfterEach
    void close() {
        over.countDown();
        zerohop.close();
        balancer.close();
        client.dispatcher().executorService().shutdown();
        servers.forEach(TestServer::close);
    }

    private void takes(int server, long millis) {
        TestServer slow = servers.get(server);
        slow.answer = request -> {
            time.advance(Duration.ofMillis(millis));
            return new MockResponse.Builder().body(slow.id).build();
        };
    }

    private void push(Endpoint... more) {
        List<Endpoint> all = new ArrayList<>(List.of(more));
        servers.forEach(server -> all.add(server.endpoint()));
        resolver.push(all);
        time.runDue();
    }

    private void endInterval() {
        time.advance(Duration.ofSeconds(13));
    }

    private List<String> ejected() {
        return balancer.current().snapshot().members().stream()
                .filter(node -> node.health().status() == Health.Status.EJECTED)
                .map(node -> node.endpoint().id())
                .toList();
    }

    private String reason(String id) {
        return balancer.current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals(id))
                .map(Node::health)
                .map(Health::reason)
                .findFirst()
                .orElseThrow();
    }

    private void calls(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Rig.text(client, Rig.get("/"));
        }
    }

    private void awaitEjected(String id) {
        await().untilAsserted(() -> assertThat(ejected()).containsExactly(id));
    }

    @Test
    void itIsEjectedAndTheOthersServe() throws Exception {
        takes(3, 100);
        push();
        calls(60);
        endInterval();
        awaitEjected("s3");
        assertThat(reason("s3"))
                .startsWith(
                        "mean latency 100.0 ms of 10 calls, more than 3.0 times the median of 5.0 ms (6 endpoints)");
        int before = servers.get(3).log.size();
        calls(25);
        assertThat(servers.get(3).log).hasSize(before);
    }

    /** The others are measured from where their own attempt begins, and the one that fails has no latency. */
    @Test
    void whatARepeatedCallHasSpentBeforeIsNoLatencyOfTheNext() throws Exception {
        takes(3, 100);
        try (RawServer breaking = new RawServer("breaking", (socket, in) -> {
            RawServer.readHead(in);
            time.advance(Duration.ofMillis(300));
        })) {
            push(breaking.endpoint());
            calls(84);
            assertThat(outcomes.get("breaking"))
                    .hasSizeGreaterThanOrEqualTo(10)
                    .containsOnly(Outcome.TRANSPORT_FAILURE);
            endInterval();
            awaitEjected("s3");
            assertThat(reason("s3")).contains("times the median of 5.0 ms (6 endpoints)");
        }
    }

    @Test
    void aCallThatItsCallerCancelsCountsNothing() throws Exception {
        takes(3, 100);
        AtomicInteger asked = new AtomicInteger();
        try (RawServer silent = new RawServer("silent", (socket, in) -> {
            RawServer.readHead(in);
            asked.incrementAndGet();
            over.await();
        })) {
            push(silent.endpoint());
            Node node = balancer.current().snapshot().members().stream()
                    .filter(member -> member.endpoint().id().equals("silent"))
                    .findFirst()
                    .orElseThrow();
            for (int i = 0; i < 70; i++) {
                int before = asked.get();
                CompletableFuture<String> answer = Rig.enqueue(client, Rig.get("/"));
                await().until(() -> answer.isDone() || asked.get() > before);
                if (!answer.isDone()) {
                    time.advance(Duration.ofMillis(300));
                    client.dispatcher().runningCalls().forEach(Call::cancel);
                }
                await().until(() -> answer.isDone() && node.inFlight() == 0);
            }
            assertThat(outcomes.get("silent")).hasSize(10).containsOnly(Outcome.CANCELLED);
            endInterval();
            awaitEjected("s3");
            assertThat(reason("s3")).contains("of 10 calls", "(6 endpoints)");
        }
    }
}

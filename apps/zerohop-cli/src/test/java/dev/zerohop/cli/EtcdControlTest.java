package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator does in etcd while calls run, over both transports. */
class EtcdControlTest {
    private static final List<String> CONFIGURATIONS = List.of(
            "{\"policy\": \"round_robin\"}",
            "{\"policy\": \"least_request\", \"retry\": {\"maxAttempts\": 2}}",
            "{\"policy\": \"peak_ewma\", \"health\": {\"ejection\": {\"interval\": \"1s\"}}}",
            "{\"policy\": \"random\", \"stages\": {\"panic\": {\"thresholdPercent\": 10}}}");

    @TempDir
    private Path directory;

    private final List<EchoServer> servers = new ArrayList<>();
    private Etcd etcd;

    @BeforeEach
    void begin() throws IOException {
        etcd = Etcd.started(directory);
    }

    @AfterEach
    void end() {
        servers.forEach(EchoServer::close);
        etcd.close();
    }

    private String server(String id, String transport) throws IOException {
        EchoServer server = EchoServer.start(id, "127.0.0.1", 0, 0, new EchoServer.Behaviour());
        servers.add(server);
        return "127.0.0.1:" + (transport.equals("grpc") ? server.grpcPort() : server.httpPort());
    }

    private void register(String service, String id, String transport) throws IOException {
        etcd.put(service, "endpoints/" + id, "{\"address\": \"" + server(id, transport) + "\"}");
    }

    private String target(String service) {
        return "etcd://" + etcd.address() + "/" + service;
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void configurationsThatFlipTenTimesASecondFailNoCall(String transport) throws Exception {
        flip(transport, 30);
    }

    @Tag("long")
    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void configurationsThatFlipTenTimesASecondForAMinuteFailNoCall(String transport) throws Exception {
        flip(transport, 600);
    }

    private void flip(String transport, int flips) throws Exception {
        register("orders", "a", transport);
        register("orders", "b", transport);
        register("orders", "c", transport);
        Traffic traffic = new Traffic();
        ScheduledExecutorService operator = Executors.newSingleThreadScheduledExecutor();
        try (BlockingCalls calls = BlockingCalls.to(target("orders"), transport, traffic)) {
            traffic.begin(calls, 4);
            AtomicInteger flipped = new AtomicInteger();
            operator.scheduleAtFixedRate(
                    () -> {
                        int n = flipped.getAndIncrement();
                        if (n % 5 == 4) {
                            etcd.delete("orders", "config");
                        } else {
                            etcd.put("orders", "config", CONFIGURATIONS.get(n % 5));
                        }
                    },
                    0,
                    100,
                    TimeUnit.MILLISECONDS);
            await().atMost(Duration.ofSeconds(30 + flips)).until(() -> flipped.get() >= flips);
            await().until(() -> traffic.configured.get() >= flips / 2);
            traffic.end();
        } finally {
            operator.shutdownNow();
            traffic.stopped = true;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void aServiceIsMovedToAnotherAndBackWithoutAFailedCall(String transport) throws Exception {
        register("orders", "old-1", transport);
        register("orders", "old-2", transport);
        register("orders-v2", "new-1", transport);
        register("orders-v2", "new-2", transport);
        String third = "static:///" + server("third", transport) + ";id=third";
        Traffic traffic = new Traffic();
        try (BlockingCalls calls = BlockingCalls.to(target("orders"), transport, traffic)) {
            traffic.begin(calls, 4);
            traffic.awaitOnly(Set.of("old-1", "old-2"));
            for (int i = 0; i < 3; i++) {
                etcd.put("orders", "alias", "{\"target\": \"" + target("orders-v2") + "\"}");
                traffic.awaitOnly(Set.of("new-1", "new-2"));
                etcd.put("orders", "alias", "{\"target\": \"" + third + "\"}");
                traffic.awaitOnly(Set.of("third"));
                etcd.delete("orders", "alias");
                traffic.awaitOnly(Set.of("old-1", "old-2"));
            }
            traffic.end();
            assertThat(traffic.held).hasValue(0);
        } finally {
            traffic.stopped = true;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void weightsFromEtcdMoveTheTrafficOfAnotherSourceAndStayWhileEtcdIsGone(String transport) throws Exception {
        String members = "static:///" + server("a", transport) + ";id=a," + server("b", transport) + ";id=b";
        etcd.put("orders", "weights", "{\"a\": 0, \"b\": 1}");
        Traffic traffic = new Traffic();
        try (BlockingCalls calls = BlockingCalls.to(
                "etcd-weights://" + etcd.address() + "/orders?of=" + URLEncoder.encode(members, StandardCharsets.UTF_8),
                transport,
                traffic)) {
            traffic.begin(calls, 4);
            assertThat(traffic.picks.keySet()).as("from the first call on").containsExactly("b");
            etcd.put("orders", "weights", "{\"a\": 1, \"b\": 0}");
            traffic.awaitOnly(Set.of("a"));
            etcd.kill();
            traffic.awaitOnly(Set.of("a"));
            etcd.start();
            etcd.put("orders", "weights", "{\"a\": 0, \"b\": 1}");
            traffic.awaitOnly(Set.of("b"));
            traffic.end();
        } finally {
            traffic.stopped = true;
        }
    }

    /** Calls without a pause, and where they went. */
    private static final class Traffic implements BalancerListener {
        private static final int ENOUGH = 200;

        final Map<String, AtomicInteger> picks = new ConcurrentHashMap<>();
        final Queue<String> failures = new ConcurrentLinkedQueue<>();
        final AtomicInteger configured = new AtomicInteger();
        final AtomicInteger held = new AtomicInteger();
        private final List<Thread> callers = new ArrayList<>();
        volatile boolean stopped;

        void begin(BlockingCalls calls, int concurrency) {
            for (int i = 0; i < concurrency; i++) {
                Thread caller = new Thread(() -> {
                    while (!stopped) {
                        try {
                            calls.call();
                        } catch (Exception failed) {
                            failures.add(String.valueOf(failed));
                        }
                    }
                });
                caller.start();
                callers.add(caller);
            }
            await().until(() -> sum(picks.values()) > ENOUGH);
        }

        /** Every call of a while goes to these, and each of them has some. */
        void awaitOnly(Set<String> ids) {
            await().until(() -> {
                picks.clear();
                await().until(() -> sum(picks.values()) > ENOUGH);
                return picks.keySet().equals(ids);
            });
        }

        /** No call has failed, and no attempt. */
        void end() throws InterruptedException {
            stopped = true;
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(failures).isEmpty();
        }

        private static int sum(Collection<AtomicInteger> counts) {
            return counts.stream().mapToInt(AtomicInteger::get).sum();
        }

        @Override
        public void onPick(String service, Endpoint endpoint) {
            picks.computeIfAbsent(endpoint.id(), id -> new AtomicInteger()).incrementAndGet();
        }

        @Override
        public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
            if (outcome != Outcome.SUCCESS) {
                failures.add(endpoint + " " + outcome);
            }
        }

        @Override
        public void onConfigured(String service, BalancerSettings settings) {
            configured.incrementAndGet();
        }

        @Override
        public void onMembership(String service, int members, int added, int removed, int nowHeld) {
            held.addAndGet(nowHeld);
        }
    }
}

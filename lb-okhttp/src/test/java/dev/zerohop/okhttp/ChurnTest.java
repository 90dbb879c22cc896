package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;

/** Endpoints come and go while calls run. */
class ChurnTest {

    @Test
    void newEndpointsGetTheirShareWithoutReconnecting() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(3);
            for (int i = 0; i < 30; i++) {
                rig.text("/");
            }
            List<TestServer> servers = rig.servers(2);
            for (int i = 0; i < 50; i++) {
                rig.text("/");
            }
            assertThat(servers).extracting(server -> server.log.size()).containsExactly(20, 20, 20, 10, 10);
        }
    }

    @Test
    void idleConnectionsCloseWhenTheirEndpointLeavesAndBusyOnesWhenTheirCallEnds() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(3);
            for (int i = 0; i < 3; i++) {
                rig.text("/");
            }
            assertThat(rig.zerohop.connections()).isEqualTo(3);
            servers.get(1).answers(new MockResponse.Builder().body("0123456789".repeat(100_000)));
            rig.text("/");
            Response busy = rig.call(Rig.get("/")).execute();
            rig.resolver.push(servers.get(2).endpoint());
            await().until(() -> rig.zerohop.connections() == 2);
            assertThat(busy.body().string()).as("goes on").hasSize(1_000_000);
            await().until(() -> rig.zerohop.connections() == 1);
            await().until(() -> rig.zerohop.routes() == 1);
            busy.close();
        }
    }

    @Test
    void manyAsynchronousCallsAreNotHeldBackByTheLimitPerHost() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            AtomicInteger peak = new AtomicInteger();
            AtomicInteger inside = new AtomicInteger();
            CountDownLatch enough = new CountDownLatch(20);
            for (TestServer server : rig.servers(3)) {
                server.answer = request -> {
                    peak.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    enough.countDown();
                    try {
                        if (!enough.await(60, TimeUnit.SECONDS)) {
                            return new MockResponse.Builder().code(500).build();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        inside.decrementAndGet();
                    }
                    return null;
                };
            }
            Map<String, Integer> seen = new HashMap<>();
            Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
            CountDownLatch done = new CountDownLatch(200);
            for (int i = 0; i < 200; i++) {
                rig.call(Rig.get("/")).enqueue(new Callback() {
                    @Override
                    public void onFailure(Call call, IOException failure) {
                        failures.add(failure);
                        done.countDown();
                    }

                    @Override
                    public void onResponse(Call call, Response response) throws IOException {
                        try (response) {
                            String body = response.body().string();
                            synchronized (seen) {
                                seen.merge(body, 1, Integer::sum);
                            }
                        } finally {
                            done.countDown();
                        }
                    }
                });
            }
            assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(failures).isEmpty();
            assertThat(peak.get()).isGreaterThanOrEqualTo(20);
            assertThat(seen).containsOnlyKeys("s0", "s1", "s2");
            assertThat(seen.values()).allMatch(count -> count >= 66 && count <= 67);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aRollingRestartUnderLoadFailsNoCallAndRunsNoPostTwice() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(6);
        Map<String, AtomicInteger> ran = new java.util.concurrent.ConcurrentHashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger calls = new AtomicInteger();
        List<TestServer> live = new ArrayList<>();
        try (Rig rig = Rig.roundRobin()) {
            for (int i = 0; i < 3; i++) {
                live.add(logging("pod-" + i, ran));
            }
            push(rig, live, -1);
            for (int i = 0; i < 6; i++) {
                callers.submit(() -> {
                    while (!stop.get()) {
                        int number = calls.incrementAndGet();
                        try {
                            rig.text(number % 2 == 0 ? Rig.get("/" + number) : Rig.post("/" + number, "x"));
                        } catch (IOException | RuntimeException e) {
                            failures.add(e);
                        }
                    }
                });
            }
            for (int round = 0; round < 9; round++) {
                int index = round % 3;
                int target = calls.get() + 50;
                await().until(() -> calls.get() > target || !failures.isEmpty());
                TestServer old = live.get(index);
                // As Kubernetes does it: the successor first, then the old pod drains, leaves, and stops.
                push(rig, live, index);
                await().until(() -> rig.balancer.current().snapshot().members().stream()
                        .filter(node -> node.endpoint().port() == old.port())
                        .allMatch(node -> node.inFlight() == 0));
                live.set(index, logging("pod-" + index, ran));
                push(rig, live, -1);
                old.close();
            }
            stop.set(true);
            callers.shutdown();
            assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            assertThat(failures).isEmpty();
            assertThat(ran.keySet()).hasSize(calls.get());
            assertThat(ran)
                    .allSatisfy(
                            (call, times) -> assertThat(times.get()).as(call).isOne());
            assertThat(rig.inFlight()).isZero();
        } finally {
            stop.set(true);
            callers.shutdownNow();
            for (TestServer server : live) {
                server.close();
            }
        }
    }

    @Test
    void serversThatDieUnderLoadCostNoGetAndRunNoPostTwice() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(4);
        Map<String, AtomicInteger> ran = new java.util.concurrent.ConcurrentHashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        Queue<String> failedGets = new ConcurrentLinkedQueue<>();
        AtomicInteger calls = new AtomicInteger();
        List<TestServer> live = new ArrayList<>();
        try (Rig rig = Rig.roundRobin()) {
            for (int i = 0; i < 4; i++) {
                live.add(logging("pod-" + i, ran));
            }
            push(rig, live, -1);
            for (int i = 0; i < 4; i++) {
                callers.submit(() -> {
                    while (!stop.get()) {
                        int number = calls.incrementAndGet();
                        try {
                            rig.text(number % 2 == 0 ? Rig.get("/" + number) : Rig.post("/" + number, "x"));
                        } catch (IOException | RuntimeException e) {
                            if (number % 2 == 0) {
                                failedGets.add(e.toString());
                            }
                        }
                    }
                });
            }
            for (int i = 0; i < 2; i++) {
                int target = calls.get() + 200;
                await().until(() -> calls.get() > target);
                // Nothing was announced: discovery goes on naming it.
                live.get(i).close();
            }
            int target = calls.get() + 200;
            await().until(() -> calls.get() > target);
            stop.set(true);
            callers.shutdown();
            assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            assertThat(failedGets).isEmpty();
            ran.forEach((call, times) -> {
                if (call.startsWith("POST")) {
                    assertThat(times.get()).as(call).isOne();
                }
            });
            assertThat(rig.outcomes()).contains(Outcome.CONNECT_FAILURE);
            assertThat(rig.inFlight()).isZero();
        } finally {
            stop.set(true);
            callers.shutdownNow();
            for (TestServer server : live) {
                server.close();
            }
        }
    }

    /** Static membership: a restart is not announced to the clients, which find connections refused and pooled ones closed. */
    @Test
    void restartsThatNobodyAnnouncesCostNoGetAndOnlyPostsThatTheServerMayHaveRun() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(4);
        Map<String, AtomicInteger> ran = new java.util.concurrent.ConcurrentHashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        Map<Integer, String> failed = new java.util.concurrent.ConcurrentHashMap<>();
        AtomicInteger calls = new AtomicInteger();
        List<TestServer> live = new ArrayList<>();
        try (Rig rig = Rig.roundRobin()) {
            for (int i = 0; i < 3; i++) {
                // A stated port, which MockWebServer lets its successor have at once.
                live.add(logging("pod-" + i, Rig.dead("free").port(), ran));
            }
            push(rig, live, -1);
            for (int i = 0; i < 4; i++) {
                callers.submit(() -> {
                    while (!stop.get()) {
                        int number = calls.incrementAndGet();
                        Request request = number % 2 == 0 ? Rig.get("/" + number) : Rig.post("/" + number, "x");
                        try (Response response = rig.call(request).execute()) {
                            assertThat(response.code()).isEqualTo(200);
                            readUnlessCutOff(response);
                        } catch (IOException | RuntimeException | AssertionError e) {
                            failed.put(number, e.toString());
                        }
                    }
                });
            }
            for (int round = 0; round < 6; round++) {
                awaitMore(calls, 60);
                TestServer old = live.get(round % 3);
                old.close();
                awaitMore(calls, 60);
                live.set(round % 3, logging("pod-" + round % 3, old.port(), ran));
            }
            awaitMore(calls, 60);
            stop.set(true);
            callers.shutdown();
            assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            assertThat(failed)
                    .as("a GET is sent again elsewhere, and so is a POST that found no connection")
                    .allSatisfy((number, message) -> {
                        assertThat(number % 2).isOne();
                        assertThat(message)
                                .contains("the server may have run it")
                                .doesNotStartWith("java.net.ConnectException");
                    });
            // What each of the 4 callers can have under way, and on a pooled connection that comes back after the
            // sweep.
            assertThat(failed).hasSizeLessThanOrEqualTo(6 * 4 * 2);
            ran.forEach((call, times) -> {
                if (call.startsWith("POST")) {
                    assertThat(times.get()).as(call).isOne();
                }
            });
            assertThat(rig.outcomes()).contains(Outcome.CONNECT_FAILURE);
            assertThat(rig.inFlight()).isZero();
        } finally {
            stop.set(true);
            callers.shutdownNow();
            for (TestServer server : live) {
                server.close();
            }
        }
    }

    /** A server that goes between the head and the body of its answer leaves nothing to repeat: the caller has the answer. */
    private static void readUnlessCutOff(Response response) {
        try {
            response.body().string();
        } catch (IOException cutOff) {
            // Seen now and then: the server is closed while it answers.
        }
    }

    private static void awaitMore(AtomicInteger calls, int more) {
        int target = calls.get() + more;
        await().until(() -> calls.get() > target);
    }

    @Test
    void aThousandChangesOfMembershipLeaveNothingBehind() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(4);
        AtomicBoolean stop = new AtomicBoolean();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = List.copyOf(rig.servers(6));
            for (int i = 0; i < 4; i++) {
                callers.submit(() -> {
                    while (!stop.get()) {
                        try {
                            rig.text("/");
                        } catch (IOException | RuntimeException e) {
                            failures.add(e);
                        }
                    }
                });
            }
            Random random = new Random(7);
            for (int change = 0; change < 1_000; change++) {
                List<Endpoint> next = new ArrayList<>();
                for (TestServer server : servers) {
                    if (random.nextBoolean()) {
                        // A new name at an old address is a new node, with connections of its own.
                        next.add(server.endpoint().toBuilder()
                                .id(server.id + "-" + random.nextInt(3))
                                .build());
                    }
                }
                if (next.isEmpty()) {
                    next.add(servers.get(0).endpoint());
                }
                rig.resolver.push(next);
                if (change % 4 == 0) {
                    rig.text("/");
                }
            }
            stop.set(true);
            callers.shutdown();
            assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            assertThat(failures).isEmpty();
            assertThat(rig.inFlight()).isZero();
            assertThat(rig.zerohop.watchedBodies()).isZero();
            rig.resolver.push(servers.get(0).endpoint().toBuilder().id("last").build());
            await().until(() -> rig.zerohop.connections() == 0);
            await().until(() -> rig.zerohop.routes() == 0);
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().startsWith("zerohop"))
                    .hasSizeLessThan(8)
                    .allMatch(Thread::isDaemon);
        } finally {
            stop.set(true);
            callers.shutdownNow();
        }
    }

    private static TestServer logging(String id, Map<String, AtomicInteger> ran) throws IOException {
        return logging(id, 0, ran);
    }

    private static TestServer logging(String id, int port, Map<String, AtomicInteger> ran) throws IOException {
        TestServer server = new TestServer(id, port, null, List.of());
        server.answer = request -> {
            ran.computeIfAbsent(request.getMethod() + request.getTarget(), absent -> new AtomicInteger())
                    .incrementAndGet();
            return null;
        };
        return server;
    }

    private static void push(Rig rig, List<TestServer> live, int draining) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < live.size(); i++) {
            Endpoint.Builder endpoint = live.get(i).endpoint().toBuilder();
            if (i == draining) {
                endpoint.readiness(Endpoint.Readiness.DRAINING);
            }
            endpoints.add(endpoint.build());
        }
        rig.resolver.push(endpoints);
    }
}

package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Endpoints that come, go, drain and die while calls run. */
@Timeout(300)
class RollingTest {

    @Test
    void aRollingRestartUnderLoadFailsNoCallAndRunsNoneTwice() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("g0-0", "g0-1", "g0-2")) {
            // No retry policy: every call that fails shows, and none is repeated by retries.
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig("{}", null)));
            RoutingTest.awaitAll(channel, "g0-0", "g0-1", "g0-2");
            try (Load load = new Load(channel, 4)) {
                List<String> names = new ArrayList<>(List.of("g0-0", "g0-1", "g0-2"));
                for (int generation = 1; generation <= 3; generation++) {
                    for (int i = 0; i < 3; i++) {
                        String old = names.get(i);
                        String next = "g" + generation + "-" + i;
                        fleet.add(next);
                        names.set(i, next);
                        // As a rolling update does: the new one is named beside the old, then the old one leaves and
                        // drains.
                        List<String> both = new ArrayList<>(names);
                        both.add(old);
                        fleet.name(both.toArray(new String[0]));
                        await().until(() -> fleet.server(next).log.size() > 5);
                        fleet.name(names.toArray(new String[0]));
                        load.awaitMore(20);
                        fleet.server(old).drain();
                        load.awaitMore(20);
                    }
                }
                assertThat(load.failures()).isEmpty();
            }
            List<String> all = new ArrayList<>();
            fleet.servers
                    .values()
                    .forEach(server -> server.log.stream()
                            .filter(request -> request.startsWith("load-"))
                            .forEach(all::add));
            Set<String> once = new HashSet<>(all);
            assertThat(all).as("no call ran twice").hasSize(once.size()).hasSizeGreaterThan(300);
            await().untilAsserted(() -> assertThat(policy.inFlight()).isZero());
        }
    }

    @Test
    void aServerThatIsKilledUnderLoadCostsNoCallThatMayBeRetried() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b", "c")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .intercept(ZerohopGrpc.interceptor())
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'retry': {'maxAttempts': 3, 'minPerSecond': 1000}}",
                            Json.retries(3, "['UNAVAILABLE', 'CANCELLED']"))));
            RoutingTest.awaitAll(channel, "a", "b", "c");
            try (Load load = new Load(channel, 4)) {
                load.awaitMore(100);
                fleet.server("b").close();
                load.awaitMore(300);
                assertThat(load.failures()).isEmpty();
            }
            await().untilAsserted(() -> assertThat(policy.inFlight()).isZero());
            RoutingTest.awaitAll(channel, "a", "c");
        }
    }

    @Test
    void aThousandChangesOfTheMembershipLeaveNothingBehind() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b", "c", "d", "e")) {
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig("{}", null)));
            RoutingTest.awaitAll(channel, "a", "b", "c", "d", "e");
            Random random = new Random(7);
            String[] all = {"a", "b", "c", "d", "e"};
            try (Load load = new Load(channel, 2)) {
                for (int i = 0; i < 1000; i++) {
                    List<String> some = new ArrayList<>();
                    for (String id : all) {
                        if (random.nextInt(3) > 0) {
                            some.add(id);
                        }
                    }
                    if (some.isEmpty()) {
                        some.add(all[i % 5]);
                    }
                    fleet.name(some.toArray(new String[0]));
                    if (i % 10 == 0) {
                        load.awaitMore(1);
                    }
                }
                fleet.name(all);
                load.awaitMore(50);
                assertThat(load.failures()).isEmpty();
            }
            await().untilAsserted(() -> assertThat(policy.inFlight()).isZero());
            RoutingTest.awaitAll(channel, all);
            assertThat(policy.balancers.get(0).subchannels()).isEqualTo(5);
            // gRPC closes what is shut down 5 s later; a connection that is left would keep its server from ending.
            channel.shutdown();
            await().until(channel::isTerminated);
        }
    }
}

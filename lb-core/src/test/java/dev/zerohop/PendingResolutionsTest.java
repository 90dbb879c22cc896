package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** A source that says more than there is time for. */
class PendingResolutionsTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver source = new ScriptedResolver();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<String> heard = new ArrayList<>();

    private final Balancer balancer = Balancer.builder("orders")
            .env(time.env())
            .resolver(source)
            .settings(BalancerSettings.of(new FirstPolicy()))
            .serialExecutor(tasks::add)
            .listener(new BalancerListener() {
                @Override
                public void onMembership(String service, int members, int added, int removed, int held) {
                    heard.add(members + " members");
                }

                @Override
                public void onStale(String service, Duration age, Throwable cause) {
                    heard.add("stale: " + cause.getMessage());
                }

                @Override
                public void onFresh(String service) {
                    heard.add("fresh");
                }

                @Override
                public void onSourceValueRejected(String service, String reason) {
                    heard.add("rejected: " + reason);
                }
            })
            .build();

    private static List<Endpoint> endpoints(int count) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            endpoints.add(Endpoint.of("127.0.0.1", 1 + i));
        }
        return endpoints;
    }

    /** The executor is free again. */
    private void run() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Test
    void ofSetsThatFollowedEachOtherTheLastIsTaken() {
        balancer.start();
        source.push(endpoints(1));
        run();
        heard.clear();
        for (int i = 2; i <= 1_000; i++) {
            source.push(endpoints(i));
        }
        run();
        assertThat(heard).containsExactly("1000 members");
        assertThat(balancer.current().snapshot().members()).hasSize(1_000);
    }

    @Test
    void whatIsNoSetIsHeardInItsOrder() {
        balancer.start();
        source.push(endpoints(1));
        run();
        heard.clear();
        source.push(endpoints(2));
        source.push(endpoints(3));
        source.fail(new IllegalStateException("gone"));
        source.push(endpoints(4));
        source.reject("weight was -1");
        source.push(endpoints(5));
        source.push(endpoints(6));
        run();
        assertThat(heard)
                .containsExactly(
                        "3 members", "stale: gone", "fresh", "4 members", "rejected: weight was -1", "6 members");
    }

    /** The sets of pods that say that they leave, or are taken out on purpose, are judged one by one. */
    @Test
    void aNoticeThatAnEndpointLeavesIsHeard() {
        PendingResolutions pending = new PendingResolutions();
        Endpoint stays = Endpoint.of("127.0.0.1", 1);
        Endpoint leaves = Endpoint.of("127.0.0.1", 2);
        Endpoint leaving =
                leaves.toBuilder().readiness(Endpoint.Readiness.DRAINING).build();
        Endpoint numbered = leaves.toBuilder().ordinal(1).build();
        assertThat(taken(pending, set(stays, leaves), set(stays))).hasSize(1);
        assertThat(taken(pending, set(stays, leaving), set(stays))).hasSize(2);
        assertThat(taken(pending, set(stays, leaving), set(stays, leaves))).hasSize(1);
        assertThat(taken(pending, set(stays, numbered), set(stays))).hasSize(2);
        assertThat(taken(pending, meant(set(stays)), set(stays, leaves))).hasSize(2);
        assertThat(taken(pending, set(stays), meant(set(stays, leaves)))).hasSize(2);
    }

    private static EndpointSet set(Endpoint... endpoints) {
        return EndpointSet.builder("test").endpoints(List.of(endpoints)).build();
    }

    private static EndpointSet meant(EndpointSet set) {
        return set.toBuilder().removals(EndpointSet.Removals.MEANT).build();
    }

    private static List<Resolution> taken(PendingResolutions pending, EndpointSet first, EndpointSet second) {
        pending.add(Resolution.of(first));
        pending.add(Resolution.of(second));
        List<Resolution> taken = new ArrayList<>();
        pending.takeBy(taken::add);
        pending.takeBy(taken::add);
        return taken;
    }

    /** However fast it is, the settings that the application gives meanwhile have their turn. */
    @Test
    void aSourceThatNeverRestsKeepsNoOtherTaskWaiting() {
        PendingResolutions pending = new PendingResolutions();
        List<Resolution> taken = new ArrayList<>();
        pending.add(Resolution.of(set(Endpoint.of("127.0.0.1", 1))));
        pending.takeBy(now -> {
            taken.add(now);
            pending.add(Resolution.of(set(Endpoint.of("127.0.0.1", 1 + taken.size()))));
        });
        assertThat(taken).hasSize(1);
    }
}

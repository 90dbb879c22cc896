package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Health.Status;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.stage.SlowStart;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Slow start through the whole balancer: from when it counts, for whom, and how often a version is made for it. */
class SlowStartBalancerTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final AtomicInteger rebuilds = new AtomicInteger();
    private final Connectivity connectivity = new Connectivity();

    /** {@code connecting}: as under gRPC, a new endpoint has to be connected first. */
    private Balancer started(boolean connecting) {
        Balancer.Builder builder = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .listener(new BalancerListener() {
                    @Override
                    public void onRebuild(String service, Snapshot snapshot, Duration took) {
                        rebuilds.incrementAndGet();
                    }
                })
                .settings(BalancerSettings.builder(Pickers.roundRobin())
                        .stages(List.of(new HealthFilter(), new SlowStart(Duration.ofSeconds(30))))
                        .build());
        if (connecting) {
            builder.healthSource(connectivity);
        }
        Balancer balancer = builder.build();
        balancer.start();
        return balancer;
    }

    private static Endpoint endpoint(int number) {
        return Endpoint.builder("10.0.0." + number, 80).id("a-" + number).build();
    }

    private void push(int count) {
        Endpoint[] all = new Endpoint[count];
        for (int i = 0; i < count; i++) {
            all[i] = endpoint(i);
        }
        resolver.push(all);
    }

    private void report(int number, Status status) {
        connectivity.report("a-" + number, status);
        time.advance(Duration.ofMillis(5));
    }

    private void seconds(double seconds) {
        time.advance(Duration.ofMillis((long) (1000 * seconds)));
    }

    private double part(Balancer balancer, int number) {
        return balancer.current().snapshot().candidates().stream()
                .filter(candidate -> candidate.node().endpoint().id().equals("a-" + number))
                .mapToDouble(Candidate::weight)
                .findFirst()
                .orElse(0);
    }

    @Test
    void oneThatJoinsGetsMoreAndMoreAndThenNothingIsDoneForItAnyMore() {
        Balancer balancer = started(false);
        push(3);
        seconds(10);
        push(4);
        assertThat(part(balancer, 3)).isCloseTo(0.1, within(1e-9));
        assertThat(part(balancer, 0)).isEqualTo(1);
        int before = rebuilds.get();
        seconds(15);
        assertThat(part(balancer, 3)).isCloseTo(0.5, within(1e-9));
        seconds(14.9);
        assertThat(part(balancer, 3)).isCloseTo(0.95, within(1e-9));
        seconds(0.1);
        assertThat(part(balancer, 3)).isEqualTo(1);
        // From 10 to 100 % by 5 %.
        assertThat(rebuilds.get() - before).isEqualTo(18);
        int pending = time.pendingTasks();
        seconds(3600);
        assertThat(rebuilds.get() - before).isEqualTo(18);
        assertThat(time.pendingTasks()).isLessThanOrEqualTo(pending);
    }

    @Test
    void howeverManyStartAtDifferentTimesAVersionASecondIsMadeForThem() {
        started(false);
        push(1);
        seconds(10);
        for (int count = 2; count <= 100; count++) {
            push(count);
            seconds(0.01);
        }
        int before = rebuilds.get();
        seconds(31);
        assertThat(rebuilds.get() - before).isBetween(18, 31);
    }

    @Test
    void whatTheFirstSetNamesIsNotNewHoweverLongItsConnectionTakes() {
        Balancer balancer = started(true);
        push(3);
        report(0, Status.HEALTHY);
        seconds(20);
        report(1, Status.HEALTHY);
        assertThat(part(balancer, 0)).isEqualTo(part(balancer, 1)).isEqualTo(1);
    }

    @Test
    void oneThatJoinsCountsFromItsConnection() {
        Balancer balancer = started(true);
        push(2);
        report(0, Status.HEALTHY);
        report(1, Status.HEALTHY);
        seconds(1);
        push(3);
        seconds(20);
        report(2, Status.HEALTHY);
        assertThat(part(balancer, 2)).isCloseTo(0.1, within(1e-9));
        seconds(15);
        assertThat(part(balancer, 2)).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void aConnectionThatIsMadeAnewStartsNothing() {
        Balancer balancer = started(true);
        push(2);
        report(0, Status.HEALTHY);
        report(1, Status.HEALTHY);
        seconds(60);
        report(1, Status.CONNECTING);
        assertThat(part(balancer, 1)).isEqualTo(0);
        report(1, Status.HEALTHY);
        assertThat(part(balancer, 1)).isEqualTo(1);
    }

    @Test
    void oneThatWasOutOfOrderStartsAnew() {
        Balancer balancer = started(true);
        push(2);
        report(0, Status.HEALTHY);
        report(1, Status.HEALTHY);
        seconds(60);
        report(1, Status.CONNECTING);
        report(1, Status.DISCONNECTED);
        report(1, Status.CONNECTING);
        report(1, Status.HEALTHY);
        assertThat(part(balancer, 1)).isCloseTo(0.1, within(1e-9));
        // Not again, and not from the beginning, for a mere reconnection.
        seconds(15);
        report(1, Status.CONNECTING);
        report(1, Status.HEALTHY);
        assertThat(part(balancer, 1)).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void readinessIsWhatCounts() {
        Balancer balancer = started(false);
        Endpoint notReady =
                endpoint(1).toBuilder().readiness(Endpoint.Readiness.NOT_READY).build();
        resolver.push(endpoint(0), notReady);
        seconds(300);
        resolver.push(endpoint(0), endpoint(1));
        assertThat(part(balancer, 1)).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void whatIsKeptFromBeforeAndWhatTheSourceSaysFirstIsNotNew() {
        Balancer balancer = started(false);
        resolver.push(EndpointSet.builder("kept")
                .endpoints(List.of(endpoint(0)))
                .stale(true)
                .build());
        seconds(5);
        push(2);
        assertThat(part(balancer, 1)).isEqualTo(1);
        seconds(5);
        push(3);
        assertThat(part(balancer, 2)).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void whatJoinsAfterTheSourceHasVouchedForWhatWasKeptIsNew() {
        Balancer balancer = started(false);
        EndpointSet kept =
                EndpointSet.builder("kept").endpoints(List.of(endpoint(0))).build();
        resolver.push(kept.toBuilder().stale(true).build());
        seconds(5);
        resolver.confirm(time.now());
        seconds(5);
        push(2);
        assertThat(part(balancer, 1)).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void itIsExplained() {
        Balancer balancer = started(false);
        push(3);
        seconds(10);
        push(4);
        seconds(3);
        assertThat(balancer.explain(PickContext.NONE).toString())
                .contains("slow_start (window 30s, aggression 1, minPercent 10, overProvisioningPercent 200)")
                .contains("stage slow_start: 1 of 4 are starting: a-3 at 10 %");
    }
}

package dev.zerohop;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ReportedWeights;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.stage.ZoneLoad;
import dev.zerohop.stage.ZonePreference;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The zone stage by reported load in a balancer, from the report with an answer to where calls go, in virtual time. */
class ZoneLoadBalancerTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final Source connectivity = new Source();
    private final List<Snapshot> versions = new ArrayList<>();
    private final Balancer balancer = Balancer.builder("orders")
            .env(time.env())
            .resolver(resolver)
            .healthSource(connectivity)
            .listener(new BalancerListener() {
                @Override
                public void onRebuild(String name, Snapshot next, Duration took) {
                    versions.add(next);
                    dueNanos = time.nanoTime() + next.reviewInNanos();
                }
            })
            .settings(settings(Pickers.leastRequest(), ZoneLoad.DEFAULTS))
            .build();

    /** When the version in force asked to be made again. */
    private long dueNanos;

    private static final class Source implements HealthSource {
        private @Nullable Sink sink;

        void report(String id, Health.Status status) {
            requireNonNull(sink, "the balancer has not been started")
                    .report(id, Verdict.lasting(status, "set by the test"));
        }

        @Override
        public String name() {
            return "connectivity";
        }

        @Override
        public void start(Sink given) {
            sink = given;
        }

        @Override
        public void close() {}
    }

    private static BalancerSettings settings(PickPolicy policy, @Nullable ZoneLoad load) {
        return BalancerSettings.builder(policy)
                .stages(List.of(
                        new HealthFilter(),
                        ZonePreference.builder()
                                .prefer(ZonePreference.Prefer.OWN)
                                .client(new Locality("a", null))
                                .reportedLoad(load)
                                .build()))
                .build();
    }

    private void start() {
        balancer.start();
        resolver.push(endpoints(6));
    }

    private static Endpoint[] endpoints(int count) {
        Endpoint[] endpoints = new Endpoint[count];
        for (int i = 0; i < count; i++) {
            String zone = i % 2 == 0 ? "a" : "b";
            endpoints[i] =
                    Endpoint.builder("127.0.0.1", 1 + i).id(zone + i).zone(zone).build();
        }
        return endpoints;
    }

    @AfterEach
    void close() {
        balancer.close();
        assertThat(time.pendingTasks()).as("timers that are left").isZero();
    }

    private static LoadReport used(double utilization) {
        return LoadReport.builder().cpuUtilization(utilization).build();
    }

    /** A hundred calls a second. Returns the share of zone a. */
    private double run(Duration duration, double ofA, double ofB) {
        int calls = 0;
        int a = 0;
        for (long left = duration.toMillis(); left > 0; left -= 10) {
            Lease lease = balancer.acquire(PickContext.NONE);
            boolean own = "a".equals(lease.endpoint().zone());
            calls++;
            a += own ? 1 : 0;
            if (lease.wantsLoadReport()) {
                lease.report(() -> used(own ? ofA : ofB));
            }
            lease.complete(Outcome.SUCCESS);
            time.advance(Duration.ofMillis(10));
        }
        return (double) a / calls;
    }

    private double share() {
        double all = 0;
        double a = 0;
        for (Candidate candidate : balancer.current().snapshot().candidates()) {
            all += candidate.weight();
            a += "a".equals(candidate.node().endpoint().zone()) ? candidate.weight() : 0;
        }
        return a / all;
    }

    @Test
    void callsMoveStepByStepToTheZoneThatIsLessBusyAndComeBack() {
        start();
        assertThat(run(Duration.ofSeconds(1), 0.9, 0.3)).isEqualTo(1);
        double before = 1;
        for (int i = 0; i < 12; i++) {
            run(Duration.ofSeconds(12), 0.9, 0.3);
            assertThat(share()).isBetween(before - 0.1 - 1e-9, before);
            before = share();
        }
        assertThat(before).isBetween(0.3, 0.5);
        assertThat(run(Duration.ofSeconds(1), 0.9, 0.3)).isCloseTo(before, within(0.12));
        for (int i = 0; i < 20; i++) {
            run(Duration.ofSeconds(12), 0.3, 0.6);
        }
        assertThat(share()).isCloseTo(0.97, within(1e-9));
        assertThat(balancer.explain(PickContext.NONE).toString())
                .contains("zone: 97.0 % in own zone a with 3 of 6, spilling 3.0 % to b; by load: a at 0.30, b at 0.60");
    }

    @Test
    void anUpdateOrAFlipBetweenStepsTakesNoStep() {
        start();
        run(Duration.ofSeconds(40), 0.9, 0.3);
        double share = share();
        assertThat(share).isLessThan(0.97);
        long due = dueNanos;
        int known = versions.size();
        for (int i = 0; i < 5; i++) {
            resolver.push(endpoints(6 + 2 * (i % 2)));
            run(Duration.ofMillis(50), 0.9, 0.3);
        }
        assertThat(versions.size()).isGreaterThan(known + 3);
        assertThat(share()).isCloseTo(share, within(1e-9));
        assertThat(dueNanos).isEqualTo(due);
        time.advance(Duration.ofNanos(due - time.nanoTime()));
        assertThat(share()).isLessThan(share);
    }

    @Test
    void reportsAreReadAndKeptOnlyWhileAStageWantsThem() {
        start();
        run(Duration.ofSeconds(1), 0.9, 0.3);
        Node node = balancer.current().snapshot().members().get(0);
        assertThat(node.reportedLoad()).isNotNull();
        assertThat(node.reportedLoad().report()).isEqualTo(used(0.9));
        balancer.apply(settings(Pickers.leastRequest(), null));
        Lease lease = balancer.acquire(PickContext.NONE);
        assertThat(lease.wantsLoadReport()).isFalse();
        lease.report(() -> {
            throw new AssertionError("was asked");
        });
        lease.complete(Outcome.SUCCESS);
        assertThat(node.reportedLoad()).isNull();
        balancer.apply(settings(Pickers.leastRequest(), ZoneLoad.DEFAULTS));
        assertThat(balancer.acquire(PickContext.NONE).wantsLoadReport()).isTrue();
        assertThat(node.reportedLoad()).as("from before").isNull();
    }

    @Test
    void aReportServesTheStageAndThePolicyAndIsReadOnce() {
        balancer.apply(settings(Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS), ZoneLoad.DEFAULTS));
        start();
        Lease lease = balancer.acquire(PickContext.NONE);
        List<String> read = new ArrayList<>();
        lease.report(() -> {
            read.add("once");
            return LoadReport.builder()
                    .cpuUtilization(0.5)
                    .requestsPerSecond(10)
                    .build();
        });
        assertThat(read).hasSize(1);
        assertThat(lease.node().reportedLoad()).isNotNull();
        assertThat(lease.node().reportedLoad().nanos()).isEqualTo(time.nanoTime());
        time.advance(Duration.ofSeconds(11));
        assertThat(lease.node().load(time.nanoTime())).as("of the policy").isCloseTo(0.05, within(1e-9));
        lease.complete(Outcome.SUCCESS);
    }

    /** One that is ejected again and again since its calls run out of time reports nothing new, and is busy all the same. */
    @Test
    void whatAnEndpointReportedCountsAlsoWhenItWasOutMeanwhileAndNotWhenItJoinsAnew() {
        start();
        run(Duration.ofSeconds(1), 0.9, 0.3);
        Node node = balancer.current().snapshot().members().get(0);
        Node.ReportedLoad reported = node.reportedLoad();
        assertThat(reported).isNotNull();
        connectivity.report("a0", Health.Status.UNREACHABLE);
        time.advance(Duration.ofMillis(10));
        connectivity.report("a0", Health.Status.HEALTHY);
        time.advance(Duration.ofMillis(10));
        assertThat(balancer.current().snapshot().candidates()).hasSize(3);
        assertThat(node.reportedLoad()).isSameAs(reported);
        resolver.push(endpoints(1));
        resolver.push(endpoints(6));
        time.advance(Duration.ofMillis(10));
        Node back = balancer.current().snapshot().members().get(3);
        assertThat(back.endpoint().id()).isEqualTo("b1");
        assertThat(back.reportedLoad()).isNull();
    }
}

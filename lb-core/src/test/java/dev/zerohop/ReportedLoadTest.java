package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ReportedWeights;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What endpoints report of their load, from the lease to the shares of the traffic, in virtual time. */
class ReportedLoadTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final AtomicInteger versions = new AtomicInteger();
    private final Source connectivity = new Source();
    private final Balancer balancer = Balancer.builder("orders")
            .env(time.env())
            .resolver(resolver)
            .healthSource(connectivity)
            .listener(new BalancerListener() {
                @Override
                public void onRebuild(String name, Snapshot next, Duration took) {
                    versions.incrementAndGet();
                }
            })
            .settings(settings(Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS)))
            .build();

    private static final class Source implements HealthSource {
        private Sink sink = new Sink() {
            @Override
            public void report(String endpointId, Verdict verdict) {}

            @Override
            public void withdraw(String endpointId) {}
        };

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

    private static BalancerSettings settings(PickPolicy policy) {
        return BalancerSettings.builder(policy)
                .stages(List.of(new HealthFilter()))
                .build();
    }

    private void start() {
        balancer.start();
        resolver.push(
                Endpoint.builder("127.0.0.1", 1).id("a").build(),
                Endpoint.builder("127.0.0.1", 2).id("b").build(),
                Endpoint.builder("127.0.0.1", 3).id("c").build());
    }

    @AfterEach
    void close() {
        balancer.close();
        assertThat(time.pendingTasks()).as("timers that are left").isZero();
    }

    private static LoadReport report(double utilization) {
        return LoadReport.builder()
                .applicationUtilization(utilization)
                .requestsPerSecond(100)
                .build();
    }

    /** A hundred calls a second; a is twice as busy as b and c, or none reports. Returns the share of a. */
    private double run(Duration duration, boolean reporting) {
        int calls = 0;
        int ofA = 0;
        for (long left = duration.toMillis(); left > 0; left -= 10) {
            Lease lease = balancer.acquire(PickContext.NONE);
            boolean a = lease.endpoint().id().equals("a");
            calls++;
            ofA += a ? 1 : 0;
            if (reporting) {
                lease.report(() -> report(a ? 0.8 : 0.4));
            }
            lease.complete(Outcome.SUCCESS);
            time.advance(Duration.ofMillis(10));
        }
        return (double) ofA / calls;
    }

    @Test
    void anEndpointOfTwiceTheUtilizationGetsHalfAsMuchAfterTheBlackoutUntilTheReportsExpire() {
        start();
        assertThat(run(Duration.ofSeconds(10), true)).isBetween(0.33, 0.34);
        run(Duration.ofSeconds(2), true);
        int before = versions.get();
        assertThat(run(Duration.ofSeconds(30), true)).isBetween(0.195, 0.205);
        assertThat(versions).as("no version is published for a weight").hasValue(before);
        assertThat(run(Duration.ofSeconds(178), false)).isBetween(0.195, 0.205);
        time.advance(Duration.ofSeconds(4));
        assertThat(run(Duration.ofSeconds(30), false)).isBetween(0.33, 0.34);
        assertThat(run(Duration.ofSeconds(9), true)).as("a new blackout").isBetween(0.33, 0.34);
        run(Duration.ofSeconds(3), true);
        assertThat(run(Duration.ofSeconds(30), true)).isBetween(0.195, 0.205);
    }

    @Test
    void anEndpointThatComesBackCountsAsTheMeanForABlackout() {
        start();
        run(Duration.ofSeconds(12), true);
        assertThat(run(Duration.ofSeconds(10), true)).isBetween(0.195, 0.205);
        connectivity.sink.report("a", HealthSource.Verdict.lasting(Health.Status.UNREACHABLE, "gone"));
        time.advance(Duration.ofMillis(10));
        assertThat(run(Duration.ofSeconds(5), true)).isZero();
        connectivity.sink.withdraw("a");
        time.advance(Duration.ofMillis(10));
        assertThat(run(Duration.ofSeconds(9), true)).isBetween(0.32, 0.345);
        run(Duration.ofSeconds(3), true);
        assertThat(run(Duration.ofSeconds(10), true)).isBetween(0.195, 0.205);
    }

    @Test
    void aReportThatCannotBeReadChangesNothingAndIsLoggedOnceAndThenEachPowerOfTwo() {
        start();
        run(Duration.ofSeconds(12), true);
        List<String> lines = LoggedLines.during(() -> {
            for (int i = 0; i < 1_000; i++) {
                Lease lease = balancer.acquire(PickContext.NONE);
                lease.report(() -> {
                    throw new IllegalArgumentException("load report was 'x', expected BIN");
                });
                lease.complete(Outcome.SUCCESS);
            }
        });
        assertThat(lines).hasSize(10);
        assertThat(lines.get(0))
                .contains("orders: a load report of ")
                .contains("could not be read and was passed over (1 such reports so far): load report was 'x'");
        assertThat(run(Duration.ofSeconds(10), false)).isBetween(0.195, 0.205);
    }

    @Test
    void whereThePolicyDoesNotGoByReportsNobodyIsAskedForOne() {
        balancer.apply(settings(Pickers.peakEwma()));
        start();
        for (PickPolicy policy : List.of(Pickers.peakEwma(), Pickers.leastRequest(), Pickers.weightedRoundRobin())) {
            balancer.apply(settings(policy));
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(lease.wantsLoadReport()).as(policy.name()).isFalse();
            lease.report(() -> {
                throw new AssertionError("was asked");
            });
            lease.complete(Outcome.SUCCESS);
        }
        balancer.apply(settings(Pickers.leastRequestByReports()));
        Lease lease = balancer.acquire(PickContext.NONE);
        assertThat(lease.wantsLoadReport()).isTrue();
        lease.complete(Outcome.SUCCESS);
    }

    @Test
    void anotherPolicyEndsTheLooksOfTheOneBeforeAndTheNextBeginsThem() {
        start();
        balancer.apply(settings(Pickers.random()));
        time.advance(Duration.ofSeconds(5));
        int idle = time.pendingTasks();
        balancer.apply(settings(Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS)));
        assertThat(time.pendingTasks()).isEqualTo(idle + 1);
    }

    @Test
    void aPolicyWithinAnotherTakesInReportsAsWell() {
        start();
        balancer.apply(settings(Pickers.rendezvous(Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS))));
        run(Duration.ofSeconds(12), true);
        assertThat(run(Duration.ofSeconds(20), true)).isBetween(0.195, 0.205);
        resolver.push(
                Endpoint.builder("127.0.0.1", 1).id("a").ordinal(0).build(),
                Endpoint.builder("127.0.0.1", 2).id("b").ordinal(0).build(),
                Endpoint.builder("127.0.0.1", 3).id("c").ordinal(0).build());
        balancer.apply(settings(ShardPolicy.builder()
                .ownerDown(OwnerDown.FAIL_FAST)
                .replicas(Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS))
                .build()));
        PickContext key = PickContext.of(EndpointSelector.of("k"));
        int ofA = 0;
        for (int i = 0; i < 6_000; i++) {
            Lease lease = balancer.acquire(key);
            boolean a = lease.endpoint().id().equals("a");
            ofA += a && i >= 3_000 ? 1 : 0;
            lease.report(() -> report(a ? 0.8 : 0.4));
            lease.complete(Outcome.SUCCESS);
            time.advance(Duration.ofMillis(10));
        }
        assertThat(ofA / 3_000.0).isBetween(0.195, 0.205);
    }
}

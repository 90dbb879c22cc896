package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EjectionPolicy;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Outcome;
import dev.zerohop.PickPolicy;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.VirtualServers.Behaviour;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How much of the traffic a server keeps that fails, hangs, sheds its load or is slow: the real pickers behind a real balancer, in virtual time. */
class FailingServersTest {
    private static final Duration LATENCY = Duration.ofMillis(10);
    private static final Duration AT_ONCE = Duration.ofNanos(100_000);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Behaviour WELL = Behaviour.well(LATENCY);
    private static final EjectionPolicy EJECTION = OutlierEjection.builder().build();

    private static VirtualServers servers(
            PickPolicy policy, EjectionPolicy ejection, int count, Behaviour first, Behaviour others) {
        List<Behaviour> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(i == 0 ? first : others);
        }
        return new VirtualServers(policy, ejection, 7, all);
    }

    @ParameterizedTest
    @CsvSource({"3, 100", "3, 1000", "5, 100", "5, 1000", "10, 100", "10, 1000"})
    void aBlackHoleGetsLittleUnderPeakEwmaFromItsFirstCallOn(int count, int callsPerSecond) {
        Behaviour hole = Behaviour.always(Outcome.ERROR_RESPONSE, AT_ONCE);
        try (VirtualServers fresh = servers(Pickers.peakEwma(), EjectionPolicy.NONE, count, hole, WELL);
                VirtualServers known = servers(Pickers.peakEwma(), EjectionPolicy.NONE, count, WELL, WELL)) {
            fresh.run(callsPerSecond, MINUTE);
            assertThat(fresh.share(0)).isBetween(1e-9, 0.004);
            known.run(callsPerSecond, MINUTE);
            known.change(0, hole);
            known.run(callsPerSecond, MINUTE);
            assertThat(known.share(0)).isBetween(1e-9, 0.004);
            known.run(callsPerSecond, Duration.ofMinutes(callsPerSecond == 1000 ? 1 : 15));
            assertThat(known.share(0))
                    .as("when its last good answer is long past")
                    .isBetween(0.0, 0.004);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 2, 100", "0.001, 2, 100", "0.003, 2, 100", "0.01, 2, 100",
        "0, 3, 20", "0.001, 3, 20", "0.003, 3, 20", "0.01, 3, 20",
        "0, 3, 1000", "0.001, 3, 1000", "0.003, 3, 1000", "0.01, 3, 1000",
        "0, 10, 1000", "0.001, 10, 1000", "0.003, 10, 1000", "0.01, 10, 1000"
    })
    void aSlowServerStaysTheLastChoiceUnderPeakEwmaHoweverManyCallsFailEverywhere(
            double failing, int count, int callsPerSecond) {
        Behaviour slow = Behaviour.well(LATENCY.multipliedBy(20)).failing(failing, Outcome.ERROR_RESPONSE);
        Behaviour fast = WELL.failing(failing, Outcome.ERROR_RESPONSE);
        try (VirtualServers servers = servers(Pickers.peakEwma(), EjectionPolicy.NONE, count, slow, fast)) {
            servers.run(callsPerSecond, Duration.ofSeconds(10));
            servers.run(callsPerSecond, Duration.ofMinutes(callsPerSecond == 1000 ? 1 : 5));
            assertThat(servers.share(0)).isLessThanOrEqualTo(0.01);
        }
    }

    static Stream<Arguments> policiesThatSeeAHungServer() {
        return Stream.of(Pickers.peakEwma(), Pickers.weightedRoundRobin())
                .flatMap(policy -> Stream.of(EjectionPolicy.NONE, EJECTION)
                        .filter(ejection -> ejection == EJECTION || policy == Pickers.peakEwma())
                        .flatMap(ejection -> Stream.of(20, 100, 1_000)
                                .flatMap(deadline -> Stream.of(100, 1_000)
                                        .map(rate -> Arguments.of(policy, ejection, deadline, rate)))));
    }

    /** By default a third of few calls must fail before a row of five is known: at 100 calls a second that takes 150 ms longer than a deadline. */
    @ParameterizedTest
    @MethodSource("policiesThatSeeAHungServer")
    void aHungServerOfThreeGetsLittleFromFiveDeadlinesOn(
            PickPolicy policy, EjectionPolicy ejection, int deadlineMillis, int callsPerSecond) {
        try (VirtualServers servers = servers(policy, ejection, 3, WELL, WELL)) {
            servers.run(callsPerSecond, Duration.ofSeconds(30));
            servers.change(0, Behaviour.always(Outcome.TIMEOUT, Duration.ofMillis(deadlineMillis)));
            servers.run(callsPerSecond, Duration.ofMillis(5L * deadlineMillis));
            servers.run(callsPerSecond, MINUTE);
            assertThat(servers.share(0)).isLessThanOrEqualTo(0.01);
        }
    }

    static Stream<PickPolicy> loadAware() {
        return Stream.of(Pickers.leastRequest(), Pickers.peakEwma());
    }

    @ParameterizedTest
    @MethodSource("loadAware")
    void aServerThatShedsAllItsLoadGetsNoMoreThanOneThatFails(PickPolicy policy) {
        for (int callsPerSecond : new int[] {20, 100, 1_000}) {
            double shedding = share(policy, Outcome.OVERLOADED, callsPerSecond);
            double failing = share(policy, Outcome.ERROR_RESPONSE, callsPerSecond);
            assertThat(shedding).isLessThanOrEqualTo(0.08).isLessThanOrEqualTo(1.3 * failing);
        }
    }

    private static double share(PickPolicy policy, Outcome outcome, int callsPerSecond) {
        Behaviour ill = Behaviour.always(outcome, Duration.ofMillis(1));
        try (VirtualServers servers = servers(policy, EJECTION, 5, ill, WELL)) {
            servers.run(callsPerSecond, MINUTE);
            return servers.share(0);
        }
    }

    static Stream<PickPolicy> bounded() {
        return Stream.of(
                Pickers.ringHash().boundedLoad(),
                Pickers.maglev().boundedLoad(),
                Pickers.rendezvous().boundedLoad(),
                new PrefixAffinityPolicy(50, 1.25, 1, 1024, null));
    }

    /** The calls that a hot key has beyond its owner's bound must not be drawn to where they end at once. */
    @ParameterizedTest
    @MethodSource("bounded")
    void aBlackHoleGetsLittleOfAHotKeyUnderBoundedLoad(PickPolicy policy) {
        for (int hole = 0; hole < 10; hole++) {
            try (VirtualServers servers = servers(policy, EjectionPolicy.NONE, 10, WELL, WELL)) {
                servers.keyed(EndpointSelector.of("hot"))
                        .change(hole, Behaviour.always(Outcome.ERROR_RESPONSE, AT_ONCE));
                servers.run(1_000, Duration.ofSeconds(5));
                servers.run(1_000, Duration.ofSeconds(10));
                assertThat(servers.share(hole)).as("server %d", hole).isLessThan(0.1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneFailureIsForgivenInSeconds(boolean atTheFirstCall) {
        try (VirtualServers servers = servers(Pickers.peakEwma(), EjectionPolicy.NONE, 3, WELL, WELL)) {
            if (!atTheFirstCall) {
                servers.run(100, Duration.ofSeconds(30));
            }
            servers.change(0, Behaviour.always(Outcome.ERROR_RESPONSE, AT_ONCE));
            do {
                servers.run(100, Duration.ofMillis(1));
            } while (servers.calls(0) == 0);
            servers.change(0, WELL);
            servers.run(100, Duration.ofMillis(200));
            assertThat(servers.calls(0)).as("it is not forgiven at once").isZero();
            servers.run(100, Duration.ofMillis(2_500));
            assertThat(servers.calls(0)).isPositive();
            servers.run(100, Duration.ofSeconds(10));
            assertThat(servers.share(0)).isBetween(0.28, 0.39);
        }
    }

    @ParameterizedTest
    @MethodSource("loadAware")
    void anEndpointThatIsHalfOpenGetsItsProbeAndIsTakenBackIn(PickPolicy policy) {
        Behaviour down = Behaviour.always(Outcome.TRANSPORT_FAILURE, AT_ONCE);
        try (VirtualServers servers = servers(policy, EJECTION, 3, WELL, WELL)) {
            servers.run(100, Duration.ofSeconds(10));
            servers.change(0, down);
            for (int i = 0; i < 300 && status(servers) != Health.Status.EJECTED; i++) {
                servers.run(100, Duration.ofSeconds(1));
            }
            assertThat(status(servers)).isEqualTo(Health.Status.EJECTED);
            servers.change(0, WELL);
            while (status(servers) == Health.Status.EJECTED) {
                servers.run(100, Duration.ofMillis(10));
            }
            servers.run(100, Duration.ofMillis(500));
            assertThat(status(servers)).isEqualTo(Health.Status.UNKNOWN);
            servers.run(100, Duration.ofSeconds(10));
            assertThat(servers.share(0)).isBetween(0.25, 0.42);
        }
    }

    private static Health.Status status(VirtualServers servers) {
        return servers.balancer().current().snapshot().members().get(0).health().status();
    }
}

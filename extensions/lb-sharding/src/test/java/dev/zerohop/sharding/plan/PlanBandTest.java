package dev.zerohop.sharding.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.SliceMap;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How even the load is and what moves for that, for keys of a zipf distribution, at 60 % of what members can take. */
class PlanBandTest {
    private static final int KEYS = 100_000;

    private static Zipf zipf(int members, double exponent, int seed) {
        return new Zipf(KEYS, exponent, 60.0 * members, seed);
    }

    private static Fleet settled(int members, double exponent, int seed, int maxReplicas) {
        Fleet fleet = new Fleet(members);
        fleet.loads = zipf(members, exponent, seed).reported(1_000);
        fleet.settings = fleet.settings.replicas(1, maxReplicas).pairing(Duration.ZERO);
        fleet.settle();
        return fleet;
    }

    @ParameterizedTest
    @CsvSource({
        "3, 0.99, 1, 0.1, 1.07",
        "3, 1.2, 1, 0.1, 1.14",
        "10, 0.99, 1, 0.1, 1.17",
        "10, 0.99, 4, 0.1, 1.15",
        "10, 1.2, 4, 0.1, 1.11",
        "100, 0.99, 25, 0.1, 1.14",
        "100, 1.2, 25, 0.1, 1.12",
        "100, 0.99, 25, 0.025, 1.04",
        "100, 1.2, 25, 0.025, 1.04"
    })
    void theFirstAssignmentIsEven(int members, double exponent, int replicas, double tolerance, double bound) {
        for (int seed = 1; seed <= (members < 100 ? 3 : 1); seed++) {
            Fleet fleet = new Fleet(members);
            fleet.loads = zipf(members, exponent, seed).reported(1_000);
            fleet.settings = fleet.settings.replicas(1, replicas).tolerance(tolerance);

            assertThat(fleet.plan(0).maxToMean()).isLessThanOrEqualTo(bound);
            assertThat(fleet.plan(61_000).churn().total()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"10, 1.2", "100, 0.99", "100, 1.2"})
    void withOneOwnerOfAKeyOnlyTheHottestKeyIsAboveTheMean(int members, double exponent) {
        Fleet fleet = new Fleet(members);
        Zipf zipf = zipf(members, exponent, 1);
        fleet.loads = zipf.reported(1_000);

        Plan plan = fleet.plan(0);

        double hottest = zipf.load(0) / 60;
        assertThat(plan.maxToMean()).isBetween(hottest - 1e-9, 1.001 * hottest);
    }

    @ParameterizedTest
    @CsvSource({"3, 0.99, 1, 1.22", "10, 0.99, 4, 1.22", "100, 0.99, 25, 1.22", "10, 1.2, 4, 1.44", "100, 1.2, 25, 1.44"
    })
    void aCrashMovesLittleMoreThanWhatTheDeadMemberHad(int members, double exponent, int replicas, double bound) {
        for (int seed = 1; seed <= (members < 100 ? 3 : 1); seed++) {
            Fleet fleet = settled(members, exponent, seed, replicas);
            Plan before = fleet.plan(61_000);
            String dead = fleet.members.remove(members / 3).id();
            double share = Fleet.relative(before, dead) / members;

            Plan after = fleet.plan(61_000);

            assertThat(after.churn().total()).isLessThanOrEqualTo(bound * share);
            assertThat(after.maxToMean()).isLessThanOrEqualTo(1.18);
        }
    }

    @ParameterizedTest
    @CsvSource({"0.99, 0.093, 0.9", "1.2, 0.114, 0.82"})
    void oneMemberMoreGetsItsShare(double exponent, double moved, double share) {
        for (int seed = 1; seed <= 3; seed++) {
            Fleet fleet = settled(10, exponent, seed, 1);
            fleet.join(1);

            Plan plan = fleet.plan(61_000);

            assertThat(plan.churn().total()).isLessThanOrEqualTo(moved);
            assertThat(Fleet.relative(plan, "m0010")).isGreaterThanOrEqualTo(share);
        }
    }

    @Test
    void threeBecomeFiveAndThreeAgain() {
        Fleet fleet = new Fleet(3);
        fleet.loads = zipf(3, 0.99, 1).reported(1_000);
        fleet.settings = fleet.settings.pairing(Duration.ZERO);
        fleet.settle();
        fleet.join(2);

        Plan up = fleet.plan(61_000);
        assertThat(up.churn().total()).isLessThanOrEqualTo(0.42);
        assertThat(up.maxToMean()).isLessThanOrEqualTo(1.02);

        fleet.settle();
        fleet.drain(0);
        fleet.drain(1);
        Plan down = fleet.plan(61_000);
        assertThat(down.churn().total()).isLessThanOrEqualTo(0.42);
        assertThat(down.maxToMean()).isLessThanOrEqualTo(1.02);
    }

    @ParameterizedTest
    @CsvSource({"0.3, 1, 3.01, 0.37", "0.3, 4, 1.17, 0.39", "0.3, 10, 1.10, 0.3", "0.05, 1, 1.17, 0.07"})
    void aHotKeyIsSetApartAndServedByAsManyAsMay(double share, int replicas, double maxToMean, double moved) {
        for (int seed = 1; seed <= 3; seed++) {
            Fleet fleet = settled(10, 0.99, seed, replicas);
            long hot = EndpointSelector.of("hot" + seed).hash();
            fleet.loads = new Zipf(KEYS, 0.99, 600 * (1 - share), seed).reported(1_000, hot, 600 * share);

            Plan plan = fleet.plan(61_000);

            assertThat(plan.maxToMean()).isLessThanOrEqualTo(maxToMean);
            assertThat(plan.churn().total()).isLessThanOrEqualTo(moved);
            int slice = fleet.map.find(hot);
            if (share == 0.3) {
                assertThat(fleet.map.high(slice) - fleet.map.low(slice)).isEqualTo(1);
                assertThat(fleet.map.replicas(slice) > 1).isEqualTo(replicas > 1);
            }
        }
    }

    @Test
    void otherKeysBecomePopular() {
        Fleet fleet = settled(10, 1.2, 1, 4);
        fleet.loads = zipf(10, 1.2, 77).reported(1_000);

        Plan plan = fleet.plan(61_000);

        assertThat(plan.maxToMean()).isLessThanOrEqualTo(1.167);
        assertThat(plan.churn().total()).isLessThanOrEqualTo(0.23);
        assertThat(fleet.plan(61_000).churn().total()).isZero();
    }

    @Test
    void noiseMovesNextToNothing() {
        Fleet fleet = settled(10, 0.99, 1, 1);
        LoadMap quiet = fleet.loads;
        Random random = new Random(5);
        for (int round = 0; round < 10; round++) {
            LoadMap.Builder noisy = LoadMap.builder();
            SliceMap map = fleet.map;
            for (int i = 0; i < map.size(); i++) {
                noisy.add(
                        map.low(i),
                        map.high(i),
                        quiet.load(map.low(i), map.high(i)) * (0.8 + 0.4 * random.nextDouble()));
            }
            fleet.loads = noisy.build();

            Plan plan = fleet.plan(61_000);

            assertThat(plan.churn().total()).isLessThanOrEqualTo(0.004);
            assertThat(plan.maxToMean()).isLessThanOrEqualTo(1.17);
        }
    }

    /** At 60 % of what members can take: the band is 1 + tolerance / 0.6. */
    @ParameterizedTest
    @CsvSource({"0.025, 1.05, 0.24", "0.1, 1.168, 0.2", "0.4, 1.668, 0.14"})
    void aWiderToleranceMovesLess(double tolerance, double maxToMean, double moved) {
        Fleet fleet = new Fleet(10);
        fleet.settings = fleet.settings.replicas(1, 4).tolerance(tolerance);
        fleet.plan(0);
        fleet.loads = zipf(10, 1.2, 1).reported(1_000);

        Plan plan = fleet.plan(61_000);

        assertThat(plan.maxToMean()).isLessThanOrEqualTo(maxToMean);
        assertThat(plan.churn().total()).isLessThanOrEqualTo(moved);
    }

    @ParameterizedTest
    @CsvSource({"0.01", "0.1", "0.2", "0.4"})
    void keysThatWereIdleAreSpread(double reserve) {
        Fleet fleet = new Fleet(5);
        fleet.settings = fleet.settings.tolerance(PlanSettings.TIGHT).reserve(reserve);
        fleet.loads = LoadMap.builder().add(0, 4L << 50, 4).build();
        fleet.settle();
        fleet.members.replaceAll(member -> PlanMember.of(member.id(), 2));
        fleet.settle();
        LoadMap even = LoadMap.builder().add(0, 0, 5).build();
        double[] loads = new double[5];
        for (int i = 0; i < fleet.map.size(); i++) {
            loads[fleet.map.owner(i, 0)] += even.load(fleet.map.low(i), fleet.map.high(i));
        }

        for (double load : loads) {
            assertThat(load).isLessThanOrEqualTo(1 - 0.5 * Math.log10(reserve));
        }
    }

    @Test
    void anIdleServiceIsLeftAlone() {
        Fleet fleet = new Fleet(10);
        fleet.plan(0);
        fleet.loads = new Zipf(KEYS, 0.99, 100, 1).reported(1_000);

        // The mean is a tenth of what members can take, and the tolerance a tenth as well.
        assertThat(fleet.plan(61_000).maxToMean()).isLessThanOrEqualTo(2);
    }
}

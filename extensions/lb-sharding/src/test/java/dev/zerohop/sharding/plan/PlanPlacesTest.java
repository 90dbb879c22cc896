package dev.zerohop.sharding.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.SliceMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which members get what: weights, zones, slices that inherit, and what a follower reads of a change. */
class PlanPlacesTest {
    private static LoadMap zipf(int members) {
        return new Zipf(50_000, 0.99, 60.0 * members, 1).reported(1_000);
    }

    private static Fleet settled(int members) {
        Fleet fleet = new Fleet(members);
        fleet.loads = zipf(members);
        fleet.settle();
        return fleet;
    }

    @Test
    void aMemberOfTwiceTheWeightGetsTwiceTheLoad() {
        Fleet fleet = new Fleet(4);
        fleet.members.set(0, new PlanMember(fleet.members.get(0).owner(), PlanMember.Takes.SLICES, 2, ""));
        fleet.loads = LoadMap.builder().add(0, 0, 300).build();

        Plan plan = fleet.settle();

        assertThat(plan.maxToMean()).isLessThanOrEqualTo(1.17);
        double[] loads = new double[4];
        for (int i = 0; i < fleet.map.size(); i++) {
            loads[fleet.map.owner(i, 0)] += fleet.loads.load(fleet.map.low(i), fleet.map.high(i));
        }
        assertThat(loads[0] / loads[1]).isBetween(1.6, 2.4);
    }

    @Test
    void ownersOfASliceAreSpreadOverZones() {
        Fleet fleet = new Fleet(12);
        for (int i = 0; i < 12; i++) {
            fleet.members.set(
                    i,
                    new PlanMember(
                            fleet.members.get(i).owner(),
                            PlanMember.Takes.SLICES,
                            1,
                            List.of("a", "b", "c").get(i % 3)));
        }
        fleet.settings = fleet.settings.replicas(3, 3);
        fleet.loads = zipf(9);
        fleet.settle();
        // One of each zone; fewer slices are kept then, so neighbours are merged.
        fleet.drain(0);
        fleet.drain(4);
        fleet.drain(8);
        fleet.plan(61_000);

        for (int i = 0; i < fleet.map.size(); i++) {
            Set<Integer> zones = new HashSet<>();
            for (int k = 0; k < 3; k++) {
                zones.add(Integer.parseInt(fleet.map
                                .owners()
                                .get(fleet.map.owner(i, k))
                                .id()
                                .substring(1))
                        % 3);
            }
            assertThat(zones).hasSize(3);
        }
    }

    @Test
    void overAMapOfShardsNothingMovesAtFirstAndThenLittleByLittle() {
        List<PlanMember> members = new Fleet(5).members;
        LoadMap loads = zipf(5);
        PlanSettings settings = PlanSettings.DEFAULTS.maxLoad(100);
        Plan plan = Planner.plan(new PlanInput(null, true, members, loads, settings, PlanMemory.NONE, 0));
        assertThat(inheriting(plan.next())).isEqualTo(plan.next().size());

        int rounds = 0;
        SliceMap map = plan.next().as(1);
        while (inheriting(map) > 0 && rounds < 100) {
            rounds++;
            double before = inheritedLoad(map, loads);
            plan = Planner.plan(new PlanInput(map, true, members, loads, settings, plan.memory(), rounds * 61_000L));
            assertThat(plan.problem()).isNull();
            map = plan.next() == map ? map : plan.next().as(rounds + 1);
            // One slice at least, which may have a hot key.
            assertThat(before - inheritedLoad(map, loads)).isLessThanOrEqualTo(0.12 * loads.total());
        }
        assertThat(rounds).isBetween(10, 40);
        assertThat(plan.maxToMean()).isLessThanOrEqualTo(1.17);
    }

    private static int inheriting(SliceMap map) {
        int inheriting = 0;
        for (int i = 0; i < map.size(); i++) {
            inheriting += map.inherits(i) ? 1 : 0;
        }
        return inheriting;
    }

    private static double inheritedLoad(SliceMap map, LoadMap loads) {
        double load = 0;
        for (int i = 0; i < map.size(); i++) {
            load += map.inherits(i) ? loads.load(map.low(i), map.high(i)) : 0;
        }
        return load;
    }

    // ---- what a follower reads ----

    @Test
    void onlyWhatMovedIsOfTheNewGeneration() {
        Fleet fleet = settled(5);
        SliceMap before = fleet.map;
        fleet.drain(0);
        fleet.plan(61_000);

        int stayed = 0;
        for (int i = 0; i < fleet.map.size(); i++) {
            int last = before.find(fleet.map.high(i) - 1);
            boolean same = true;
            for (int old = before.find(fleet.map.low(i)); old <= last; old++) {
                same &= owners(fleet.map, i).equals(owners(before, old));
            }
            stayed += same ? 1 : 0;
            assertThat(fleet.map.since(i) == fleet.map.generation()).isEqualTo(!same);
        }
        assertThat(stayed).isBetween(1, fleet.map.size() - 1);
    }

    private static Set<String> owners(SliceMap map, int slice) {
        return java.util.stream.IntStream.range(0, map.replicas(slice))
                .mapToObj(k -> map.owners().get(map.owner(slice, k)).id())
                .collect(Collectors.toSet());
    }

    @Test
    void theOrderOfMembersMakesNoDifference() {
        Fleet one = settled(7);
        Fleet other = new Fleet(7);
        other.loads = one.loads;
        java.util.Collections.shuffle(other.members, new Random(1));
        other.settle();

        assertThat(other.map).isEqualTo(one.map);
    }
}

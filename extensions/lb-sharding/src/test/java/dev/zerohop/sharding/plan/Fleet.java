package dev.zerohop.sharding.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.zerohop.SliceMap;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Members and their assignment from plan to plan, with a clock of its own. Each plan is checked for what must hold of all. */
final class Fleet {
    final List<PlanMember> members = new ArrayList<>();
    PlanSettings settings = PlanSettings.DEFAULTS.maxLoad(100);
    LoadMap loads = LoadMap.NONE;
    SliceMap map;
    PlanMemory memory = PlanMemory.NONE;
    long now;

    private long generation;
    private int joined;

    Fleet(int members) {
        join(members);
    }

    /** Members that come; their names ascend in the order in which they came. */
    void join(int count) {
        for (int i = 0; i < count; i++) {
            members.add(PlanMember.of(String.format("m%04d", joined++), 1));
        }
    }

    /** A member that says it leaves. */
    void drain(int member) {
        PlanMember old = members.get(member);
        members.set(member, new PlanMember(old.owner(), PlanMember.Takes.NOTHING_MORE, old.weight(), old.zone()));
    }

    Plan plan(long laterMillis) {
        now += laterMillis;
        Plan plan = Planner.plan(new PlanInput(map, false, members, loads, settings, memory, now));
        assertThat(plan.problem()).isNull();
        memory = plan.memory();
        if (plan.next() != map) {
            map = plan.next().as(++generation);
            check();
        }
        return plan;
    }

    /** Plans a minute apart until nothing changes, at most ten. */
    Plan settle() {
        Plan plan = plan(61_000);
        for (int i = 0; i < 10; i++) {
            SliceMap before = map;
            plan = plan(61_000);
            if (map == before) {
                return plan;
            }
        }
        return plan;
    }

    private void check() {
        Set<String> ids = new HashSet<>();
        long takers = members.stream()
                .filter(member -> member.takes() == PlanMember.Takes.SLICES)
                .count();
        members.forEach(member -> ids.add(member.id()));
        int replicas = 0;
        for (int i = 0; i < map.size(); i++) {
            replicas += map.replicas(i);
            // Slices on which members crash have one owner.
            boolean apart = map.replicas(i) == 1;
            if (!apart
                    && (map.replicas(i) < Math.min(takers, settings.minReplicas())
                            || map.replicas(i) > Math.min(takers, settings.maxReplicas()))) {
                fail(map.name(i) + " has " + map.replicas(i) + " owners");
            }
            for (int k = 0; k < map.replicas(i); k++) {
                String owner = map.owners().get(map.owner(i, k)).id();
                if (settings.hold().isZero() && !ids.contains(owner)) {
                    fail(map.name(i) + " is owned by " + owner + ", which is gone");
                }
            }
        }
        assertThat(replicas).isGreaterThanOrEqualTo((int) (Work.MIN_SLICES * takers));
    }

    /** The load of a member divided by the mean. */
    static double relative(Plan plan, String member) {
        double sum = plan.loads().values().stream().mapToDouble(load -> load).sum();
        return plan.loads().get(member) * plan.loads().size() / sum;
    }

    static double least(Plan plan) {
        double sum = plan.loads().values().stream().mapToDouble(load -> load).sum();
        double min =
                plan.loads().values().stream().mapToDouble(load -> load).min().orElse(0);
        return min * plan.loads().size() / sum;
    }
}

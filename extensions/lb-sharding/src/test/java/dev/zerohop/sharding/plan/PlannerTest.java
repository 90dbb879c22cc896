package dev.zerohop.sharding.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.SliceMap;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlannerTest {
    private static final PlanSettings SETTINGS = PlanSettings.DEFAULTS.maxLoad(100);

    private static List<PlanMember> members(int count) {
        List<PlanMember> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(PlanMember.of(String.format("orders-%03d", i), 1));
        }
        return members;
    }

    private static Plan first(int members, LoadMap loads) {
        return Planner.plan(new PlanInput(null, false, members(members), loads, SETTINGS, PlanMemory.NONE, 0));
    }

    @Test
    void theFirstAssignmentHasAPowerOfTwoOfEqualSlicesOneAfterAnotherOnAllMembers() {
        Plan plan = first(10, LoadMap.NONE);

        SliceMap next = plan.next();
        assertThat(next).isNotNull();
        assertThat(next.size()).isEqualTo(512);
        for (int i = 0; i < next.size(); i++) {
            assertThat(next.low(i)).isEqualTo((long) i << 55);
            assertThat(next.owner(i, 0)).isEqualTo(i % 10);
        }
    }

    @Test
    void whereNothingIsToBeChangedTheAssignmentBeforeIsTheNextOne() {
        LoadMap loads = new Zipf(20_000, 0.99, 600, 1).reported(1_000);
        Plan first = first(10, loads);
        assertThat(first.next()).isNotNull();
        SliceMap written = first.next().as(5);

        Plan second = Planner.plan(new PlanInput(written, false, members(10), loads, SETTINGS, first.memory(), 61_000));

        assertThat(second.next()).isSameAs(written);
        assertThat(second.churn().total()).isZero();
    }
}

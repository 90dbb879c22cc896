package dev.zerohop.sharding.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlanSizeTest {
    @Test
    void aThousandMembersAreEvenAfterOnePlanAndACrashChangesFewSlices() {
        Fleet fleet = new Fleet(1_000);
        fleet.settings = fleet.settings.replicas(1, 100);
        fleet.plan(0);
        fleet.loads = new Zipf(300_000, 0.99, 60_000, 1).reported(10_000);

        assertThat(fleet.plan(61_000).maxToMean()).isLessThanOrEqualTo(1.15);
        assertThat(fleet.map.size()).isBetween(32_000, 64_000);
        assertThat(fleet.plan(61_000).churn().total()).isZero();

        fleet.members.remove(500);
        fleet.plan(61_000);
        int changed = 0;
        for (int i = 0; i < fleet.map.size(); i++) {
            changed += fleet.map.since(i) == fleet.map.generation() ? 1 : 0;
        }
        // Those of the dead member, and at most as many again that were balanced.
        assertThat(changed).isLessThanOrEqualTo(80);
    }
}

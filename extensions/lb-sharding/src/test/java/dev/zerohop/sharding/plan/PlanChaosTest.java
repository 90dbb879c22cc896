package dev.zerohop.sharding.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Members, settings and load drawn anew in each of many rounds. */
class PlanChaosTest {
    private static final double[] RESERVES = {0.01, 0.1, 0.2, 0.4};

    @Test
    void theLoadStaysEvenWhateverChanges() {
        Random random = new Random(7);
        Fleet fleet = new Fleet(8);
        List<PlanMember> all = new ArrayList<>(fleet.members);
        List<Double> over = new ArrayList<>();
        List<Double> under = new ArrayList<>();
        for (int round = 0; round < 1_000; round++) {
            int staying = 6 + random.nextInt(3);
            Collections.shuffle(all, random);
            fleet.members.clear();
            fleet.members.addAll(all);
            for (int i = staying; i < 8; i++) {
                fleet.drain(i);
            }
            fleet.settings = PlanSettings.DEFAULTS
                    .maxLoad(100)
                    .tolerance(PlanSettings.TIGHT)
                    .churnPrice(0)
                    .replicas(1 + random.nextInt(3), 8)
                    .reserve(RESERVES[random.nextInt(4)])
                    .pairing(Duration.ZERO);
            double total = random.nextDouble() * 120 * staying;
            fleet.loads = load(random, total);

            Plan plan = fleet.plan(61_000);

            double mean = total / staying;
            double most = Math.max(100, mean);
            over.add((Collections.max(plan.loads().values()) - mean) / most);
            under.add((mean - Collections.min(plan.loads().values())) / most);
        }
        Collections.sort(over);
        Collections.sort(under);

        assertThat(over.get(500)).isLessThanOrEqualTo(0.02);
        // Dicer's suite has 0.03 and 0.04: where the reserve is above the load, it is the reserve that is even.
        assertThat(over.get(900)).isLessThanOrEqualTo(0.05);
        assertThat(over.get(950)).isLessThanOrEqualTo(0.07);
        assertThat(over.get(990)).isLessThanOrEqualTo(0.35);
        assertThat(over.get(999)).isLessThanOrEqualTo(0.70);
        assertThat(under.get(990)).isLessThanOrEqualTo(0.15);
        assertThat(under.get(999)).isLessThanOrEqualTo(0.30);
    }

    /** 64 ranges of different density, and in half of the rounds a key with half of the load. */
    private static LoadMap load(Random random, double total) {
        LoadMap.Builder builder = LoadMap.builder();
        boolean hot = random.nextBoolean();
        if (hot) {
            builder.key(random.nextLong(), total / 2);
        }
        double[] weights = random.doubles(64).toArray();
        double sum = java.util.Arrays.stream(weights).sum();
        for (int i = 0; i < 64; i++) {
            builder.add((long) i << 58, i == 63 ? 0 : (long) (i + 1) << 58, total * (hot ? 0.5 : 1) * weights[i] / sum);
        }
        return builder.build();
    }
}

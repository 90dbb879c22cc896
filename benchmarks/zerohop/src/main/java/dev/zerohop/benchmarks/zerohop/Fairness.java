package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * How far {@code weighted_round_robin} is from the exact shares, with one thread: over all prefixes of k picks, the largest difference between an
 * endpoint's picks and k times its share of the weights. Within the range that is guaranteed (100 endpoints, weights to 100) and beyond it.
 * Arguments: the number of picks, and a file for the result.
 */
public final class Fairness {
    private Fairness() {}

    public static void main(String[] arguments) throws IOException {
        int picks = Integer.parseInt(arguments[0]);
        List<String> rows = new ArrayList<>();
        for (int endpoints : new int[] {3, 10, 100, 1_000, 10_000}) {
            for (int maxWeight : new int[] {1, 10, 100, 10_000, 1_000_000}) {
                rows.add(measure(endpoints, maxWeight, picks));
            }
        }
        String json = "[\n  " + String.join(",\n  ", rows) + "\n]\n";
        Files.writeString(Path.of(arguments[1]), json);
        System.out.print(json);
    }

    private static String measure(int endpoints, int maxWeight, int picks) {
        SplittableRandom random = new SplittableRandom(endpoints * 31L + maxWeight);
        int[] weights = new int[endpoints];
        List<FakeNode> nodes = new ArrayList<>(endpoints);
        Map<Node, Integer> index = new IdentityHashMap<>();
        double sum = 0;
        for (int i = 0; i < endpoints; i++) {
            weights[i] = 1 + random.nextInt(maxWeight);
            sum += weights[i];
            FakeNode node = FakeNode.named("node-" + i, weights[i]);
            nodes.add(node);
            index.put(node, i);
        }
        Picker picker = Pickers.weightedRoundRobin().newPicker(Snapshot.of(nodes), Env.system());
        long[] picked = new long[endpoints];
        double maxError = 0;
        double maxOverBound = 0;
        for (int k = 1; k <= picks; k++) {
            int i = index.get(picker.pick(PickContext.NONE));
            // An endpoint's error is largest right before and right after it is picked.
            double before = Math.abs(picked[i] - (k - 1) * (weights[i] / sum));
            double after = Math.abs(++picked[i] - k * (weights[i] / sum));
            double error = Math.max(before, after);
            maxError = Math.max(maxError, error);
            maxOverBound = Math.max(maxOverBound, error / (1 + 0.5 * Math.log(k) / Math.log(2)));
        }
        for (int i = 0; i < endpoints; i++) {
            maxError = Math.max(maxError, Math.abs(picked[i] - picks * (weights[i] / sum)));
        }
        return String.format(
                Locale.ROOT,
                "{\"endpoints\": %d, \"maxWeight\": %d, \"picks\": %d, \"maxError\": %.2f, \"maxShareOfBound\": %.2f}",
                endpoints,
                maxWeight,
                picks,
                maxError,
                maxOverBound);
    }
}

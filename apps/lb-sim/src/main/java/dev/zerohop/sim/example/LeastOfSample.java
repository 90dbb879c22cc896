package dev.zerohop.sim.example;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Of some candidates that are drawn by chance, the one with the fewest calls under way; weights do not count.
 *
 * @param sample how many are drawn, one perhaps more than once
 */
public record LeastOfSample(int sample) implements PolicyProvider, PickPolicy {
    private static final int DEFAULT = 3;
    private static final int MOST = 10;

    /** For {@code ServiceLoader}. */
    public LeastOfSample() {
        this(DEFAULT);
    }

    @Override
    public String name() {
        return "example.least_of_sample";
    }

    @Override
    public List<String> options() {
        return List.of("sample");
    }

    @Override
    public PickPolicy read(Options options) {
        return new LeastOfSample(options.integer("sample", DEFAULT, 1, MOST));
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return new Sampling(sample, first, env);
    }

    private record Sampling(int sample, Snapshot snapshot, Env env) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            int n = snapshot.candidates().size();
            if (n == 0) {
                return null;
            }
            Node best = drawn(n);
            for (int i = 1; i < sample; i++) {
                best = better(best, drawn(n), context);
            }
            if (context.avoids(best.endpoint())) {
                // Chance drew only what the call has tried.
                for (int i = 0; i < n; i++) {
                    best = better(best, snapshot.candidates().get(i).node(), context);
                }
            }
            return best;
        }

        private Node drawn(int n) {
            return snapshot.candidates().get(env.dice().nextInt(n)).node();
        }

        private static Node better(Node a, Node b, PickContext context) {
            boolean aTried = context.avoids(a.endpoint());
            boolean bTried = context.avoids(b.endpoint());
            if (aTried != bTried) {
                return aTried ? b : a;
            }
            // Failures count as calls under way: what fails at once must not look idle.
            return b.pressure() < a.pressure() ? b : a;
        }

        @Override
        public Refusal refusal(PickContext context) {
            return snapshot.refusal(env.time().nanoTime());
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new Sampling(sample, next, env);
        }
    }
}

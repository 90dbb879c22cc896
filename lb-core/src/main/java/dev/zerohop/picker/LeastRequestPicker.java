package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Of two candidates, the one under less {@linkplain Node#pressure pressure} for its weight; on a tie the first drawn. */
final class LeastRequestPicker extends TwoChoicePicker {
    static final UnkeyedPolicy LEAST_REQUEST = new UnkeyedPolicy("least_request", LeastRequestPicker::new);

    /** Empty if all are equal. */
    private final double[] weights;

    LeastRequestPicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
        List<Candidate> candidates = snapshot.candidates();
        this.weights = new double[uniform ? 0 : candidates.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = candidates.get(i).weight();
        }
    }

    private LeastRequestPicker(LeastRequestPicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.weights = before.weights;
    }

    @Override
    boolean firstWins(Node a, int first, Node b, int second, long random, long nowNanos) {
        int left = a.pressure();
        int right = b.pressure();
        // Equal is the usual case by far, and the branch that a processor foresees.
        if (left == right && uniform) {
            return true;
        }
        if (forgives(random)) {
            left = a.inFlight();
            right = b.inFlight();
        }
        return uniform ? left <= right : left * weights[second] <= right * weights[first];
    }

    @Override
    public Picker rebuild(Snapshot next) {
        @Nullable Node[] left = left(next);
        return left == null ? new LeastRequestPicker(next, env) : new LeastRequestPicker(this, next, left);
    }

    @Override
    public List<String> explain(PickContext context) {
        return List.of(
                drawn() + " and takes the one with fewer attempts under way" + (uniform ? "" : " for its weight"));
    }
}

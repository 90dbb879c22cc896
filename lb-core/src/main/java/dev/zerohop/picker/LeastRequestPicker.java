package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import java.util.List;

/** Of two candidates, the one with fewer attempts under way for its weight; on a tie the first drawn. */
final class LeastRequestPicker extends TwoChoicePicker {
    /** One pick in this many looks at the attempts under way only, so that an endpoint with failures behind it is found to be well again. */
    private static final int FORGIVING = 16;

    private final double[] weights;

    LeastRequestPicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
        List<Candidate> candidates = snapshot.candidates();
        boolean differ = weightsDiffer(candidates);
        this.weights = new double[differ ? candidates.size() : 0];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = candidates.get(i).weight();
        }
    }

    @Override
    boolean firstWins(int first, int second, long random) {
        double left;
        double right;
        // The lowest bits of the first half hardly influence who is drawn.
        if (((random >>> 32) & (FORGIVING - 1)) == 0) {
            left = nodes[first].inFlight();
            right = nodes[second].inFlight();
        } else {
            left = nodes[first].load(0);
            right = nodes[second].load(0);
        }
        return weights.length == 0 ? left <= right : left * weights[second] <= right * weights[first];
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new LeastRequestPicker(next, env);
    }

    @Override
    public List<String> explain(PickContext context) {
        return List.of("draws two of " + nodes.length + " candidates and takes the one with fewer attempts under way"
                + (weights.length == 0 ? "" : " for its weight"));
    }
}

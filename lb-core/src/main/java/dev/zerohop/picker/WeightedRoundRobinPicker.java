package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import java.util.List;

/** In turn, with as many turns in a cycle as the weight says, evenly interleaved; see {@link TurnTable}. */
final class WeightedRoundRobinPicker extends SequencePicker {

    WeightedRoundRobinPicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
    }

    private WeightedRoundRobinPicker(WeightedRoundRobinPicker before, Snapshot next) {
        super(before, next);
    }

    @Override
    int[] turns(int[] order) {
        List<Candidate> candidates = snapshot.candidates();
        double[] weights = new double[order.length];
        for (int i = 0; i < order.length; i++) {
            weights[i] = candidates.get(order[i]).weight();
        }
        return TurnTable.of(order, weights);
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new WeightedRoundRobinPicker(this, next);
    }
}

package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Node;
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
    Node[] turns(int[] order) {
        List<Candidate> candidates = snapshot.candidates();
        Node[] ordered = new Node[order.length];
        double[] weights = new double[order.length];
        for (int i = 0; i < order.length; i++) {
            Candidate candidate = candidates.get(order[i]);
            ordered[i] = candidate.node();
            weights[i] = candidate.weight();
        }
        return TurnTable.of(ordered, weights);
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new WeightedRoundRobinPicker(this, next);
    }
}

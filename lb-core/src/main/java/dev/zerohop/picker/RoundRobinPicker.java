package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;

/** Everybody in turn. */
final class RoundRobinPicker extends SequencePicker {

    RoundRobinPicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
    }

    private RoundRobinPicker(RoundRobinPicker before, Snapshot next) {
        super(before, next);
    }

    @Override
    Node[] turns(int[] order) {
        Node[] turns = new Node[order.length];
        for (int i = 0; i < turns.length; i++) {
            turns[i] = nodes[order[i]];
        }
        return turns;
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new RoundRobinPicker(this, next);
    }
}

package dev.zerohop.picker;

import dev.zerohop.Env;
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
    int[] turns(int[] order) {
        return order;
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new RoundRobinPicker(this, next);
    }
}

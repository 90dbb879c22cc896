package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import java.util.function.BiFunction;

/** A policy without key and options: a constant, and its own provider. */
final class UnkeyedPolicy implements PickPolicy, PolicyProvider {
    private final String name;
    private final BiFunction<Snapshot, Env, Picker> first;

    UnkeyedPolicy(String name, BiFunction<Snapshot, Env, Picker> first) {
        this.name = name;
        this.first = first;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PickPolicy read(Options none) {
        return this;
    }

    @Override
    public Picker newPicker(Snapshot snapshot, Env env) {
        return first.apply(snapshot, env);
    }

    @Override
    public String toString() {
        return name;
    }
}

package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;

/** A policy without a key: which algorithm, and what it wants measured. */
record UnkeyedPolicy(Algorithm algorithm, LoadMetric loadMetric) implements PickPolicy {

    /** The algorithms; names as in configurations, in lower case. */
    enum Algorithm {
        ROUND_ROBIN("round_robin"),
        RANDOM("random"),
        WEIGHTED_RANDOM("weighted_random"),
        WEIGHTED_ROUND_ROBIN("weighted_round_robin"),
        LEAST_REQUEST("least_request"),
        PEAK_EWMA("peak_ewma"),
        LVS("lvs");

        private final String text;

        Algorithm(String text) {
            this.text = text;
        }
    }

    @Override
    public String name() {
        return algorithm.text;
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return switch (algorithm) {
            case ROUND_ROBIN -> new SequencePicker(first, env, false);
            case RANDOM -> new RandomPicker(first, env, false);
            case WEIGHTED_RANDOM -> new RandomPicker(first, env, true);
            case WEIGHTED_ROUND_ROBIN -> new SequencePicker(first, env, true);
            case LEAST_REQUEST -> new LeastRequestPicker(first, env);
            case PEAK_EWMA -> new PeakEwmaPicker(first, env);
            case LVS -> new LvsPicker(first, env);
        };
    }

    @Override
    public String toString() {
        // A metric that has the name of the policy is its own, and its options are the policy's.
        return loadMetric.name().equals(name()) ? loadMetric.toString() : name();
    }
}

package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.OptionsText;
import org.jspecify.annotations.Nullable;

/** See {@link Pickers#rendezvous()}. */
record RendezvousPolicy(@Nullable PickPolicy withoutKey) implements PickPolicy {

    RendezvousPolicy {
        Pickers.checkUnkeyed(withoutKey);
    }

    @Override
    public String name() {
        return "rendezvous";
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return new RendezvousPicker(first, env, withoutKey);
    }

    @Override
    public LoadMetric loadMetric() {
        return withoutKey == null ? LoadMetric.IN_FLIGHT : withoutKey.loadMetric();
    }

    @Override
    public boolean keyed() {
        return true;
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("withoutKey", withoutKey == null ? "FAIL" : withoutKey)
                .toString();
    }
}

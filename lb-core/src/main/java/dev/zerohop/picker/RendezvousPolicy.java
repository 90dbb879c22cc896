package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.OptionsText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** See {@link Pickers#rendezvous()}. */
record RendezvousPolicy(@Nullable PickPolicy withoutKey) implements PickPolicy {

    /** In configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return "rendezvous";
        }

        @Override
        public List<String> options() {
            return List.of("withoutKey");
        }

        @Override
        public PickPolicy read(Options options) {
            return new RendezvousPolicy(new Policies().withoutKey(options));
        }
    }

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

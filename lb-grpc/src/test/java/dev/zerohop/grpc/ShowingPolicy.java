package dev.zerohop.grpc;

import dev.zerohop.Env;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Round robin under another name, that shows what environment policies get. */
public final class ShowingPolicy implements PolicyProvider {
    static final BlockingQueue<Env> ENVIRONMENTS = new LinkedBlockingQueue<>();

    @Override
    public String name() {
        return "test.showing";
    }

    @Override
    public PickPolicy read(Options options) {
        return new Policy();
    }

    record Policy() implements PickPolicy {
        @Override
        public String name() {
            return "test.showing";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            ENVIRONMENTS.add(env);
            return Pickers.roundRobin().newPicker(first, env);
        }
    }
}

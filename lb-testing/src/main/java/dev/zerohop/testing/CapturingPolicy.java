package dev.zerohop.testing;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Picks as another policy does and keeps the environments that balancers give it: for tests of what a transport brings to policies. Equal to itself only. Thread-safe.
 *
 * <p>Where a configuration names the policy, as in a gRPC service config, let {@code META-INF/services/dev.zerohop.PolicyProvider} of the test name {@link Provider}.
 */
public final class CapturingPolicy implements PickPolicy {
    private static final long LONGEST_WAIT_SECONDS = 60;

    private final PickPolicy policy;
    private final BlockingQueue<Env> environments = new LinkedBlockingQueue<>();

    /** Picks as this policy does, under its name. */
    public CapturingPolicy(PickPolicy policy) {
        this.policy = requireNonNull(policy, "policy");
    }

    /**
     * The environment of the first picker that was made, then that of the next, and so on. Waits for up to 60 s until there is one.
     *
     * @throws AssertionError if no picker is made in that time
     */
    public Env takeEnv() throws InterruptedException {
        Env env = environments.poll(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        if (env == null) {
            throw new AssertionError("no picker was made within " + LONGEST_WAIT_SECONDS
                    + " s, expected a balancer that uses this policy: " + this);
        }
        return env;
    }

    /** Forgets the environments that were not taken. */
    public void clear() {
        environments.clear();
    }

    @Override
    public String name() {
        return policy.name();
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        Picker picker = policy.newPicker(first, env);
        environments.add(env);
        return picker;
    }

    @Override
    public String toString() {
        return "capturing " + policy;
    }

    /** Reads {@code test.capturing} in configurations: round robin, and one policy for all that name it in this process. */
    public static final class Provider implements PolicyProvider {
        private static final String NAME = "test.capturing";
        private static final CapturingPolicy SHARED = new CapturingPolicy(Pickers.roundRobin());

        /** For {@code ServiceLoader}. */
        public Provider() {}

        /** The policy that configurations get. Clear it before a test, since others in the process may have used it. */
        public static CapturingPolicy policy() {
            return SHARED;
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public PickPolicy read(Options options) {
            return SHARED;
        }
    }
}

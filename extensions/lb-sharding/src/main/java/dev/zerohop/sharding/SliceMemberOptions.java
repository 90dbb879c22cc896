package dev.zerohop.sharding;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.sharding.plan.PlanSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a member takes part. An immutable value. */
public final class SliceMemberOptions {
    private static final Duration MAX_WARM_UP = Duration.ofMinutes(10);

    private final int weight;
    private final String zone;
    private final @Nullable SliceListener listener;
    private final Duration warmUp;
    private final PlanSettings plan;
    private final Env env;

    private SliceMemberOptions(Builder builder) {
        this.weight = builder.weight;
        this.zone = builder.zone;
        this.listener = builder.listener;
        this.warmUp = builder.warmUp;
        this.plan = builder.plan;
        this.env = builder.env;
    }

    /** All defaults. */
    public static SliceMemberOptions defaults() {
        return builder().build();
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Its capacity beside the others'. */
    public int weight() {
        return weight;
    }

    /** Where it runs; empty if that is not known. */
    public String zone() {
        return zone;
    }

    /** What hears of its gains and losses; null for none. */
    public @Nullable SliceListener listener() {
        return listener;
    }

    /** How long {@link SliceListener#gained} may take. */
    public Duration warmUp() {
        return warmUp;
    }

    /** How it divides keys while it leads. */
    public PlanSettings plan() {
        return plan;
    }

    Env env() {
        return env;
    }

    /** Builds {@link SliceMemberOptions}. Not thread-safe. */
    public static final class Builder {
        private int weight = 1;
        private String zone = "";
        private @Nullable SliceListener listener;
        private Duration warmUp = Duration.ofSeconds(5);
        private PlanSettings plan = PlanSettings.DEFAULTS;
        private Env env = Env.system();

        private Builder() {}

        /**
         * Sets the capacity: a member of twice the weight gets twice the load. Default: 1.
         *
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder weight(int weight) {
            if (weight < 1) {
                throw new IllegalArgumentException("weight was " + weight + ", expected 1 or more");
            }
            this.weight = weight;
            return this;
        }

        /** Sets where the member runs, so that replicas of a slice are spread over zones. Default: empty, not known. */
        public Builder zone(String zone) {
            this.zone = requireNonNull(zone, "zone");
            return this;
        }

        /** Sets what hears of the member's gains and losses. Default: none, and what is assigned is owned at once. */
        public Builder listener(SliceListener listener) {
            this.listener = requireNonNull(listener, "listener");
            return this;
        }

        /**
         * Sets how long {@link SliceListener#gained} may take before the member owns what it gained in any case. Default: 5 s.
         *
         * @throws IllegalArgumentException if it is negative or above 10 min
         */
        public Builder warmUp(Duration warmUp) {
            if (warmUp.isNegative() || warmUp.compareTo(MAX_WARM_UP) > 0) {
                throw new IllegalArgumentException("warmUp was " + warmUp + ", expected PT0S to " + MAX_WARM_UP);
            }
            this.warmUp = warmUp;
            return this;
        }

        /** Sets how keys are divided while this member leads; to be the same for all members. Default: {@link PlanSettings#DEFAULTS}. */
        public Builder plan(PlanSettings plan) {
            this.plan = requireNonNull(plan, "plan");
            return this;
        }

        /** Sets clock, timers and threads. Default: the process's. */
        public Builder env(Env env) {
            this.env = requireNonNull(env, "env");
            return this;
        }

        /** Builds the options. */
        public SliceMemberOptions build() {
            return new SliceMemberOptions(this);
        }
    }
}

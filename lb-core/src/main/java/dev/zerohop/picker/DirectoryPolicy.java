package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.EndpointSelector;
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

/**
 * Sends each key to the endpoint that the source's {@linkplain dev.zerohop.KeyDirectory directory} names as its owner. An immutable value.
 *
 * <p>A call whose key is not known yet waits, within its own deadline, for the look-up that it began. A key that the directory has no entry for gets what
 * {@link Builder#missing} is. What happens while the owner cannot be used is the {@link OwnerDown} choice; under {@link OwnerDown#SPILL} the key goes
 * to the best of {@linkplain Pickers#rendezvous() rendezvous hashing} over the endpoints that can be used, which is the same for every client and needs
 * no ordinals. An owner that cannot be found out, because the directory cannot be read or its entry is rejected, counts as down for
 * {@link OwnerDown#FAIL_FAST} and {@link OwnerDown#WAIT}, and is never spilled: a guess is not a stand-in.
 *
 * <p>An owner of weight 0 takes no traffic and counts as down; one that is being connected makes calls wait, except under {@link OwnerDown#SPILL}. One
 * that is draining keeps its keys while it serves, except under {@link OwnerDown#SPILL}, where it comes after all usable endpoints.
 */
public final class DirectoryPolicy implements PickPolicy {

    /** In configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return "directory";
        }

        @Override
        public List<String> options() {
            return List.of("ownerDown", "missing", "withoutKey");
        }

        @Override
        public PickPolicy read(Options options) {
            Policies policies = new Policies();
            OwnerDown ownerDown = options.enumValue("ownerDown", OwnerDown.FAIL_FAST);
            PickPolicy missing = policies.nameOrFail(
                    options,
                    "missing",
                    "another policy",
                    () -> policies.names().stream()
                            .filter(name -> !name.equals(name()))
                            .toList());
            return builder()
                    .ownerDown(ownerDown)
                    // A shard's owner that is down is treated like one that the directory names.
                    .missing(
                            missing instanceof ShardPolicy
                                    ? ShardPolicy.builder().ownerDown(ownerDown).build()
                                    : missing)
                    .withoutKey(policies.withoutKey(options))
                    .build();
        }
    }

    /** What is configured; null refuses the calls that it is for. */
    record Settings(
            OwnerDown ownerDown,
            @Nullable PickPolicy missing,
            @Nullable PickPolicy withoutKey) {}

    private final Settings settings;
    private final LoadMetric loadMetric;

    private DirectoryPolicy(Settings settings) {
        this.settings = settings;
        this.loadMetric = Pickers.commonMetric("missing", settings.missing, settings.withoutKey);
    }

    /** Starts a policy with the defaults: {@link OwnerDown#FAIL_FAST}, keys without an entry refused, calls without a key refused. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "directory";
    }

    @Override
    public boolean keyed() {
        return true;
    }

    @Override
    public LoadMetric loadMetric() {
        return loadMetric;
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return new DirectoryPicker(this, first, env);
    }

    /**
     * The owner of a key in a snapshot, as far as it is known at this moment, and why. Begins no look-up and ignores health. An owner that is absent is
     * a null endpoint.
     */
    public PlacementExplanation place(EndpointSelector key, Snapshot snapshot) {
        return new DirectoryIndex(snapshot).place(this, key, snapshot);
    }

    Settings settings() {
        return settings;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DirectoryPolicy that && settings.equals(that.settings);
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("ownerDown", settings.ownerDown)
                .with("missing", settings.missing == null ? "FAIL" : settings.missing)
                .with("withoutKey", settings.withoutKey == null ? "FAIL" : settings.withoutKey)
                .toString();
    }

    /** Builds a {@link DirectoryPolicy}. Not thread-safe; {@link #build} checks the values. */
    public static final class Builder {
        private OwnerDown ownerDown = OwnerDown.FAIL_FAST;
        private @Nullable PickPolicy missing;
        private @Nullable PickPolicy withoutKey;

        private Builder() {}

        /** Sets what a call gets while the owner of its key cannot be used. Default: {@link OwnerDown#FAIL_FAST}. */
        public Builder ownerDown(OwnerDown ownerDown) {
            this.ownerDown = requireNonNull(ownerDown, "ownerDown");
            return this;
        }

        /**
         * Sets how to pick for a key that the directory has no entry for: any other policy, for example {@link ShardPolicy} for a placement by hash; null
         * refuses it as {@link dev.zerohop.Refusal.Kind#BAD_KEY}. Default: null.
         */
        public Builder missing(@Nullable PickPolicy missing) {
            this.missing = missing;
            return this;
        }

        /** Sets how to pick for a call without a key; null refuses it. Default: null. */
        public Builder withoutKey(@Nullable PickPolicy withoutKey) {
            this.withoutKey = withoutKey;
            return this;
        }

        /**
         * Builds the policy.
         *
         * @throws IllegalArgumentException naming the option, its value and what was expected
         */
        public DirectoryPolicy build() {
            Pickers.checkUnkeyed("withoutKey", withoutKey);
            if (missing instanceof DirectoryPolicy) {
                throw new IllegalArgumentException("missing was directory, expected another policy");
            }
            return new DirectoryPolicy(new Settings(ownerDown, missing, withoutKey));
        }
    }
}

package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a balancer: policy, stages, ejection, retries and the rest, validated as a whole. An immutable value that can be replaced while
 * traffic runs ({@link Balancer#apply}).
 *
 * @param policy how to pick
 * @param stages who may be picked, in their fixed order
 * @param ejection which endpoints to eject by the outcomes of their calls
 * @param checks which endpoints to check actively, and how
 * @param guard how to take mass removals
 * @param retry when to repeat
 * @param key where adapters look for a key that the call itself does not carry; null for nowhere
 * @param leaseAgeLimit how long a lease may go without {@linkplain Lease#progress progress} before it is closed as leaked; 0 for ever. It is closed at
 *     this age at the earliest and at twice this age at the latest.
 */
public record BalancerSettings(
        PickPolicy policy,
        List<Stage> stages,
        EjectionPolicy ejection,
        HealthCheckPolicy checks,
        MembershipGuard guard,
        RetryPolicy retry,
        @Nullable KeySource key,
        Duration leaseAgeLimit) {

    /** The age without progress at which a lease is closed by default: 10 minutes. */
    public static final Duration DEFAULT_LEASE_AGE_LIMIT = Duration.ofMinutes(10);

    /** The longest such age. */
    public static final Duration MAX_LEASE_AGE_LIMIT = Duration.ofDays(1);

    /**
     * Checks for null and copies the list.
     *
     * @throws IllegalArgumentException if the age limit is not from 0 to a day, the policy places integer keys only and the key is found as a text, or it places keys and a stage does
     *     not {@linkplain Stage#keepsOwners keep their owners}
     */
    public BalancerSettings {
        requireNonNull(policy, "policy");
        stages = List.copyOf(stages);
        requireNonNull(ejection, "ejection");
        requireNonNull(checks, "checks");
        requireNonNull(guard, "guard");
        requireNonNull(retry, "retry");
        for (Stage stage : stages) {
            if (policy.keyed() && !stage.keepsOwners()) {
                throw new IllegalArgumentException(
                        "stages: was one with " + stage + ", expected none beside the policy " + policy.name()
                                + ", which places keys: each client would place them among other endpoints");
            }
        }
        if (requireNonNull(leaseAgeLimit, "leaseAgeLimit").isNegative()
                || leaseAgeLimit.compareTo(MAX_LEASE_AGE_LIMIT) > 0) {
            throw new IllegalArgumentException("lease age limit was " + leaseAgeLimit + ", expected PT0S to PT24H");
        }
        if (policy.integerKeysOnly() && key != null && !key.integer()) {
            throw new IllegalArgumentException("key.as: was \"text\", expected \"integer\": the policy " + policy.name()
                    + ", as it is configured, places integer keys only");
        }
    }

    /** The bare policy: no stages, no ejection, every update obeyed, no retries. */
    public static BalancerSettings of(PickPolicy policy) {
        return builder(policy).build();
    }

    /** Whether any of the stages goes by what endpoints report of their load. */
    boolean stagesWantLoadReports() {
        return stages.stream().anyMatch(Stage::wantsLoadReports);
    }

    /** The same with another policy. */
    public BalancerSettings withPolicy(PickPolicy policy) {
        return new BalancerSettings(policy, stages, ejection, checks, guard, retry, key, leaseAgeLimit);
    }

    /** Settings with this policy, to be changed part by part from those of {@link #of}. */
    public static Builder builder(PickPolicy policy) {
        return new Builder(policy);
    }

    /** A builder that starts from these settings. */
    public Builder toBuilder() {
        Builder builder = builder(policy)
                .stages(stages)
                .ejection(ejection)
                .checks(checks)
                .guard(guard)
                .retry(retry)
                .leaseAgeLimit(leaseAgeLimit);
        return key == null ? builder : builder.key(key);
    }

    /** Says what differs from the bare policy. For one thread. */
    public static final class Builder {
        private final PickPolicy policy;
        private List<Stage> stages = List.of();
        private EjectionPolicy ejection = EjectionPolicy.NONE;
        private HealthCheckPolicy checks = HealthCheckPolicy.NONE;
        private MembershipGuard guard = MembershipGuard.NONE;
        private RetryPolicy retry = RetryPolicy.NONE;
        private @Nullable KeySource key;
        private Duration leaseAgeLimit = DEFAULT_LEASE_AGE_LIMIT;

        private Builder(PickPolicy policy) {
            this.policy = requireNonNull(policy, "policy");
        }

        /** What decides which members may be picked, in order. Default: every member. */
        public Builder stages(List<Stage> inOrder) {
            stages = inOrder;
            return this;
        }

        /** Which endpoints are ejected by the outcomes of their calls. Default: {@link EjectionPolicy#NONE}. */
        public Builder ejection(EjectionPolicy by) {
            ejection = by;
            return this;
        }

        /** How endpoints are checked actively. Default: {@link HealthCheckPolicy#NONE}. */
        public Builder checks(HealthCheckPolicy how) {
            checks = how;
            return this;
        }

        /** How mass removals are taken. Default: {@link MembershipGuard#NONE}. */
        public Builder guard(MembershipGuard against) {
            guard = against;
            return this;
        }

        /** When calls are repeated. Default: {@link RetryPolicy#NONE}. */
        public Builder retry(RetryPolicy when) {
            retry = when;
            return this;
        }

        /** Where adapters look for a key that the call itself does not carry. Default: nowhere. */
        public Builder key(KeySource where) {
            key = where;
            return this;
        }

        /** How long a lease may go without progress, up to a day; 0 for ever. Default: {@link #DEFAULT_LEASE_AGE_LIMIT}. */
        public Builder leaseAgeLimit(Duration limit) {
            leaseAgeLimit = limit;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if the age limit is not from 0 to a day, the policy places integer keys only and the key is found as a text, or it places keys and a stage does not
         *     {@linkplain Stage#keepsOwners keep their owners}
         */
        public BalancerSettings build() {
            return new BalancerSettings(policy, stages, ejection, checks, guard, retry, key, leaseAgeLimit);
        }
    }
}

package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a balancer behaves: everything that one configuration says, validated as a whole. An immutable value that can be replaced while
 * traffic runs ({@link Balancer#apply}).
 *
 * @param policy how to pick
 * @param stages who may be picked, in their fixed order
 * @param ejection how to judge endpoints by outcomes
 * @param guard how to take mass removals
 * @param retry when to repeat
 * @param key where adapters look for a key that the call itself does not carry; null for nowhere
 */
public record BalancerSettings(
        PickPolicy policy,
        List<Stage> stages,
        EjectionPolicy ejection,
        MembershipGuard guard,
        RetryPolicy retry,
        @Nullable KeySource key) {

    /** Checks for null and copies the list. */
    public BalancerSettings {
        requireNonNull(policy, "policy");
        stages = List.copyOf(stages);
        requireNonNull(ejection, "ejection");
        requireNonNull(guard, "guard");
        requireNonNull(retry, "retry");
    }

    /** The bare policy: no stages, nobody ejected, every update obeyed, nothing repeated. */
    public static BalancerSettings of(PickPolicy policy) {
        return new BalancerSettings(
                policy, List.of(), EjectionPolicy.NONE, MembershipGuard.NONE, RetryPolicy.NONE, null);
    }

    /** The same with another policy. */
    public BalancerSettings withPolicy(PickPolicy policy) {
        return new BalancerSettings(policy, stages, ejection, guard, retry, key);
    }
}

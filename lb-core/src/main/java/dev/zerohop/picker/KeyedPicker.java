package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Picks by key, and hands calls without one to another picker if it was given one. */
abstract class KeyedPicker implements Picker {
    final Snapshot snapshot;
    final Env env;

    /** For calls without a key; null refuses them. */
    private final @Nullable Picker withoutKey;

    private final String policy;

    /** The first version. */
    KeyedPicker(String policy, Snapshot snapshot, Env env, @Nullable PickPolicy withoutKey) {
        this.policy = policy;
        this.snapshot = snapshot;
        this.env = env;
        this.withoutKey = withoutKey == null ? null : withoutKey.newPicker(snapshot, env);
    }

    /** A later version. */
    KeyedPicker(KeyedPicker before, Snapshot next) {
        this.policy = before.policy;
        this.snapshot = next;
        this.env = before.env;
        this.withoutKey = before.withoutKey == null ? null : before.withoutKey.rebuild(next);
    }

    @Override
    public void inForce() {
        if (withoutKey != null) {
            withoutKey.inForce();
        }
    }

    abstract @Nullable Node pick(EndpointSelector key, PickContext context);

    /** {@link #pick(EndpointSelector, PickContext)} at an instant that the caller has read, for a policy to which it matters. */
    @Nullable
    Node pick(EndpointSelector key, PickContext context, long nowNanos) {
        return pick(key, context);
    }

    /** Whether a call with this key waits for whatever is missing. */
    boolean waits(EndpointSelector key, PickContext context) {
        return false;
    }

    abstract Refusal refusal(EndpointSelector key, PickContext context);

    abstract List<String> explain(EndpointSelector key, PickContext context);

    /** A member, for a person. */
    final String endpoint(int member) {
        return snapshot.members().get(member).endpoint().toString();
    }

    /** Why a member does not take a call, for a person. */
    final String why(HashRanks ranks, int member, PickContext context) {
        return ranks.why(
                member, snapshot.members().get(member), context, env.time().nanoTime());
    }

    /** Whether stages send the traffic past an owner that is well, for a person: its keys are its own all the same. */
    final boolean passedOver(Node owner) {
        return snapshot.candidates().stream().noneMatch(candidate -> candidate.node() == owner)
                && snapshot.available().stream().anyMatch(candidate -> candidate.node() == owner);
    }

    @Override
    public final @Nullable Node pick(PickContext context) {
        EndpointSelector key = context.selector();
        if (key != null) {
            return pick(key, context);
        }
        return withoutKey == null ? null : withoutKey.pick(context);
    }

    @Override
    public final @Nullable Node pick(PickContext context, long nowNanos) {
        EndpointSelector key = context.selector();
        if (key != null) {
            return pick(key, context, nowNanos);
        }
        return withoutKey == null ? null : withoutKey.pick(context, nowNanos);
    }

    @Override
    public final boolean waits(PickContext context) {
        EndpointSelector key = context.selector();
        return key != null ? waits(key, context) : withoutKey != null && withoutKey.waits(context);
    }

    @Override
    public final Refusal refusal(PickContext context) {
        EndpointSelector key = context.selector();
        if (key != null) {
            Refusal refusal =
                    snapshot.members().isEmpty() ? snapshot.refusal(env.time().nanoTime()) : refusal(key, context);
            return waits(key, context) ? refusal.waiting() : refusal;
        }
        if (withoutKey != null) {
            return withoutKey.refusal(context);
        }
        return Refusal.badKey(
                "policy " + policy + " needs a key and the call brought none, expected an EndpointSelector"
                        + " (or set withoutKey to the name of an unkeyed policy)");
    }

    @Override
    public long refreshNanos() {
        return withoutKey == null ? 0 : withoutKey.refreshNanos();
    }

    @Override
    public void refresh(long nowNanos) {
        if (withoutKey != null) {
            withoutKey.refresh(nowNanos);
        }
    }

    /** Of two periods the shorter; 0 is none. */
    static long sooner(long one, long other) {
        return one == 0 ? other : other == 0 ? one : Math.min(one, other);
    }

    @Override
    public final List<String> explain(PickContext context) {
        EndpointSelector key = context.selector();
        if (key != null) {
            return explain(key, context);
        }
        if (withoutKey == null) {
            return List.of("no key: refused");
        }
        List<String> lines = new ArrayList<>();
        lines.add("no key: picked without one");
        lines.addAll(withoutKey.explain(context));
        return lines;
    }
}

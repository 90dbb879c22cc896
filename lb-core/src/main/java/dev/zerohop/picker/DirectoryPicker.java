package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Answer;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.ShardMap;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The owner that the directory names, or what the policy has for a key without an owner or an owner that is down. See {@link DirectoryPolicy}. */
final class DirectoryPicker extends KeyedPicker {
    private final DirectoryPolicy policy;
    private final DirectoryIndex owners;

    /** For keys without an entry; null refuses the call. */
    private final @Nullable Picker missing;

    /** Stands in for owners that are down; null if nothing does. */
    private final @Nullable Picker spill;

    private final boolean mayStandIn;

    DirectoryPicker(DirectoryPolicy policy, Snapshot snapshot, Env env) {
        super(policy.name(), snapshot, env, policy.settings().withoutKey());
        PickPolicy missing = policy.settings().missing();
        this.policy = policy;
        this.owners = new DirectoryIndex(snapshot);
        this.missing = missing == null ? null : missing.newPicker(snapshot, env);
        this.spill = policy.settings().ownerDown() == OwnerDown.SPILL
                ? Pickers.rendezvous().newPicker(snapshot, env)
                : null;
        this.mayStandIn = spill != null || (missing != null && missing.keyed());
    }

    private DirectoryPicker(DirectoryPicker before, Snapshot next) {
        super(before, next);
        this.policy = before.policy;
        this.owners = new DirectoryIndex(next);
        this.missing = before.missing == null ? null : before.missing.rebuild(next);
        this.spill = before.spill == null ? null : before.spill.rebuild(next);
        this.mayStandIn = before.mayStandIn;
    }

    @Override
    public void inForce() {
        super.inForce();
        if (missing != null) {
            missing.inForce();
        }
    }

    @Override
    public long refreshNanos() {
        return missing == null ? super.refreshNanos() : sooner(super.refreshNanos(), missing.refreshNanos());
    }

    @Override
    public void refresh(long nowNanos) {
        super.refresh(nowNanos);
        if (missing != null) {
            missing.refresh(nowNanos);
        }
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context) {
        return choose(owners.find(key), context);
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context, long nowNanos) {
        Answer answer = owners.find(key);
        return answer instanceof Absent && missing != null ? missing.pick(context, nowNanos) : choose(answer, context);
    }

    @Override
    public long shardEpoch() {
        return missing == null ? ShardMap.NO_EPOCH : missing.shardEpoch();
    }

    /** Of keys without an entry. The owner of the others is not the one by the map, and a server must not check them against it. */
    @Override
    public long shardEpoch(PickContext context) {
        EndpointSelector key = context.selector();
        return key == null || missing == null || owners.peek(key) instanceof Owner
                ? ShardMap.NO_EPOCH
                : missing.shardEpoch(context);
    }

    private @Nullable Node choose(Answer answer, PickContext context) {
        if (answer instanceof Owner owner) {
            Node node = owners.usable(owner, context);
            if (spill == null || (node != null && !context.avoids(node.endpoint()) && !owners.draining(owner))) {
                return node;
            }
            Node other = spill.pick(context);
            return other == null ? node : other;
        }
        return answer instanceof Absent && missing != null ? missing.pick(context) : null;
    }

    @Override
    public boolean spilled(PickContext context, Node picked) {
        EndpointSelector key = context.selector();
        if (!mayStandIn || key == null) {
            return false;
        }
        Answer answer = owners.peek(key);
        if (answer instanceof Owner owner) {
            return spill != null && !owners.owns(picked, owner);
        }
        return answer instanceof Absent && missing != null && missing.spilled(context, picked);
    }

    @Override
    boolean waits(EndpointSelector key, PickContext context) {
        return policy.settings().ownerDown() == OwnerDown.WAIT
                || (missing != null && missing.waits(context) && owners.peek(key) instanceof Absent);
    }

    @Override
    Refusal refusal(EndpointSelector key, PickContext context) {
        Answer answer = owners.peek(key);
        if (answer instanceof Unknown unknown) {
            return unknown.asking()
                    ? new Refusal(Refusal.Kind.CONNECTING, true, unknown(key, "is not known yet", unknown))
                    : new Refusal(Refusal.Kind.OWNER_DOWN, false, unknown(key, "cannot be found out", unknown));
        }
        if (answer instanceof Owner owner) {
            return refusal(owner, context);
        }
        return missing == null ? Refusal.badKey(owners.missing(policy, key)) : missing.refusal(context);
    }

    private Refusal refusal(Owner owner, PickContext context) {
        if (owners.usable(owner, context) != null) {
            return new Refusal(
                    Refusal.Kind.CONNECTING, true, "the directory has just named " + owner + " as the owner");
        }
        if (spill != null) {
            return snapshot.refusal(env.time().nanoTime());
        }
        Node node = owners.known(owner);
        if (node == null) {
            return new Refusal(
                    Refusal.Kind.OWNER_DOWN, false, "the owner by the directory, " + owners.notAMember(owner));
        }
        return Refusal.ownerDown(
                "the owner by the directory, " + owner + " (" + node.endpoint() + "),",
                List.of(node),
                env.time().nanoTime());
    }

    private static String unknown(EndpointSelector key, String what, Unknown unknown) {
        return "the owner of key " + KeyPlacement.quoted(key) + " " + what + ": " + unknown.reason();
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new DirectoryPicker(this, next);
    }

    @Override
    List<String> explain(EndpointSelector key, PickContext context) {
        List<String> lines = new ArrayList<>(owners.place(policy, key, snapshot).why());
        Answer answer = owners.peek(key);
        Node node = choose(answer, context);
        if (node == null) {
            lines.add("refused: " + refusal(key, context).message());
        } else if (spilled(context, node)) {
            lines.add("spilled to " + node.endpoint());
        } else if (answer instanceof Owner && passedOver(node)) {
            lines.add("the owner keeps its keys although stages send other calls elsewhere");
        } else if (answer instanceof Owner owner && owners.draining(owner)) {
            lines.add("the owner is draining; it "
                    + (spill == null
                            ? "keeps its keys while it serves"
                            : "is the last resort, no other endpoint is usable"));
        } else if (answer instanceof Absent
                && missing != null
                && !(policy.settings().missing() instanceof ShardPolicy)) {
            lines.addAll(missing.explain(context));
        }
        return lines;
    }
}

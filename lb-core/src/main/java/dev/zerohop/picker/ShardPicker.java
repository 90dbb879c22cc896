package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.JumpHash;
import dev.zerohop.internal.Mix64;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The owner of the key, or what the policy says for when it is down. See {@link ShardPolicy}. */
final class ShardPicker extends KeyedPicker {
    /** How many times SPILL hashes again before it goes on in order of ordinals. */
    private static final int REHASHES = 8;

    private static final int NOBODY = -1;

    private final ShardPolicy policy;
    private final OrdinalIndex owners;
    private final ResolvedPlacement placement;
    private final ShardReplicas replicas;

    ShardPicker(ShardPolicy policy, Snapshot snapshot, Env env) {
        super(policy.name(), snapshot, env, policy.withoutKey());
        this.policy = policy;
        this.owners = new OrdinalIndex(snapshot);
        this.placement = ResolvedPlacement.of(policy, snapshot, owners.highest(), null);
        this.replicas = new ShardReplicas(owners, policy.replicas(), env, null);
    }

    private ShardPicker(ShardPicker before, Snapshot next) {
        super(before, next);
        this.policy = before.policy;
        this.owners = new OrdinalIndex(next);
        this.placement = ResolvedPlacement.of(policy, next, owners.highest(), before.placement);
        this.replicas = new ShardReplicas(owners, policy.replicas(), env, before.replicas);
    }

    @Override
    public long shardEpoch() {
        return placement.epoch();
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context) {
        int position = position(key, context);
        return position < 0 ? null : replicas.pick(position, context);
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context, long nowNanos) {
        int position = position(key, context);
        return position < 0 ? null : replicas.pick(position, context, nowNanos);
    }

    /** The position of the ordinal to ask, below 0 if there is none. */
    private int position(EndpointSelector key, PickContext context) {
        int ordinal = placement.ordinal(key);
        if (ordinal == ShardStrategy.NOT_PLACED) {
            return NOBODY;
        }
        int position = owners.find(ordinal);
        return policy.ownerDown() != OwnerDown.SPILL
                        || (position >= 0 && owners.offers(position, context) && !owners.draining(position))
                ? position
                : spill(key.hash(), ordinal, position, context);
    }

    /** The first in the order of owners that is usable and not tried yet, else the first usable one, else the first one that is draining. */
    private int spill(long hash, int ordinal, int owner, PickContext context) {
        int shards = placement.shards();
        int first = placement.firstOrdinal();
        int tried = usable(owner) ? owner : NOBODY;
        int leaving = draining(owner) ? owner : NOBODY;
        for (int k = 1; shards > 0 && k <= REHASHES; k++) {
            int next = owners.find(first + JumpHash.bucket(Mix64.mix(hash + k * Mix64.GOLDEN), shards));
            if (usable(next)) {
                if (owners.offers(next, context)) {
                    return next;
                }
                tried = tried < 0 ? next : tried;
            } else if (leaving < 0 && draining(next)) {
                leaving = next;
            }
        }
        int behind = shards == 0 ? NOBODY : owners.find(first + Math.floorMod(ordinal - first, shards));
        int start = behind < 0 ? -behind - 1 : behind + 1;
        int count = shards == 0 ? 0 : owners.size();
        for (int i = 0; i < count; i++) {
            int next = start + i < count ? start + i : start + i - count;
            int offset = owners.ordinalAt(next) - first;
            if (offset < 0 || offset >= shards) {
                continue;
            }
            if (usable(next)) {
                if (owners.offers(next, context)) {
                    return next;
                }
                tried = tried < 0 ? next : tried;
            } else if (leaving < 0 && draining(next)) {
                leaving = next;
            }
        }
        return tried >= 0 ? tried : leaving;
    }

    /** Whether any endpoint, in whatever state, has an ordinal that keys may go to. */
    private boolean spillsTo() {
        int first = owners.find(placement.firstOrdinal());
        int position = first < 0 ? -first - 1 : first;
        return position < owners.size() && owners.ordinalAt(position) - placement.firstOrdinal() < placement.shards();
    }

    private boolean usable(int position) {
        return position >= 0 && owners.usable(position) && !owners.draining(position);
    }

    private boolean draining(int position) {
        return position >= 0 && owners.draining(position);
    }

    @Override
    public boolean spilled(PickContext context, Node picked) {
        EndpointSelector key = context.selector();
        return key != null
                && policy.ownerDown() == OwnerDown.SPILL
                && !placement.unknown()
                && !owners.owns(picked, placement.ordinal(key));
    }

    @Override
    boolean waits(EndpointSelector key, PickContext context) {
        return policy.ownerDown() == OwnerDown.WAIT;
    }

    @Override
    Refusal refusal(EndpointSelector key, PickContext context) {
        if (placement.unknown()) {
            return new Refusal(
                    Refusal.Kind.NONE_USABLE,
                    false,
                    placement.origin() + " among " + snapshot.members().size()
                            + " endpoints, expected ordinals or a configured number of shards" + unnumbered());
        }
        int ordinal = placement.ordinal(key);
        if (ordinal == ShardStrategy.NOT_PLACED) {
            return Refusal.badKey(placement.why(key));
        }
        if (policy.ownerDown() == OwnerDown.SPILL && spillsTo()) {
            return snapshot.refusal(env.time().nanoTime());
        }
        int position = owners.find(ordinal);
        if (position < 0) {
            return new Refusal(
                    Refusal.Kind.OWNER_DOWN, false, placement.absent(ordinal, owners.known()) + unnumbered());
        }
        List<Node> members = owners.members(position);
        String owner = "ordinal " + ordinal
                + (members.size() == 1 ? " (" + members.get(0).endpoint() + ")" : "");
        return Refusal.ownerDown(owner, members, env.time().nanoTime());
    }

    /** Why no endpoint has an ordinal, if the source says so. */
    private String unnumbered() {
        return snapshot.unnumbered() == null ? "" : "; " + snapshot.unnumbered();
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new ShardPicker(this, next);
    }

    @Override
    List<String> explain(EndpointSelector key, PickContext context) {
        List<String> lines = new ArrayList<>(policy.place(key, snapshot).why());
        int position = position(key, context);
        if (position < 0 || !owners.usable(position)) {
            lines.add("refused: " + refusal(key, context).message());
            return lines;
        }
        int ordinal = owners.ordinalAt(position);
        List<Node> members = owners.members(position);
        if (ordinal != placement.ordinal(key)) {
            lines.add("spilled to ordinal " + ordinal + ", " + members.get(0).endpoint());
        }
        if (owners.draining(position)) {
            lines.add("ordinal " + ordinal + " is draining; it "
                    + (policy.ownerDown() == OwnerDown.SPILL
                            ? "is the last resort, no other owner is usable"
                            : "keeps its keys while it serves"));
        }
        for (String line : replicas.explain(position, context)) {
            lines.add(members.size() + " replicas of ordinal " + ordinal + ", "
                    + policy.replicas().name() + ": " + line);
        }
        return lines;
    }
}

package dev.zerohop.picker;

import dev.zerohop.Endpoint;
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

/** The owner of the key, or what the policy has for an owner that is down. See {@link ShardPolicy}. */
final class ShardPicker extends KeyedPicker {
    /** How many times SPILL hashes again before it goes on in order of ordinals. */
    private static final int REHASHES = 8;

    private static final int NONE = -1;
    private static final @Nullable Picker[] NONE_REPLICATED = {};

    private final ShardPolicy policy;
    private final OwnerDown ownerDown;
    private final OrdinalIndex owners;
    private final ResolvedPlacement placement;
    /**
     * Picks among the members at each position of the owners, null where there is one member only; empty if it is so everywhere. A new version takes a picker
     * over as it is unless one of its members came, went or changed.
     */
    private final @Nullable Picker[] replicas;

    ShardPicker(ShardPolicy policy, Snapshot snapshot, Env env) {
        super(policy.name(), snapshot, env, policy.settings().withoutKey());
        this.policy = policy;
        this.ownerDown = policy.settings().ownerDown();
        this.owners = new OrdinalIndex(snapshot);
        this.placement = ResolvedPlacement.of(policy, snapshot, owners.highest(), null);
        this.replicas = replicas(null);
    }

    private ShardPicker(ShardPicker before, Snapshot next) {
        super(before, next);
        this.policy = before.policy;
        this.ownerDown = before.ownerDown;
        this.owners = new OrdinalIndex(next);
        this.placement = ResolvedPlacement.of(policy, next, owners.highest(), before.placement);
        this.replicas = replicas(before);
    }

    private @Nullable Picker[] replicas(@Nullable ShardPicker before) {
        @Nullable Picker[] pickers = NONE_REPLICATED;
        for (int i = 0; i < owners.size(); i++) {
            if (owners.replicated(i)) {
                pickers = pickers.length == 0 ? new Picker[owners.size()] : pickers;
                int known = before == null ? NONE : before.owners.find(owners.ordinalAt(i));
                Picker picker = before == null ? null : before.replica(known);
                if (picker == null || before == null) {
                    pickers[i] = policy.settings().replicas().newPicker(owners.part(i), env);
                } else {
                    pickers[i] = owners.same(i, before.owners, known) ? picker : picker.rebuild(owners.part(i));
                }
            }
        }
        return pickers;
    }

    /** The picker at a position of the owners; null if there is one member only, or the position is below 0. */
    private @Nullable Picker replica(int position) {
        return position < 0 || replicas.length == 0 ? null : replicas[position];
    }

    @Override
    public void inForce() {
        super.inForce();
        for (Picker replica : replicas) {
            if (replica != null) {
                replica.inForce();
            }
        }
    }

    @Override
    public long refreshNanos() {
        long period = super.refreshNanos();
        for (Picker replica : replicas) {
            period = replica == null ? period : sooner(period, replica.refreshNanos());
        }
        return period;
    }

    @Override
    public void refresh(long nowNanos) {
        super.refresh(nowNanos);
        for (Picker replica : replicas) {
            if (replica != null) {
                replica.refresh(nowNanos);
            }
        }
    }

    @Override
    public long shardEpoch() {
        return placement.epoch();
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context) {
        int position = position(key, context);
        Picker replica = replica(position);
        if (replica == null) {
            return owners.only(position);
        }
        Node spare = owners.spare(position, key.hash(), context);
        return spare != null ? spare : replica.pick(context);
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context, long nowNanos) {
        int position = position(key, context);
        Picker replica = replica(position);
        if (replica == null) {
            return owners.only(position);
        }
        Node spare = owners.spare(position, key.hash(), context);
        return spare != null ? spare : replica.pick(context, nowNanos);
    }

    /** The position of the ordinal to ask, below 0 if there is none. */
    private int position(EndpointSelector key, PickContext context) {
        int ordinal = placement.ordinal(key);
        if (ordinal == Endpoint.NO_ORDINAL) {
            return NONE;
        }
        int position = owners.find(ordinal);
        return ownerDown != OwnerDown.SPILL
                        || (position >= 0 && owners.offers(position, context) && !owners.draining(position))
                ? position
                : spill(key.hash(), ordinal, position, context);
    }

    /** The first in the order of owners that is usable and not tried yet, else the first usable one, else the first one that is draining. */
    private int spill(long hash, int ordinal, int owner, PickContext context) {
        int shards = placement.shards();
        if (shards == 0) {
            return usable(owner) || draining(owner) ? owner : NONE;
        }
        int first = placement.firstOrdinal();
        int behind = owners.find(first + Math.floorMod(ordinal - first, shards));
        int start = behind < 0 ? -behind - 1 : behind + 1;
        int size = owners.size();
        int tried = usable(owner) ? owner : NONE;
        int leaving = draining(owner) ? owner : NONE;
        for (int i = 0; i < REHASHES + size; i++) {
            int next;
            if (i < REHASHES) {
                next = owners.find(first + JumpHash.bucket(Mix64.mix(hash + (i + 1) * Mix64.GOLDEN), shards));
            } else {
                int turn = start + i - REHASHES;
                next = turn < size ? turn : turn - size;
                int offset = owners.ordinalAt(next) - first;
                if (offset < 0 || offset >= shards) {
                    continue;
                }
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
                && ownerDown == OwnerDown.SPILL
                && placement.keys() != null
                && !owners.owns(picked, placement.ordinal(key));
    }

    @Override
    boolean waits(EndpointSelector key, PickContext context) {
        return ownerDown == OwnerDown.WAIT;
    }

    @Override
    Refusal refusal(EndpointSelector key, PickContext context) {
        KeyPlacement keys = placement.keys();
        if (keys == null) {
            return new Refusal(
                    Refusal.Kind.NONE_USABLE,
                    false,
                    placement.origin() + " among " + snapshot.members().size()
                            + " endpoints, expected ordinals or a configured number of shards" + unnumbered());
        }
        int ordinal = placement.ordinal(key);
        if (ordinal == Endpoint.NO_ORDINAL) {
            return Refusal.badKey(keys.why(key));
        }
        if (ownerDown == OwnerDown.SPILL && spillsTo()) {
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

    /** Why no endpoint has an ordinal, if the source states it. */
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
                    + (ownerDown == OwnerDown.SPILL
                            ? "is the last resort, no other owner is usable"
                            : "keeps its keys while it serves"));
        }
        if (passedOver(members.get(0))) {
            lines.add("ordinal " + ordinal + " keeps its keys although stages send other calls elsewhere");
        }
        Node spare = owners.spare(position, key.hash(), context);
        if (spare != null) {
            lines.add("the preferred replicas of ordinal " + ordinal + " were tried, the call goes to "
                    + spare.endpoint());
            return lines;
        }
        Picker replica = replica(position);
        for (String line : replica == null ? List.<String>of() : replica.explain(context)) {
            lines.add(members.size() + " replicas of ordinal " + ordinal + ", "
                    + policy.settings().replicas().name() + ": " + line);
        }
        return lines;
    }
}

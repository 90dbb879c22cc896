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

    private final ShardPolicy policy;
    private final ShardStrategy strategy;
    private final Owners owners;

    ShardPicker(ShardPolicy policy, Snapshot snapshot, Env env) {
        super(policy.name(), snapshot, env, policy.withoutKey());
        this.policy = policy;
        this.strategy = policy.strategy();
        this.owners = new Owners(policy, snapshot);
    }

    private ShardPicker(ShardPicker before, Snapshot next) {
        super(before, next);
        this.policy = before.policy;
        this.strategy = before.strategy;
        this.owners = new Owners(policy, next);
    }

    private boolean countUnknown() {
        return strategy.counts() && owners.shards() == 0;
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context) {
        if (countUnknown()) {
            return null;
        }
        int ordinal = strategy.ordinal(key, owners.shards(), owners.firstOrdinal());
        if (ordinal == ShardStrategy.NOT_PLACED) {
            return null;
        }
        Node owner = owners.usable(ordinal, context);
        if (policy.ownerDown() != OwnerDown.SPILL
                || (owner != null && !(context.avoidsAny() && context.avoids(owner.endpoint())))) {
            return owner;
        }
        return spill(key.hash(), ordinal, owner, context);
    }

    private @Nullable Node spill(long hash, int ordinal, @Nullable Node owner, PickContext context) {
        int shards = owners.shards();
        int firstOrdinal = owners.firstOrdinal();
        Node tried = owner;
        if (shards == 0) {
            return tried;
        }
        int place = Math.floorMod(ordinal - firstOrdinal, shards);
        for (int k = 1; k <= REHASHES + shards; k++) {
            int bucket = k <= REHASHES
                    ? JumpHash.bucket(Mix64.mix(hash + k * Mix64.GOLDEN), shards)
                    : (int) (((long) place + k - REHASHES) % shards);
            Node next = owners.usable(bucket + firstOrdinal, context);
            if (next != null) {
                if (!context.avoids(next.endpoint())) {
                    return next;
                }
                tried = tried == null ? next : tried;
            }
        }
        return tried;
    }

    @Override
    public boolean spilled(PickContext context, Node picked) {
        EndpointSelector key = context.selector();
        if (key == null || policy.ownerDown() != OwnerDown.SPILL || countUnknown()) {
            return false;
        }
        return !owners.owns(picked, strategy.ordinal(key, owners.shards(), owners.firstOrdinal()));
    }

    @Override
    Refusal refusal(EndpointSelector key, PickContext context) {
        if (countUnknown()) {
            return new Refusal(
                    Refusal.Kind.NONE_USABLE,
                    false,
                    owners.origin() + " among " + snapshot.members().size()
                            + " endpoints, expected ordinals or a configured number of shards");
        }
        int ordinal = strategy.ordinal(key, owners.shards(), owners.firstOrdinal());
        if (ordinal == ShardStrategy.NOT_PLACED) {
            return new Refusal(Refusal.Kind.BAD_KEY, false, strategy.why(key, owners.shards(), owners.firstOrdinal()));
        }
        if (policy.ownerDown() == OwnerDown.SPILL) {
            return Refusals.of(snapshot);
        }
        boolean waits = policy.ownerDown() == OwnerDown.WAIT;
        Node owner = owners.first(ordinal);
        if (owner == null) {
            return new Refusal(
                    Refusal.Kind.OWNER_DOWN,
                    waits,
                    "ordinal " + ordinal + " has no endpoint; ordinals known: " + owners.known());
        }
        return Refusals.ownerDown("ordinal " + ordinal + " (" + owner.endpoint() + ")", owner, waits);
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new ShardPicker(this, next);
    }

    @Override
    List<String> explain(EndpointSelector key, PickContext context) {
        List<String> lines = new ArrayList<>(policy.place(key, snapshot).why());
        Node node = pick(key, context);
        if (node == null) {
            lines.add("refused: " + refusal(key, context).message());
        } else if (spilled(context, node)) {
            lines.add("spilled to " + node.endpoint());
        }
        return lines;
    }
}

package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.PrefixKey;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * To the endpoint that last had the longest known beginning of the key, if that is a good part of it and the endpoint is within its bound of calls under way; else to one by
 * the hash of the key, which then has this beginning. For servers that keep what they have computed for a beginning.
 *
 * <p>A key that is no {@link PrefixKey} is one block. What a pick remembers stays also if the call is not made: the next one of that beginning then goes there.
 */
final class PrefixAffinityPicker extends KeyedPicker {
    /** In configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return "prefix_affinity";
        }

        @Override
        public List<String> options() {
            return List.of("minMatchPercent", "boundedLoad", "boundedFrom", "tableSize", "withoutKey");
        }

        @Override
        public PickPolicy read(Options options) {
            return new PrefixAffinityPolicy(
                    options.integer("minMatchPercent", PrefixAffinityPolicy.DEFAULTS.minMatchPercent(), 0, 100),
                    HashPolicy.bound(options, PrefixAffinityPolicy.DEFAULTS.boundedLoad()),
                    options.integer(
                            "boundedFrom",
                            PrefixAffinityPolicy.DEFAULTS.boundedFrom(),
                            1,
                            PrefixAffinityPolicy.MAX_BOUNDED_FROM),
                    options.integer(
                            "tableSize",
                            PrefixAffinityPolicy.DEFAULTS.tableSize(),
                            1,
                            PrefixAffinityPolicy.MAX_TABLE_SIZE),
                    new Policies().withoutKey(options));
        }
    }

    private static final int NOT_FOUND = -1;

    private final PrefixAffinityPolicy policy;

    /** One for all versions: what an endpoint has computed, it has whatever the others do. */
    private final PrefixTable table;

    private final HashMembers members;

    /** By the lower bits of the hash of its name: the place of a member and 1; 0 for none. Members whose names have the same are in the places behind. */
    private final int[] places;

    private final HashRanks ranks;

    PrefixAffinityPicker(PrefixAffinityPolicy policy, Snapshot snapshot, Env env) {
        super(policy.name(), snapshot, env, policy.withoutKey());
        this.policy = policy;
        this.table = new PrefixTable(policy.tableSize());
        this.members = HashMembers.of(snapshot, null);
        this.places = places(members);
        this.ranks = ranks(snapshot);
    }

    private PrefixAffinityPicker(PrefixAffinityPicker before, Snapshot next) {
        super(before, next);
        this.policy = before.policy;
        this.table = before.table;
        this.members = HashMembers.of(next, before.members);
        this.places = members == before.members ? before.places : places(members);
        this.ranks = ranks(next);
    }

    private HashRanks ranks(Snapshot of) {
        return new HashRanks(members, of, env.dice(), policy.boundedLoad(), policy.boundedFrom());
    }

    private static int[] places(HashMembers members) {
        int[] places = new int[Integer.highestOneBit(Math.max(1, members.size())) << 2];
        for (int i = 0; i < members.size(); i++) {
            int at = (int) members.hash(i) & (places.length - 1);
            // Of those with one name the first stands for all.
            while (places[at] != 0 && members.hash(places[at] - 1) != members.hash(i)) {
                at = (at + 1) & (places.length - 1);
            }
            if (places[at] == 0) {
                places[at] = i + 1;
            }
        }
        return places;
    }

    /** The member that {@link #name} stands for; -1 if it has left. Of two with one name the first. */
    private int member(int name) {
        int at = name & (places.length - 1);
        while (places[at] != 0) {
            int member = places[at] - 1;
            if (name(member) == name) {
                return member;
            }
            at = (at + 1) & (places.length - 1);
        }
        return NOT_FOUND;
    }

    private int name(int member) {
        return (int) members.hash(member);
    }

    private static int blocks(EndpointSelector key) {
        return key instanceof PrefixKey prefix ? prefix.blocks() : 1;
    }

    private static long block(EndpointSelector key, int block) {
        return key instanceof PrefixKey prefix ? prefix.blockHash(block) : key.hash();
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context) {
        if (snapshot.candidates().isEmpty()) {
            return null;
        }
        if (!context.avoidsAny()) {
            int last = remembered(key, blocks(key) - 1);
            Node owner = last < 0 ? null : ranks.node(last);
            if (owner != null && ranks.free(owner)) {
                return owner;
            }
        }
        PickContext avoiding = context.avoidsAny() ? context : null;
        double calls = ranks.calls();
        boolean forgiving = ranks.forgives();
        int least = leastKnown(key);
        int known = blocks(key) - 1;
        int member = NOT_FOUND;
        for (; known >= least; known--) {
            int last = remembered(key, known);
            if (last >= 0 && ranks.takes(last, avoiding, calls, forgiving)) {
                member = last;
                break;
            }
        }
        if (member < 0) {
            member = hashed(key, avoiding, calls, forgiving);
        }
        if (member < 0) {
            return null;
        }
        // What the endpoint is known to have had is not written again; after a pick by hash that is nothing.
        for (int i = known < least ? 0 : known + 1; i < blocks(key); i++) {
            table.put(block(key, i), name(member));
        }
        return ranks.node(member);
    }

    private int remembered(EndpointSelector key, int block) {
        int name = table.get(block(key, block));
        return name == 0 ? NOT_FOUND : member(name);
    }

    /** The last block of the shortest beginning that is worth following. */
    private int leastKnown(EndpointSelector key) {
        return Math.max(0, (blocks(key) * policy.minMatchPercent() + 99) / 100 - 1);
    }

    /** By the whole key: beginnings that many have in common, such as a system prompt, must not meet at one endpoint. To avoid what was tried goes before the bound, and is a wish as well. */
    private int hashed(EndpointSelector key, @Nullable PickContext avoiding, double calls, boolean forgiving) {
        long hash = block(key, blocks(key) - 1);
        int member = ranks.winner(hash, avoiding, calls, forgiving);
        if (member < 0 && calls != HashRanks.UNBOUNDED) {
            member = ranks.winner(hash, avoiding, HashRanks.UNBOUNDED, forgiving);
        }
        return member < 0 && avoiding != null ? ranks.winner(hash, null, HashRanks.UNBOUNDED, forgiving) : member;
    }

    @Override
    Refusal refusal(EndpointSelector key, PickContext context) {
        return snapshot.refusal(env.time().nanoTime());
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new PrefixAffinityPicker(this, next);
    }

    @Override
    List<String> explain(EndpointSelector key, PickContext context) {
        PickContext avoiding = context.avoidsAny() ? context : null;
        double calls = ranks.calls();
        List<String> lines = new ArrayList<>();
        int passedOver = NOT_FOUND;
        for (int known = blocks(key) - 1; known >= leastKnown(key); known--) {
            int last = remembered(key, known);
            if (last >= 0 && ranks.takes(last, avoiding, calls, false)) {
                lines.add("goes to " + endpoint(last) + ", which last had the first " + (known + 1) + " of the "
                        + blocks(key) + " blocks of the key " + key);
                return lines;
            }
            if (last >= 0 && last != passedOver) {
                passedOver = last;
                lines.add("passes over " + endpoint(last) + ", which last had the first " + (known + 1) + " blocks: "
                        + why(ranks, last, context));
            }
        }
        int member = hashed(key, avoiding, calls, false);
        if (member >= 0) {
            lines.add("goes to " + endpoint(member) + ", the best by hash for the key " + key);
        }
        return lines;
    }
}

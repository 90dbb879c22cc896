package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.PrefixKey;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.OptionsText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * To the endpoint that last had the longest known beginning of the key, while it is within its bound of calls under way; else to the one that the first block ranks
 * first, as other clients do as well, and which then has this beginning. For servers that keep what they have computed for a beginning.
 *
 * <p>A key that is no {@link PrefixKey} is one block.
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
            return List.of("boundedLoad", "tableSize", "withoutKey");
        }

        @Override
        public PickPolicy read(Options options) {
            return new Policy(
                    HashPolicy.bound(options, HashPolicy.DEFAULT_BOUNDED_LOAD),
                    options.integer("tableSize", DEFAULT_TABLE, 1, MAX_TABLE),
                    new Policies().withoutKey(options));
        }
    }

    static final int DEFAULT_TABLE = 1 << 18;
    static final int MAX_TABLE = 1 << 24;

    /** See {@link Pickers#prefixAffinity}. */
    record Policy(
            double boundedLoad, int tableSize, @Nullable PickPolicy withoutKey) implements PickPolicy {
        Policy {
            Pickers.checkUnkeyed("withoutKey", withoutKey);
            if (tableSize < 1 || tableSize > MAX_TABLE) {
                throw new IllegalArgumentException("tableSize was " + tableSize + ", expected 1 to " + MAX_TABLE);
            }
        }

        @Override
        public String name() {
            return "prefix_affinity";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new PrefixAffinityPicker(this, first, env);
        }

        @Override
        public LoadMetric loadMetric() {
            return withoutKey == null ? LoadMetric.IN_FLIGHT : withoutKey.loadMetric();
        }

        @Override
        public boolean keyed() {
            return true;
        }

        @Override
        public String toString() {
            return new OptionsText(name())
                    .with("boundedLoad", boundedLoad == HashRanks.UNBOUNDED ? false : boundedLoad)
                    .with("tableSize", tableSize)
                    .with("withoutKey", withoutKey == null ? "FAIL" : withoutKey)
                    .toString();
        }
    }

    private static final int NOT_FOUND = -1;

    private final Policy policy;

    /** One for all versions: what an endpoint has computed, it has whatever the others do. */
    private final PrefixTable table;

    private final HashMembers members;

    /** By the lower bits of the hash of its name: the place of a member and 1; 0 for none. Members whose names have the same are in the places behind. */
    private final int[] places;

    private final HashRanks ranks;

    PrefixAffinityPicker(Policy policy, Snapshot snapshot, Env env) {
        super(policy.name(), snapshot, env, policy.withoutKey());
        this.policy = policy;
        this.table = new PrefixTable(policy.tableSize());
        this.members = HashMembers.of(snapshot, null);
        this.places = places(members);
        this.ranks = new HashRanks(members, snapshot, policy.boundedLoad());
    }

    private PrefixAffinityPicker(PrefixAffinityPicker before, Snapshot next) {
        super(before, next);
        this.policy = before.policy;
        this.table = before.table;
        this.members = HashMembers.of(next, before.members);
        this.places = members == before.members ? before.places : places(members);
        this.ranks = new HashRanks(members, next, policy.boundedLoad());
    }

    private static int[] places(HashMembers members) {
        int[] places = new int[Integer.highestOneBit(Math.max(1, members.size())) << 2];
        for (int i = 0; i < members.size(); i++) {
            int at = (int) members.hash(i) & (places.length - 1);
            while (places[at] != 0) {
                at = (at + 1) & (places.length - 1);
            }
            places[at] = i + 1;
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
        PickContext avoiding = context.avoidsAny() ? context : null;
        double calls = ranks.calls();
        int known = blocks(key) - 1;
        int member = NOT_FOUND;
        for (; known >= 0; known--) {
            int last = remembered(key, known);
            if (last >= 0 && ranks.takes(last, avoiding, calls)) {
                member = last;
                break;
            }
        }
        if (member < 0) {
            member = ranked(key, avoiding, calls);
        }
        if (member < 0) {
            return null;
        }
        for (int i = known + 1; i < blocks(key); i++) {
            table.put(block(key, i), name(member));
        }
        return ranks.node(member);
    }

    private int remembered(EndpointSelector key, int block) {
        int name = table.get(block(key, block));
        return name == 0 ? NOT_FOUND : member(name);
    }

    /** By the first block, so that clients which do not know of each other agree. To avoid what was tried goes before the bound, and is a wish as well. */
    private int ranked(EndpointSelector key, @Nullable PickContext avoiding, double calls) {
        long hash = block(key, 0);
        int member = ranks.winner(hash, avoiding, calls);
        if (member < 0 && calls != HashRanks.UNBOUNDED) {
            member = ranks.winner(hash, avoiding, HashRanks.UNBOUNDED);
        }
        return member < 0 && avoiding != null ? ranks.winner(hash, null, HashRanks.UNBOUNDED) : member;
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
        for (int known = blocks(key) - 1; known >= 0; known--) {
            int last = remembered(key, known);
            if (last >= 0 && ranks.takes(last, avoiding, calls)) {
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
        int member = ranked(key, avoiding, calls);
        if (member >= 0) {
            lines.add("goes to " + endpoint(member) + ", the best for the first block of the key " + key);
        }
        return lines;
    }
}

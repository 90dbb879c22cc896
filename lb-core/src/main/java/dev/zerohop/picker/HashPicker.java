package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Any endpoint may serve any key, and equal keys go to the same one: the owner by a table, or by rank where the policy has none. An owner that cannot take the call
 * leaves it to the next position of the table and, where too many in a row cannot, to the best of the others by rank; so the keys of one that is down spread over the
 * others and come back with it. See {@link HashPolicy}.
 */
final class HashPicker extends KeyedPicker {
    /** How many positions are read before the ranking decides. With nine of ten endpoints out, one key in a thousand gets there. */
    private static final int MOST_STEPS = 64;

    /** So many of those passed over are named in an explanation. */
    private static final int EXPLAINED = 10;

    private final HashPolicy policy;
    private final HashMembers members;
    private final @Nullable KeyTable table;
    private final HashRanks ranks;

    HashPicker(HashPolicy policy, Snapshot snapshot, Env env) {
        super(policy.name(), snapshot, env, policy.withoutKey());
        this.policy = policy;
        this.members = HashMembers.of(snapshot, null);
        this.table = lay(policy, members);
        this.ranks = new HashRanks(members, snapshot, env.dice(), policy.bound(), 0);
    }

    private HashPicker(HashPicker before, Snapshot next) {
        super(before, next);
        this.policy = before.policy;
        this.members = HashMembers.of(next, before.members);
        this.table = members == before.members ? before.table : lay(policy, members);
        this.ranks = new HashRanks(members, next, env.dice(), policy.bound(), 0);
    }

    private static @Nullable KeyTable lay(HashPolicy policy, HashMembers members) {
        return members.weighted() ? policy.layout().lay(members) : null;
    }

    /** For tests: what must stay the same object while only health changes. */
    @Nullable
    KeyTable table() {
        return table;
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context) {
        if (snapshot.candidates().isEmpty()) {
            return null;
        }
        long hash = key.hash();
        if (table != null && !context.avoidsAny() && ranks.keepAll()) {
            Node owner = ranks.node(table.owner(table.find(hash)));
            if (owner != null && ranks.free(owner)) {
                return owner;
            }
        }
        int member = choose(hash, context, null);
        return member < 0 ? null : ranks.node(member);
    }

    /** The member that takes the call, -1 if there is none; {@code passed}, if given, collects those that come before it and cannot take it. */
    private int choose(long hash, PickContext context, @Nullable Set<Integer> passed) {
        PickContext avoiding = context.avoidsAny() ? context : null;
        int member = find(hash, avoiding, HashRanks.UNBOUNDED, false, passed);
        if (member < 0 && avoiding != null) {
            // To avoid what was tried is a wish, not a ban.
            avoiding = null;
            member = find(hash, null, HashRanks.UNBOUNDED, false, null);
        }
        Node node = member < 0 ? null : ranks.node(member);
        if (node == null || ranks.free(node)) {
            return member;
        }
        double calls = ranks.calls();
        boolean forgiving = ranks.forgives();
        int within =
                ranks.takes(member, null, calls, forgiving) ? member : find(hash, avoiding, calls, forgiving, passed);
        // None is within its bound when all but those that this call has tried have reached it.
        return within < 0 ? member : within;
    }

    private int find(
            long hash, @Nullable PickContext avoiding, double calls, boolean forgiving, @Nullable Set<Integer> passed) {
        if (table != null) {
            int position = table.find(hash);
            for (int step = 1; step <= MOST_STEPS; step++) {
                int member = table.owner(position);
                if (ranks.takes(member, avoiding, calls, forgiving)
                        && ranks.keeps(member, hash, table.mark(position))) {
                    return member;
                }
                if (passed != null) {
                    passed.add(member);
                }
                position = table.next(position, hash, step);
            }
        }
        return ranks.winner(hash, avoiding, calls, forgiving);
    }

    @Override
    Refusal refusal(EndpointSelector key, PickContext context) {
        return snapshot.refusal(env.time().nanoTime());
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new HashPicker(this, next);
    }

    @Override
    List<String> explain(EndpointSelector key, PickContext context) {
        long hash = key.hash();
        List<String> lines = new ArrayList<>();
        lines.add("key " + key + " has hash " + Long.toUnsignedString(hash, 16));
        if (table != null) {
            int position = table.find(hash);
            lines.add(table.describe(position) + " of " + endpoint(table.owner(position)));
        }
        Set<Integer> passed = new LinkedHashSet<>();
        int member = choose(hash, context, passed);
        if (member < 0) {
            lines.add("no candidate to rank");
            return lines;
        }
        passed.remove(member);
        int explained = 0;
        for (int other : passed) {
            if (explained++ == EXPLAINED) {
                lines.add("and passes over " + (passed.size() - EXPLAINED) + " others");
                break;
            }
            lines.add("passes over " + endpoint(other) + ": " + why(ranks, other, context));
        }
        lines.add(
                table == null
                        ? "of " + snapshot.candidates().size() + " candidates " + endpoint(member)
                                + " has the best score for it"
                        : "goes to " + endpoint(member));
        return lines;
    }
}

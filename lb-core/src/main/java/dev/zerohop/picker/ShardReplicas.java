package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Picks among the members that share an ordinal. Each such ordinal has a picker of its own, which a new version takes over as it is unless one of these very
 * members came, went or changed. Immutable but for what the pickers count.
 */
final class ShardReplicas {
    private static final @Nullable Picker[] NOBODY = {};

    private final OrdinalIndex owners;

    /** The picker at each position of the owners, null where there is one member only; empty if it is so everywhere. */
    private final @Nullable Picker[] pickers;

    /** The first version if {@code before} is null. */
    ShardReplicas(OrdinalIndex owners, PickPolicy policy, Env env, @Nullable ShardReplicas before) {
        this.owners = owners;
        Picker[] made = null;
        for (int i = 0; i < owners.size(); i++) {
            if (owners.replicated(i)) {
                made = made == null ? new Picker[owners.size()] : made;
                made[i] = picker(i, policy, env, before);
            }
        }
        this.pickers = made == null ? NOBODY : made;
    }

    private Picker picker(int position, PickPolicy policy, Env env, @Nullable ShardReplicas before) {
        int known = before == null || before.pickers.length == 0 ? -1 : before.owners.find(owners.ordinalAt(position));
        Picker picker = known < 0 || before == null ? null : before.pickers[known];
        if (picker == null || before == null) {
            return policy.newPicker(owners.part(position), env);
        }
        return owners.same(position, before.owners, known) ? picker : picker.rebuild(owners.part(position));
    }

    private @Nullable Picker at(int position) {
        return pickers.length == 0 ? null : pickers[position];
    }

    /** A usable member, one that the context does not avoid while there is one; null if none is usable. */
    @Nullable
    Node pick(int position, PickContext context) {
        Picker picker = at(position);
        return picker == null ? owners.only(position) : picker.pick(context);
    }

    /** {@link #pick(int, PickContext)} at an instant that the caller has read. */
    @Nullable
    Node pick(int position, PickContext context, long nowNanos) {
        Picker picker = at(position);
        return picker == null ? owners.only(position) : picker.pick(context, nowNanos);
    }

    /** How the choice is made; empty if there is none. */
    List<String> explain(int position, PickContext context) {
        Picker picker = at(position);
        return picker == null ? List.of() : picker.explain(context);
    }
}

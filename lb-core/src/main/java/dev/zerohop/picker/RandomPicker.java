package dev.zerohop.picker;

import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** By chance, each candidate in proportion to its weight, or all alike but for what stages prefer. */
final class RandomPicker extends CandidatePicker {
    static final UnkeyedPolicy RANDOM =
            new UnkeyedPolicy("random", (first, env) -> new RandomPicker(first, env, false));
    static final UnkeyedPolicy WEIGHTED_RANDOM =
            new UnkeyedPolicy("weighted_random", (first, env) -> new RandomPicker(first, env, true));

    private final boolean weighted;
    private final AliasTable table;
    private final Dice dice;

    RandomPicker(Snapshot snapshot, Env env, boolean weighted) {
        super(snapshot, env);
        this.weighted = weighted;
        this.dice = env.dice();
        this.table = AliasTable.of(snapshot, weighted);
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        if (nodes.length == 0) {
            return null;
        }
        Node node = draw();
        return context.avoidsAny() && context.avoids(node.endpoint()) ? redrawAvoiding(context, node) : node;
    }

    @Override
    Node draw() {
        return nodes[table.draw(dice.nextLong() >>> 32)];
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new RandomPicker(next, env, weighted);
    }

    @Override
    public List<String> explain(PickContext context) {
        return List.of("draws one of " + nodes.length + " candidates"
                + (table.isUniform()
                        ? ", all equally likely"
                        : weighted ? ", in proportion to their weights" : ", in proportion to the stages' weights"));
    }
}

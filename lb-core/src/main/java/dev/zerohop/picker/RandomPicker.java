package dev.zerohop.picker;

import dev.zerohop.Candidate;
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

    private RandomPicker(RandomPicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.weighted = before.weighted;
        this.dice = before.dice;
        this.table = before.table;
    }

    @Override
    double share(Candidate candidate) {
        return table.share(weight(candidate, weighted));
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
        return draw(table, dice);
    }

    @Override
    public Picker rebuild(Snapshot next) {
        @Nullable Node[] left = left(next);
        return left == null ? new RandomPicker(next, env, weighted) : new RandomPicker(this, next, left);
    }

    @Override
    public List<String> explain(PickContext context) {
        return List.of("draws one of " + snapshot.candidates().size() + " candidates"
                + (table.isUniform()
                        ? ", all equally likely"
                        : weighted ? ", in proportion to their weights" : ", in proportion to the stages' weights"));
    }
}

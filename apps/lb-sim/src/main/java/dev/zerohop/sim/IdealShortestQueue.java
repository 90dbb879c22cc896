package dev.zerohop.sim;

import dev.zerohop.Candidate;
import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An oracle to compare with: joins the shortest queue of all that the picker may use (JSQ), as no client can. It sees, at the instant of the pick, what every server has and what is on its way there, of all
 * clients, calls that their callers have given up included. It goes by that number only, not by weights, places or speeds; equals are drawn by chance. A call that fails at once leaves a short queue, so it
 * does run into a server that fails fast.
 *
 * @param world the run that it sees; null while no run has begun
 */
record IdealShortestQueue(@Nullable World world) implements PickPolicy {
    static final String NAME = "ideal_shortest_queue";

    /** The policy of a configuration; a run gives it its world. */
    static final IdealShortestQueue UNSEEING = new IdealShortestQueue(null);

    /** The same policy for this run. */
    static Policy in(World world, Policy policy) {
        return policy.settings().policy() == UNSEEING
                ? new Policy(policy.name(), policy.settings().withPolicy(new IdealShortestQueue(world)))
                : policy;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        if (world == null) {
            throw new IllegalStateException(NAME + " is for a run of the simulator");
        }
        return new Seeing(world, first, env);
    }

    private static final class Seeing implements Picker {
        private final World world;
        private final Snapshot snapshot;
        private final Env env;
        private final Node[] nodes;

        /** The places of the shortest queues that one pick has found. */
        private final int[] shortest;

        Seeing(World world, Snapshot snapshot, Env env) {
            this.world = world;
            this.snapshot = snapshot;
            this.env = env;
            this.nodes = snapshot.candidates().stream()
                    .map(Candidate::node)
                    .distinct()
                    .toArray(Node[]::new);
            this.shortest = new int[nodes.length];
        }

        @Override
        public @Nullable Node pick(PickContext context) {
            Node picked = pick(context, true);
            return picked == null ? pick(context, false) : picked;
        }

        private @Nullable Node pick(PickContext context, boolean avoiding) {
            int least = Integer.MAX_VALUE;
            int count = 0;
            for (int i = 0; i < nodes.length; i++) {
                if (avoiding && context.avoids(nodes[i].endpoint())) {
                    continue;
                }
                int calls = world.server(nodes[i].endpoint().port()).underWay();
                if (calls < least) {
                    least = calls;
                    count = 0;
                }
                if (calls == least) {
                    shortest[count++] = i;
                }
            }
            Dice dice = env.dice();
            return count == 0 ? null : nodes[shortest[count == 1 ? 0 : dice.nextInt(count)]];
        }

        @Override
        public Refusal refusal(PickContext context) {
            return snapshot.refusal(env.time().nanoTime());
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new Seeing(world, next, env);
        }

        @Override
        public List<String> explain(PickContext context) {
            return List.of("takes one of the " + nodes.length + " candidates with the fewest calls of all clients");
        }
    }
}

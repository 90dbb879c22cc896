package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.JumpHash;
import dev.zerohop.internal.Mix64;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SPILL beside its definition, written once more and as plainly as can be: the eight buckets of the key, then the ordinals behind the owner's in turn. */
class SpillOrderTest {
    private static final int SHARDS = 12;
    private static final int WORLDS = 60;
    private static final int KEYS = 60;

    private final FakeTime time = new FakeTime();

    /** Endpoints with gaps between their ordinals, some of them no shards, few of them usable. */
    private static List<FakeNode> world(Random random, int first) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int ordinal = 0; ordinal < first + SHARDS + 3; ordinal++) {
            if (random.nextInt(4) == 0) {
                continue;
            }
            Health.Status status = switch (random.nextInt(4)) {
                case 0 -> Health.Status.HEALTHY;
                case 1 -> Health.Status.DRAINING;
                default -> Health.Status.UNREACHABLE;
            };
            nodes.add(FakeNode.named("orders-" + ordinal).health(status));
        }
        return nodes;
    }

    private static Snapshot snapshot(List<FakeNode> nodes) {
        return FakeNode.usable(Snapshot.of(nodes));
    }

    private static boolean is(Node node, Health.Status status) {
        return node.health().status() == status;
    }

    private static @Nullable Node expected(List<FakeNode> nodes, int first, EndpointSelector key, PickContext context) {
        TreeMap<Integer, Node> shards = new TreeMap<>();
        for (FakeNode node : nodes) {
            int ordinal = node.endpoint().ordinal();
            if (ordinal >= first && ordinal < first + SHARDS) {
                shards.put(ordinal, node);
            }
        }
        int owner = first + JumpHash.bucket(key.hash(), SHARDS);
        List<Integer> order = new ArrayList<>(List.of(owner));
        for (int k = 1; k <= 8; k++) {
            order.add(first + JumpHash.bucket(Mix64.mix(key.hash() + k * 0x9E3779B97F4A7C15L), SHARDS));
        }
        for (int behind = 1; behind < SHARDS; behind++) {
            order.add(first + (owner - first + behind) % SHARDS);
        }
        List<Node> there =
                order.stream().filter(shards::containsKey).map(shards::get).toList();
        for (Node node : there) {
            if (is(node, Health.Status.HEALTHY) && !context.avoids(node.endpoint())) {
                return node;
            }
        }
        for (Health.Status status : List.of(Health.Status.HEALTHY, Health.Status.DRAINING)) {
            for (Node node : there) {
                if (is(node, status)) {
                    return node;
                }
            }
        }
        return null;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void keysGoWhereTheDefinitionSays(int first) {
        Random random = new Random(20 + first);
        ShardPolicy policy = ShardPolicy.builder()
                .shards(SHARDS)
                .firstOrdinal(first)
                .ownerDown(OwnerDown.SPILL)
                .build();
        for (int world = 0; world < WORLDS; world++) {
            List<FakeNode> nodes = world(random, first);
            Picker picker = policy.newPicker(snapshot(nodes), time.env());
            for (int i = 0; i < KEYS; i++) {
                EndpointSelector key = EndpointSelector.of(random.nextLong());
                PickContext context = PickContext.of(key);
                for (int attempt = 0; attempt < 3; attempt++) {
                    Node picked = picker.pick(context);
                    assertThat(picked).as("%s of %s", context, nodes).isSameAs(expected(nodes, first, key, context));
                    if (picked == null) {
                        break;
                    }
                    assertThat(picker.spilled(context, picked))
                            .isEqualTo(picked.endpoint().ordinal() != first + JumpHash.bucket(key.hash(), SHARDS));
                    Endpoint tried = picked.endpoint();
                    context = context.retryAfter(tried);
                }
            }
        }
    }
}

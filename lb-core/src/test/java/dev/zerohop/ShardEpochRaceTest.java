package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.internal.JumpHash;
import dev.zerohop.picker.DirectoryPolicy;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDirectory;
import dev.zerohop.testing.ScriptedResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The epoch that an attempt states is the one by which it was routed. */
@Timeout(300)
class ShardEpochRaceTest {
    private static final int FLIPS = 3_000;

    private final ScriptedResolver resolver = new ScriptedResolver();
    private @Nullable KeyDirectory directory;

    private Balancer balancer(Env env, PickPolicy policy) {
        Balancer balancer = Balancer.builder("orders")
                .env(env)
                .resolver(resolver)
                .settings(BalancerSettings.of(policy))
                .build();
        balancer.start();
        return balancer;
    }

    private void push(ShardMap map) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            endpoints.add(Endpoint.builder("127.0.0.1", 1 + i)
                    .id("orders-" + i)
                    .ordinal(i)
                    .build());
        }
        resolver.push(EndpointSet.builder("scripted")
                .endpoints(endpoints)
                .removals(EndpointSet.Removals.MEANT)
                .shardMap(map)
                .directory(directory)
                .build());
    }

    private static int shards(long epoch) {
        return epoch % 2 == 0 ? 5 : 3;
    }

    private static PickContext key(String key) {
        return PickContext.of(EndpointSelector.of(key));
    }

    @Test
    void anEpochGoesOutWhenTheSourceGaveOneAndTheKeyWasRoutedByIt() {
        ShardPolicy policy = ShardPolicy.builder().withoutKey(Pickers.random()).build();
        try (Balancer balancer = balancer(new FakeTime().env(), policy)) {
            push(ShardMap.of(new ShardCount(5, 0)));
            assertThat(balancer.current().shardEpoch(key("a"))).isEqualTo(ShardMap.NO_EPOCH);
            assertThat(balancer.acquire(key("a")).shardEpoch()).isEqualTo(ShardMap.NO_EPOCH);
            push(ShardMap.of(7, new ShardCount(5, 0)));
            assertThat(balancer.current().shardEpoch(key("a"))).isEqualTo(7);
            assertThat(balancer.acquire(key("a")).shardEpoch()).isEqualTo(7);
            assertThat(balancer.current().shardEpoch(PickContext.NONE)).isEqualTo(ShardMap.NO_EPOCH);
            assertThat(balancer.acquire(PickContext.NONE).shardEpoch()).isEqualTo(ShardMap.NO_EPOCH);
            balancer.apply(BalancerSettings.of(Pickers.rendezvous()));
            assertThat(balancer.acquire(key("a")).shardEpoch()).isEqualTo(ShardMap.NO_EPOCH);
        }
    }

    @Test
    void noEpochGoesOutForAKeyWhoseOwnerTheDirectoryNames() {
        ScriptedDirectory scripted = new ScriptedDirectory();
        scripted.put("a", KeyDirectory.Owner.ordinal(3));
        scripted.put("b", new KeyDirectory.Absent());
        PickPolicy policy = DirectoryPolicy.builder().missing(Pickers.shard()).build();
        try (Balancer balancer = balancer(new FakeTime().env(), policy)) {
            directory = scripted;
            push(ShardMap.of(7, new ShardCount(5, 0)));
            assertThat(balancer.acquire(key("a")).shardEpoch()).isEqualTo(ShardMap.NO_EPOCH);
            assertThat(balancer.acquire(key("b")).shardEpoch()).isEqualTo(7);
        }
    }

    /** A key that is hashed in the middle of a pick, and then of all times the cut-over comes. */
    @Test
    void aLeaseStatesTheEpochOfItsPickThoughAnotherIsInForceWhenItBegins() {
        try (Balancer balancer = balancer(new FakeTime().env(), Pickers.shard())) {
            push(ShardMap.of(7, new ShardCount(3, 0)));
            PickContext cutOver = PickContext.of(new EndpointSelector() {
                @Override
                public int hashableIdentifier() {
                    return 0;
                }

                @Override
                public long hash() {
                    push(ShardMap.of(8, new ShardCount(5, 0)));
                    return EndpointSelector.of("user-42").hash();
                }
            });
            Lease lease = balancer.acquire(cutOver);
            assertThat(balancer.current().shardEpoch(cutOver)).isEqualTo(8);
            assertThat(lease.shardEpoch()).isEqualTo(7);
            assertThat(lease.endpoint().ordinal())
                    .as("its owner of 3, not of 5")
                    .isEqualTo(1);
        }
    }

    @Test
    void theStatedEpochIsTheOneOfThePickAlsoInTheInstantOfTheCutOver() throws Exception {
        try (Balancer balancer = balancer(Env.system(), Pickers.shard())) {
            push(ShardMap.of(0, new ShardCount(5, 0)));
            ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
            AtomicInteger epoch = new AtomicInteger();
            List<Thread> callers = List.of(
                    new Thread(() -> acquire(balancer, epoch, wrong)), new Thread(() -> pick(balancer, epoch, wrong)));
            callers.forEach(Thread::start);
            while (epoch.get() < FLIPS) {
                int next = epoch.incrementAndGet();
                push(ShardMap.of(next, new ShardCount(shards(next), 0)));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(wrong).isEmpty();
        }
    }

    private static void acquire(Balancer balancer, AtomicInteger epoch, ConcurrentLinkedQueue<String> wrong) {
        for (int i = 0; epoch.get() < FLIPS; i++) {
            PickContext context = key("k" + i % 100);
            Lease lease = balancer.acquire(context);
            check(context, lease.shardEpoch(), lease.node(), wrong);
            lease.complete(Outcome.SUCCESS);
        }
    }

    private static void pick(Balancer balancer, AtomicInteger epoch, ConcurrentLinkedQueue<String> wrong) {
        for (int i = 0; epoch.get() < FLIPS; i++) {
            PickContext context = key("k" + i % 100);
            long before = balancer.current().shardEpoch(context);
            Node node = balancer.current().pick(context);
            if (before == balancer.current().shardEpoch(context)) {
                check(context, before, node, wrong);
            }
        }
    }

    private static void check(PickContext context, long epoch, Node node, ConcurrentLinkedQueue<String> wrong) {
        int owner = JumpHash.bucket(context.selector().hash(), shards(epoch));
        if (node == null || node.endpoint().ordinal() != owner) {
            wrong.add(context + " went to " + node + " by epoch " + epoch + ", whose owner is " + owner);
        }
    }
}

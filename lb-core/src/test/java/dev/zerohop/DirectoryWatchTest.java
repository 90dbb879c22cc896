package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDirectory;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How a balancer hears of its source's directory. */
class DirectoryWatchTest {
    private static final PickContext ALICE = PickContext.of(EndpointSelector.of("alice"));
    private static final Endpoint ONE =
            Endpoint.builder("127.0.0.1", 1).id("one").build();

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final ScriptedDirectory directory = new ScriptedDirectory();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private int told;
    private int rebuilds;

    private Balancer balancer(java.util.concurrent.Executor serial) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .serialExecutor(serial)
                .resolver(resolver)
                .settings(BalancerSettings.builder(Pickers.directory()).build())
                .listener(new BalancerListener() {
                    @Override
                    public void onDirectory(String service) {
                        told++;
                    }

                    @Override
                    public void onRebuild(String service, Snapshot snapshot, Duration took) {
                        rebuilds++;
                    }
                })
                .build();
        balancer.start();
        return balancer;
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Test
    void aCallThatWaitsIsWokenByTheAnswerWithoutANewPicker() {
        try (Balancer balancer = balancer(Runnable::run)) {
            resolver.directory(directory).push(ONE);
            int before = rebuilds;
            CompletableFuture<Void> next = balancer.nextChange().toCompletableFuture();
            assertThatThrownBy(() -> balancer.acquire(ALICE))
                    .isInstanceOfSatisfying(
                            NoEndpointException.class,
                            none -> assertThat(none.refusal().waits()).isTrue());
            assertThat(next).isNotDone();
            directory.put("alice", Owner.endpoint("one"));
            assertThat(next).isDone();
            assertThat(told).isEqualTo(1);
            assertThat(rebuilds).isEqualTo(before);
            assertThat(balancer.acquire(ALICE).endpoint()).isEqualTo(ONE);
        }
    }

    @Test
    void aBurstOfAnswersIsToldOnce() {
        try (Balancer balancer = balancer(tasks::add)) {
            resolver.directory(directory).push(ONE);
            runTasks();
            for (int i = 0; i < 100; i++) {
                directory.put("key-" + i, Owner.endpoint("one"));
            }
            assertThat(tasks).hasSize(1);
            runTasks();
            assertThat(told).isEqualTo(1);
            directory.put("alice", Owner.endpoint("one"));
            runTasks();
            assertThat(told).isEqualTo(2);
            assertThat(balancer.current().pick(ALICE)).isNotNull();
        }
    }

    @Test
    void onlyTheDirectoryOfTheSetInForceIsFollowed() {
        ScriptedDirectory other = new ScriptedDirectory();
        Balancer balancer = balancer(Runnable::run);
        resolver.directory(directory).push(ONE);
        resolver.push(ONE);
        assertThat(directory.followers()).isEqualTo(1);
        resolver.directory(other).push(ONE);
        assertThat(directory.followers()).isZero();
        assertThat(other.followers()).isEqualTo(1);
        other.put("alice", Owner.endpoint("one"));
        assertThat(balancer.current().pick(ALICE)).isNotNull();
        resolver.directory(null).push(ONE);
        assertThat(other.followers()).isZero();
        assertThat(balancer.current().refusal(ALICE).message()).contains("has no directory");
        resolver.directory(other).push(ONE);
        balancer.close();
        assertThat(other.followers()).isZero();
    }

    @Test
    void aSetKeepsItsDirectoryWhateverIsSaidOfItsAge() {
        EndpointSet set =
                EndpointSet.builder("test").endpoints(List.of(ONE)).build().withDirectory(directory);
        assertThat(set.asStale().directory()).isSameAs(directory);
        assertThat(set.confirmed(Instant.EPOCH).directory()).isSameAs(directory);
        assertThat(set.toBuilder().build().directory()).isSameAs(directory);
        assertThat(set.withDirectory(null).directory()).isNull();
        Snapshot snapshot = Snapshot.of(List.of()).withDirectory(directory);
        assertThat(snapshot.with(List.of(), 1, "note").directory()).isSameAs(directory);
    }
}

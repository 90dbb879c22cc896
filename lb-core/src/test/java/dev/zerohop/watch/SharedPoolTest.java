package dev.zerohop.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedPoolTest {
    private final AtomicInteger made = new AtomicInteger();
    private final List<String> ended = new ArrayList<>();
    private final SharedPool<String, String> pool = new SharedPool<>(ended::add);

    private SharedPool.Use<String> use(String key) {
        return pool.use(key, k -> k + made.incrementAndGet());
    }

    @Test
    void whatLingersIsThereForTheNextUserAndEndsAfterItsTime() {
        FakeTime time = new FakeTime();
        SharedPool<String, String> lingering = new SharedPool<>(ended::add, (key, end) -> time.schedule(1_000, end));
        SharedPool.Use<String> first = lingering.use("a", k -> "one");
        first.close();
        time.advance(Duration.ofNanos(999));
        SharedPool.Use<String> second = lingering.use("a", k -> "two");
        assertThat(second.get()).isEqualTo("one");
        time.advance(Duration.ofNanos(1_000));
        assertThat(ended).as("it is used").isEmpty();
        second.close();
        assertThat(lingering.size()).isEqualTo(1);
        time.advance(Duration.ofNanos(1_000));
        assertThat(ended).containsExactly("one");
        assertThat(lingering.size()).isZero();
    }

    @Test
    void usersOfOneKeyShareAndTheLastOneEndsIt() {
        SharedPool.Use<String> first = use("a");
        SharedPool.Use<String> second = use("a");
        SharedPool.Use<String> other = use("b");
        assertThat(second.get()).isSameAs(first.get()).isNotEqualTo(other.get());
        assertThat(pool.size()).isEqualTo(2);
        first.close();
        assertThat(ended).isEmpty();
        second.close();
        assertThat(ended).containsExactly("a1");
        assertThat(use("a").get()).as("the next one is new").isEqualTo("a3");
    }

    @Test
    void aUserLeavesOnce() {
        SharedPool.Use<String> first = use("a");
        SharedPool.Use<String> second = use("a");
        first.close();
        first.close();
        assertThat(ended).isEmpty();
        second.close();
        second.close();
        assertThat(ended).containsExactly("a1");
    }

    @Test
    void whatIsDrainedIsTheCallersToEnd() {
        SharedPool.Use<String> use = use("a");
        assertThat(pool.drain()).containsExactly("a1");
        use.close();
        assertThat(ended).isEmpty();
        assertThatIllegalStateException()
                .isThrownBy(() -> use("b"))
                .withMessage("the owner of b is closed, expected an open one");
        assertThat(made).hasValue(1);
    }
}

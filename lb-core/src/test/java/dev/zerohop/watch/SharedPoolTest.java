package dev.zerohop.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedPoolTest {
    private final AtomicInteger made = new AtomicInteger();
    private final List<String> ended = new ArrayList<>();
    private final SharedPool<String, String> pool = new SharedPool<>(key -> key + made.incrementAndGet(), ended::add);

    @Test
    void usersOfOneKeyShareAndTheLastOneEndsIt() {
        SharedPool.Use<String> first = pool.use("a");
        SharedPool.Use<String> second = pool.use("a");
        SharedPool.Use<String> other = pool.use("b");
        assertThat(second.get()).isSameAs(first.get()).isNotEqualTo(other.get());
        assertThat(pool.size()).isEqualTo(2);
        first.close();
        assertThat(ended).isEmpty();
        second.close();
        assertThat(ended).containsExactly("a1");
        assertThat(pool.use("a").get()).as("the next one is new").isEqualTo("a3");
    }

    @Test
    void aUserLeavesOnce() {
        SharedPool.Use<String> first = pool.use("a");
        SharedPool.Use<String> second = pool.use("a");
        first.close();
        first.close();
        assertThat(ended).isEmpty();
        second.close();
        second.close();
        assertThat(ended).containsExactly("a1");
    }

    @Test
    void whatIsDrainedIsTheCallersToEnd() {
        SharedPool.Use<String> use = pool.use("a");
        assertThat(pool.drain()).containsExactly("a1");
        use.close();
        assertThat(ended).isEmpty();
        assertThatIllegalStateException()
                .isThrownBy(() -> pool.use("b"))
                .withMessage("the owner of b is closed, expected an open one");
        assertThat(made).hasValue(1);
    }
}

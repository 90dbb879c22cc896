package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.stage.Subset;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A subset through the whole balancer: each has its own and keeps it. */
class SubsetBalancerTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();

    private Balancer started(long seed, BalancerSettings settings) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env(new SplittableRandom(seed)::nextLong))
                .resolver(resolver)
                .settings(settings)
                .build();
        balancer.start();
        return balancer;
    }

    private static BalancerSettings settings(Stage... stages) {
        return BalancerSettings.builder(Pickers.roundRobin())
                .stages(List.of(stages))
                .build();
    }

    private void push(int count) {
        List<Endpoint> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(Endpoint.builder("10.0.0.1", 1000 + i).id("srv-" + i).build());
        }
        resolver.push(all);
    }

    private static List<String> reached(Balancer balancer) {
        return balancer.current().snapshot().reached().stream()
                .map(node -> node.endpoint().id())
                .toList();
    }

    @Test
    void aBalancerKeepsItsSubset() {
        Balancer balancer = started(1, settings(new Subset(10), new HealthFilter()));
        push(100);
        List<String> first = reached(balancer);
        assertThat(first).hasSize(10);
        assertThat(balancer.current().snapshot().members()).hasSize(100);
        push(100);
        balancer.apply(settings(new Subset(10)));
        assertThat(reached(balancer)).isEqualTo(first);
        balancer.apply(settings());
        assertThat(reached(balancer)).hasSize(100);
        balancer.apply(settings(new Subset(10)));
        assertThat(reached(balancer)).isEqualTo(first);
    }

    @Test
    void anotherBalancerHasAnother() {
        Balancer one = started(1, settings(new Subset(10)));
        push(100);
        List<String> its = reached(one);
        one.close();
        ScriptedResolver second = new ScriptedResolver();
        Balancer other = Balancer.builder("orders")
                .env(time.env(new SplittableRandom(2)::nextLong))
                .resolver(second)
                .settings(settings(new Subset(10)))
                .build();
        other.start();
        List<Endpoint> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(Endpoint.builder("10.0.0.1", 1000 + i).id("srv-" + i).build());
        }
        second.push(all);
        assertThat(reached(other)).hasSize(10).isNotEqualTo(its);
    }

    @Test
    void aRefusalSpeaksOfTheSubset() {
        Balancer balancer = started(1, settings(new Subset(10), new HealthFilter(0)));
        List<Endpoint> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(Endpoint.builder("10.0.0.1", 1000 + i)
                    .id("srv-" + i)
                    .readiness(Endpoint.Readiness.NOT_READY)
                    .build());
        }
        resolver.push(all);
        assertThat(balancer.current().snapshot().refusal(time.nanoTime()).message())
                .contains("0 of 20 endpoints usable (20 not ready)")
                .contains("and 15 more");
    }
}

package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.Subset;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How checks follow the members. */
class CheckSourceTest {

    private static Snapshot snapshot(int count) {
        ScriptedResolver resolver = new ScriptedResolver();
        Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(resolver)
                .settings(BalancerSettings.of(Pickers.roundRobin()))
                .build();
        balancer.start();
        resolver.push(IntStream.rangeClosed(1, count)
                .mapToObj(i -> Endpoint.of("10.0.0." + i, 80))
                .toList());
        return balancer.current().snapshot();
    }

    @Test
    void ofManyThatHangNoMoreThan32AreCheckedAtOnce() {
        FakeTime time = new FakeTime();
        ScriptedProber prober = new ScriptedProber(time);
        prober.silent = true;
        HealthSource source = HealthChecks.grpc("orders")
                .interval(Duration.ofSeconds(1))
                .build()
                .newSource(time.env(), prober);
        source.follow(snapshot(100));
        time.advance(Duration.ofSeconds(3));
        assertThat(prober.mostUnderWay).isEqualTo(32);
    }

    @Test
    void whatASubsetLeavesUnconnectedIsNotChecked() {
        FakeTime time = new FakeTime();
        ScriptedProber prober = new ScriptedProber(time);
        prober.silent = true;
        HealthSource source = HealthChecks.grpc("orders")
                .interval(Duration.ofSeconds(1))
                .build()
                .newSource(time.env(), prober);
        source.follow(new Subset(5).apply(snapshot(100), 0));
        time.advance(Duration.ofSeconds(3));
        assertThat(prober.mostUnderWay).isEqualTo(5);
    }

    /** Each holds all members. */
    @Test
    void whileNoThreadComesOnlyOneTaskWaitsHoweverMuchIsMade() {
        FakeTime time = new FakeTime();
        ScriptedProber prober = new ScriptedProber(time);
        Snapshot made = snapshot(2);
        List<Runnable> threads = new ArrayList<>();
        boolean[] full = {true};
        Env env = new Env(time, time.env().dice(), task -> {
            if (full[0]) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            threads.add(task);
        });
        HealthSource source = HealthChecks.grpc("orders").build().newSource(env, prober);
        for (int i = 0; i < 1_000; i++) {
            source.follow(made);
        }
        full[0] = false;
        time.advance(Duration.ofSeconds(1));
        assertThat(threads).hasSize(1);
        threads.remove(0).run();
        assertThat(prober.connected).isEqualTo(2);
        source.follow(made);
        assertThat(threads).as("the next one is followed").hasSize(1);
    }
}

package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.config.Configurations;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A call that is picked while a version is being made waits, and once the version is published its refusals are final. */
class RefusalDuringChangesTest {

    @Test
    void aRefusalAmidAChangeWaitsAndOneAfterItDoesNot() {
        FakeTime time = new FakeTime();
        ScriptedResolver source = new ScriptedResolver();
        Connectivity connectivity = new Connectivity();
        List<Refusal> amid = new ArrayList<>();
        List<Refusal> after = new ArrayList<>();
        Balancer[] made = new Balancer[1];
        made[0] = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(Configurations.defaults())
                .healthSource(connectivity)
                .listener(new BalancerListener() {
                    @Override
                    public void onHealth(String service, Endpoint endpoint, Health before, Health now) {
                        amid.add(made[0].current().refusal(PickContext.NONE));
                    }

                    @Override
                    public void onRebuild(String service, Snapshot snapshot, Duration took) {
                        after.add(made[0].current().refusal(PickContext.NONE));
                    }
                })
                .build();
        try (Balancer balancer = made[0]) {
            balancer.start();
            source.push(Endpoint.of("127.0.0.1", 1));
            // Nothing was picked before a connection was reported: the first verdict came with the endpoint.
            assertThat(balancer.current().pick(PickContext.NONE)).isNull();
            assertThat(balancer.current().refusal(PickContext.NONE).kind()).isEqualTo(Refusal.Kind.CONNECTING);
            amid.clear();
            after.clear();
            connectivity.report("127.0.0.1:1", Health.Status.DISCONNECTED);
            time.advance(java.time.Duration.ofMillis(10));
            assertThat(amid).isNotEmpty().allMatch(Refusal::waits);
            assertThat(after).isNotEmpty().noneMatch(Refusal::waits);
            assertThat(after.get(after.size() - 1).kind()).isEqualTo(Refusal.Kind.NONE_USABLE);
        }
    }

    /** The next version may come while the picker of the last one explains its refusal. */
    @Test
    void aRefusalThatAChangeOvertakesWaits() {
        ScriptedResolver source = new ScriptedResolver();
        Runnable[] amid = {() -> {}};
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(new OvertakenPolicy(() -> amid[0].run())))
                .build()) {
            balancer.start();
            source.push(Endpoint.of("10.0.0.1", 80));
            assertThat(balancer.current().refusal(PickContext.NONE).waits()).isFalse();
            amid[0] = () -> source.push(Endpoint.of("10.0.0.1", 80), Endpoint.of("10.0.0.2", 80));
            assertThat(balancer.current().refusal(PickContext.NONE).waits()).isTrue();
        }
    }

    /** Where a pick found nothing, the refusal is that of the same version, also when the next one has nothing either. */
    @Test
    void aVersionThatWasReplacedWaitsWhateverTheNextOneHas() {
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(Configurations.defaults())
                .build()) {
            balancer.start();
            Endpoint notReady = Endpoint.builder("10.0.0.1", 80)
                    .readiness(Endpoint.Readiness.NOT_READY)
                    .build();
            source.push(notReady);
            BalancerView before = balancer.current();
            assertThat(before.refusal(PickContext.NONE).waits()).isFalse();
            source.push(notReady, notReady.toBuilder().id("other").build());
            assertThat(balancer.current()).isNotSameAs(before);
            assertThat(before.refusal(PickContext.NONE).waits()).isTrue();
            assertThat(balancer.current().refusal(PickContext.NONE).waits()).isFalse();
        }
    }

    private record OvertakenPolicy(Runnable amid) implements PickPolicy {
        @Override
        public String name() {
            return "overtaken";
        }

        @Override
        public Picker newPicker(Snapshot snapshot, Env env) {
            return new Picker() {
                @Override
                public Node pick(PickContext context) {
                    return null;
                }

                @Override
                public Refusal refusal(PickContext context) {
                    amid.run();
                    return new Refusal(Refusal.Kind.NONE_USABLE, false, "none");
                }

                @Override
                public Picker rebuild(Snapshot next) {
                    return newPicker(next, env);
                }
            };
        }
    }
}

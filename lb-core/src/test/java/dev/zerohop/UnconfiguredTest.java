package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.config.Configurations;
import dev.zerohop.resolver.Resolvers;
import dev.zerohop.resolver.SharedResolvers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A source whose first configuration is rejected serves no call by the defaults, which could send keys to endpoints that do not own them. The
 * balancer reads the configuration, or the source itself does.
 */
class UnconfiguredTest {
    private static final String GOOD = "{\"policy\": \"shard\"}";
    private static final String OTHER = "{\"policy\": \"least_request\"}";
    private static final String BAD = "{\"policy\": {\"shard\": {\"ownerDown\": \"FAILFAST\"}}}";
    private static final String WHY = "policy.shard.ownerDown";

    private final FakeTime time = new FakeTime();
    private final Env env = time.env();
    private final ScriptedResolver source = new ScriptedResolver();
    private final List<String> refused = new ArrayList<>();
    private final List<String> unconfigured = new ArrayList<>();
    private final List<BalancerSettings> configured = new ArrayList<>();
    private final BalancerListener listener = new BalancerListener() {
        @Override
        public void onConfigurationRejected(String service, String reason) {
            refused.add(reason);
        }

        @Override
        public void onUnconfigured(String service, String reason) {
            unconfigured.add(reason);
        }

        @Override
        public void onConfigured(String service, BalancerSettings settings) {
            configured.add(settings);
        }
    };
    private Balancer balancer = start(source, null);

    /** Who refuses the source's configuration. */
    enum By {
        BALANCER(ScriptedResolver::configure),
        SOURCE((source, json) -> source.rejectConfiguration("orders/config: " + WHY + ": was FAILFAST"));

        private final BiConsumer<ScriptedResolver, String> refusal;

        By(BiConsumer<ScriptedResolver, String> refusal) {
            this.refusal = refusal;
        }

        void refuse(ScriptedResolver source) {
            refusal.accept(source, BAD);
        }
    }

    private Balancer start(Resolver from, BalancerSettings own) {
        Balancer.Builder builder = Balancer.builder("orders")
                .env(env)
                .resolver(from)
                .defaults(Configurations.defaults())
                .followSourceConfiguration()
                .listener(listener);
        if (own != null) {
            builder.settings(own);
        }
        Balancer started = builder.build();
        started.start();
        return started;
    }

    private void startedWith(BalancerSettings own) {
        balancer.close();
        balancer = start(restarted(), own);
    }

    private ScriptedResolver now = source;

    private ScriptedResolver restarted() {
        now = new ScriptedResolver();
        return now;
    }

    @AfterEach
    void close() {
        balancer.close();
    }

    private static Endpoint endpoint(int ordinal) {
        return Endpoint.builder("10.0.0." + ordinal, 80)
                .id("orders-" + ordinal)
                .ordinal(ordinal)
                .build();
    }

    private void members() {
        now.push(endpoint(0), endpoint(1), endpoint(2));
    }

    private void assertRefusing() {
        PickContext keyed = PickContext.of(EndpointSelector.of("k"));
        for (PickContext context : List.of(PickContext.NONE, keyed)) {
            assertThat(balancer.current().pick(context)).isNull();
            Refusal refusal = balancer.current().refusal(context);
            assertThat(refusal.kind()).isEqualTo(Refusal.Kind.BAD_CONFIGURATION);
            assertThat(refusal.waits()).isFalse();
            assertThat(refusal.waiting().waits())
                    .as("a call that waits for ready does")
                    .isTrue();
            assertThat(refusal.message())
                    .startsWith("orders: the source's configuration is rejected")
                    .contains(WHY, "FAILFAST", "calls fail until");
            assertThatThrownBy(() -> balancer.acquire(context)).isInstanceOf(NoEndpointException.class);
        }
        assertThat(balancer.explain(keyed).toString()).contains("no configuration is in force", WHY);
        assertThat(balancer.current().unconfigured()).contains(WHY);
    }

    private void assertServing(String policy) {
        assertThat(balancer.current().unconfigured()).isNull();
        assertThat(balancer.current().settings().policy().name()).isEqualTo(policy);
        assertThat(balancer.current().pick(PickContext.of(EndpointSelector.of("k"))))
                .isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void callsFailWithTheReasonUntilThereIsAGoodConfiguration(By by) {
        CompletableFuture<Void> refusing = balancer.nextChange().toCompletableFuture();
        by.refuse(now);
        assertThat(refusing).as("calls that wait for endpoints learn of it").isCompleted();
        assertRefusing();
        members();
        assertRefusing();
        assertThat(refused).hasSize(1);
        assertThat(unconfigured).hasSize(1);
        CompletableFuture<Void> changed = balancer.nextChange().toCompletableFuture();
        now.configure(GOOD);
        assertThat(changed).as("calls that wait look again").isCompleted();
        assertServing("shard");
        by.refuse(now);
        assertServing("shard");
        assertThat(unconfigured).as("there is a good one now").hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void theReasonIsThatOfTheLastOneThatWasRefused(By by) {
        by.refuse(now);
        members();
        now.configure("{\"policy\": \"quickest\"}");
        assertThat(balancer.current().refusal(PickContext.NONE).message())
                .contains("quickest")
                .doesNotContain(WHY);
        assertThat(unconfigured).hasSize(2);
        members();
        by.refuse(now);
        assertRefusing();
    }

    @ParameterizedTest
    @EnumSource
    void aConfigurationEqualToTheDefaultsEndsItToo(By by) {
        by.refuse(now);
        members();
        now.configure("{}");
        assertServing(Configurations.defaults().policy().name());
        assertThat(configured).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aSourceThatTakesItBackLeavesTheDefaults(By by) {
        by.refuse(now);
        members();
        now.configure("");
        assertServing(Configurations.defaults().policy().name());
        balancer.applyDefaults();
        assertServing(Configurations.defaults().policy().name());
        by.refuse(now);
        assertServing(Configurations.defaults().policy().name());
    }

    @ParameterizedTest
    @EnumSource
    void callsThatTheDefaultsServeAreNotCutOffByALaterTypingError(By by) {
        members();
        by.refuse(now);
        assertServing(Configurations.defaults().policy().name());
        assertThat(refused).hasSize(1);
        assertThat(unconfigured).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aConfigurationOfTheApplicationHolds(By by) {
        startedWith(Configurations.parse(OTHER));
        by.refuse(now);
        members();
        assertServing("least_request");
        assertThat(refused).hasSize(1);
        balancer.applyDefaults();
        assertRefusing();
        balancer.apply(Configurations.parse(GOOD));
        assertServing("shard");
        now.configure(OTHER);
        assertServing("least_request");
        by.refuse(now);
        balancer.applyDefaults();
        assertServing("least_request");
        now.configure("");
        assertServing(Configurations.defaults().policy().name());
    }

    @Test
    void settingsWhosePartsCannotBeMadeReplaceNothing() {
        by(By.BALANCER);
        BalancerSettings broken = Configurations.defaults().withPolicy(new BrokenPolicy());
        balancer.apply(broken);
        assertRefusing();
        assertThat(refused).hasSize(2);
    }

    @Test
    void settingsOfTheApplicationWhosePartsCannotBeMadeDoNotComeBackLater() {
        members();
        balancer.apply(Configurations.defaults().withPolicy(new BrokenPolicy()));
        now.configure(GOOD);
        assertServing("shard");
        now.configure("");
        assertServing(Configurations.defaults().policy().name());
        assertThat(refused).hasSize(1);
    }

    @Test
    void aConfigurationWhosePartsCannotBeMadeIsARejectedOne() {
        balancer.close();
        ScriptedResolver from = restarted();
        balancer = Balancer.builder("orders")
                .env(env)
                .resolver(from)
                .defaults(Configurations.defaults())
                .followSourceConfiguration(settings ->
                        settings.policy().name().equals("shard") ? settings.withPolicy(new BrokenPolicy()) : settings)
                .listener(listener)
                .build();
        balancer.start();
        from.configure(GOOD);
        members();
        assertThat(balancer.current().unconfigured()).isEqualTo("source scripted: cannot be made");
        assertThat(balancer.state().configuration().rejected()).startsWith("source scripted: cannot be made, at ");
        assertThat(unconfigured).hasSize(1);
        from.configure(OTHER);
        assertServing("least_request");
    }

    @ParameterizedTest
    @EnumSource
    void aBadConfigurationDoesNotPutTheLastGoodOneBackInForceOverTheApplications(By by) {
        members();
        now.configure(OTHER);
        balancer.apply(Configurations.parse(GOOD));
        by.refuse(now);
        assertServing("shard");
        assertThat(refused).hasSize(1);
    }

    /** Such as one that makes each resolution from nothing. */
    @ParameterizedTest
    @EnumSource
    void aSourceThatSaysNothingMoreOfAConfigurationConfiguresNothing(By by) {
        EndpointSet set = EndpointSet.builder("scripted")
                .endpoints(List.of(endpoint(0), endpoint(1), endpoint(2)))
                .build();
        by.refuse(now);
        members();
        assertRefusing();
        now.publish(Resolution.of(set));
        assertServing(Configurations.defaults().policy().name());
        now.publish(Resolution.of(set).configured(GOOD));
        assertServing("shard");
        now.publish(Resolution.of(set));
        assertServing(Configurations.defaults().policy().name());
    }

    private void by(By by) {
        by.refuse(now);
        members();
    }

    @Test
    void aFileIsASourceLikeAnyOther(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("orders.json");
        Target target = Target.parse("file://" + file);
        SharedResolvers shared = new SharedResolvers(SharedResolvers.LINGER);
        String content =
                "{\"endpoints\": [{\"address\": \"10.0.0.0:80\", \"id\": \"orders-0\", \"ordinal\": 0}], \"config\": %s}";
        balancer.close();
        Files.writeString(file, content.formatted(BAD));
        balancer = start(shared.resolver(target, env), null);
        assertRefusing();
        String bare = content.replace(", \"config\": %s", "");
        Files.writeString(file, bare);
        time.advance(Duration.ofSeconds(1));
        assertServing(Configurations.defaults().policy().name());
        Files.writeString(file, content.formatted(GOOD));
        time.advance(Duration.ofSeconds(1));
        assertServing("shard");
        Files.writeString(file, content.formatted(BAD));
        time.advance(Duration.ofSeconds(1));
        assertServing("shard");
        // A gRPC channel that was idle, for example: the watch still knows the good one.
        try (Balancer early = balancer) {
            balancer = start(shared.resolver(target, env), null);
            assertServing("shard");
            assertThat(refused).hasSize(3);
        }
    }

    /** Those that come late, too: a gRPC channel that was idle, for example. */
    @Test
    void anAnswerWithoutAConfigurationIsKnownToThoseThatComeLate(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("orders.json");
        Target target = Target.parse("file://" + file);
        SharedResolvers shared = new SharedResolvers(SharedResolvers.LINGER);
        String content = "{\"endpoints\": [{\"address\": \"10.0.0.0:80\", \"id\": \"orders-0\", \"ordinal\": 0}]%s}";
        balancer.close();
        Files.writeString(file, content.formatted(""));
        balancer = start(shared.resolver(target, env), null);
        Files.writeString(file, content.formatted(", \"config\": " + BAD));
        time.advance(Duration.ofSeconds(1));
        try (Balancer early = balancer) {
            assertServing(Configurations.defaults().policy().name());
            balancer = start(shared.resolver(target, env), null);
            assertServing(Configurations.defaults().policy().name());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFallbackPassesItOn(By by) {
        balancer.close();
        ScriptedResolver second = new ScriptedResolver();
        balancer = start(Resolvers.fallback(List.of(restarted(), second), env), null);
        second.push(endpoint(7));
        by.refuse(now);
        members();
        assertRefusing();
        now.configure(GOOD);
        assertServing("shard");
    }

    /** The second one has not been asked for a configuration before, but the calls have gone by the defaults. */
    @ParameterizedTest
    @EnumSource
    void aFallbackToABadConfigurationCutsOffNoCallThatTheDefaultsServe(By by) {
        balancer.close();
        ScriptedResolver first = restarted();
        ScriptedResolver second = new ScriptedResolver();
        balancer = start(Resolvers.fallback(List.of(first, second), env), null);
        first.push(endpoint(0), endpoint(1), endpoint(2));
        by.refuse(second);
        second.push(endpoint(0), endpoint(1));
        first.fail(new IllegalStateException("down"));
        time.advance(Duration.ofMinutes(5));
        assertThat(balancer.state().source().set().endpoints()).hasSize(2);
        assertThat(refused).as("it is in force").hasSize(1);
        assertServing(Configurations.defaults().policy().name());
        assertThat(unconfigured).isEmpty();
    }

    private static final class BrokenPolicy implements PickPolicy {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public Picker newPicker(Snapshot snapshot, Env env) {
            throw new IllegalArgumentException("cannot be made");
        }
    }
}

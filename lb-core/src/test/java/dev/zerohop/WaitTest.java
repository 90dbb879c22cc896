package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.DirectoryPolicy;
import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDirectory;
import dev.zerohop.testing.ScriptedResolver;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Owner-down policy WAIT waits whatever is missing; FAIL_FAST does not, and no policy waits for what time does not mend. */
class WaitTest {
    private static final PickContext KEY = PickContext.of(EndpointSelector.of(1));

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver source = new ScriptedResolver();
    private final ScriptedDirectory directory = new ScriptedDirectory();

    private Balancer started(PickPolicy policy) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(Configurations.defaults().withPolicy(policy))
                .build();
        balancer.start();
        return balancer;
    }

    private static ShardPolicy shard(OwnerDown ownerDown) {
        return ShardPolicy.builder()
                .strategy(ShardPolicy.Strategy.MODULO)
                .shards(2)
                .ownerDown(ownerDown)
                .build();
    }

    private static DirectoryPolicy directory(OwnerDown ownerDown) {
        return DirectoryPolicy.builder().ownerDown(ownerDown).build();
    }

    private static Endpoint.Builder endpoint(int ordinal) {
        return Endpoint.builder("10.0.0." + ordinal, 80).id("orders-" + ordinal).ordinal(ordinal);
    }

    /** What a test does to the source before the call. */
    private interface Missing extends Consumer<WaitTest> {}

    private static Arguments missing(String what, Missing missing) {
        return Arguments.of(what, missing);
    }

    static Stream<Arguments> missing() {
        return Stream.of(
                missing("the source cannot be read", test -> test.source.fail(new IllegalStateException("403"))),
                missing("the set is empty", test -> test.source.push()),
                missing("the set is empty and the source cannot be read", test -> {
                    test.source.push();
                    test.source.fail(new IllegalStateException("403"));
                }),
                missing(
                        "no endpoint of its number",
                        test -> test.source.push(endpoint(0).build())),
                missing(
                        "no endpoint has a number",
                        test -> test.source.push(
                                Endpoint.builder("10.0.0.7", 80).build())),
                missing(
                        "the owner is not ready",
                        test -> test.source.push(
                                endpoint(0).build(),
                                endpoint(1)
                                        .readiness(Endpoint.Readiness.NOT_READY)
                                        .build())),
                missing(
                        "the owner has weight 0",
                        test -> test.source.push(
                                endpoint(0).build(), endpoint(1).weight(0).build())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("missing")
    void aShardThatWaitsWaitsWhateverIsMissing(String what, Missing missing) {
        for (OwnerDown ownerDown : new OwnerDown[] {OwnerDown.WAIT, OwnerDown.FAIL_FAST}) {
            WaitTest test = new WaitTest();
            try (Balancer balancer = test.started(shard(ownerDown))) {
                missing.accept(test);
                assertThat(balancer.current().pick(KEY)).isNull();
                assertThat(balancer.current().refusal(KEY).waits()).isEqualTo(ownerDown == OwnerDown.WAIT);
                CompletableFuture<Void> changed = balancer.nextChange().toCompletableFuture();
                test.source.push(endpoint(0).build(), endpoint(1).build());
                assertThat(changed).as("those who wait look again").isCompleted();
                assertThat(balancer.current().pick(KEY)).isNotNull();
            }
        }
    }

    static Stream<Arguments> missingInADirectory() {
        return Stream.concat(
                missing()
                        .filter(arguments -> !String.valueOf(arguments.get()[0]).startsWith("no endpoint has")),
                Stream.of(missing("the directory cannot be read", test -> {
                    test.directory.put("1", new Unknown(false, "etcd is away"));
                    test.source.directory(test.directory);
                    test.source.push(endpoint(0).build(), endpoint(1).build());
                })));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("missingInADirectory")
    void aDirectoryThatWaitsWaitsWhateverIsMissing(String what, Missing missing) {
        for (OwnerDown ownerDown : new OwnerDown[] {OwnerDown.WAIT, OwnerDown.FAIL_FAST}) {
            WaitTest test = new WaitTest();
            test.directory.put("1", Owner.ordinal(1));
            test.source.directory(test.directory);
            try (Balancer balancer = test.started(directory(ownerDown))) {
                missing.accept(test);
                assertThat(balancer.current().pick(KEY)).isNull();
                assertThat(balancer.current().refusal(KEY).waits()).isEqualTo(ownerDown == OwnerDown.WAIT);
            }
        }
    }

    @Test
    void aKeyWithoutAnEntryWaitsAsThePolicyForSuchKeysSays() {
        directory.put("1", new Absent());
        source.directory(directory);
        try (Balancer balancer =
                started(DirectoryPolicy.builder().missing(shard(OwnerDown.WAIT)).build())) {
            source.push();
            assertThat(balancer.current().refusal(KEY).waits()).isTrue();
            directory.put("1", Owner.ordinal(1));
            assertThat(balancer.current().refusal(KEY).waits())
                    .as("its owner fails fast")
                    .isFalse();
        }
    }

    @Test
    void whatTimeDoesNotMendIsNotWaitedFor() {
        try (Balancer balancer = started(shard(OwnerDown.WAIT))) {
            source.push(endpoint(0).build());
            Refusal text = balancer.current().refusal(PickContext.of(EndpointSelector.of("text")));
            assertThat(text.kind()).isEqualTo(Refusal.Kind.BAD_KEY);
            assertThat(text.waits()).isFalse();
            assertThat(balancer.current().refusal(PickContext.NONE).waits()).isFalse();
            balancer.close();
            assertThat(balancer.current().refusal(KEY).waits()).isFalse();
        }
    }

    @Test
    void callsWithoutAKeyDoNotWait() {
        try (Balancer balancer = started(ShardPolicy.builder()
                .ownerDown(OwnerDown.WAIT)
                .withoutKey(Pickers.roundRobin())
                .build())) {
            source.push();
            assertThat(balancer.current().refusal(PickContext.NONE).waits()).isFalse();
            assertThat(balancer.current().refusal(KEY).waits()).isTrue();
        }
    }
}

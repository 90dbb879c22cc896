package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.LoggedLines;
import dev.zerohop.MissingOrdinal;
import dev.zerohop.PickContext;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LastGoodResolverTest extends ResolverContract {
    private static final String TARGET = "k8s:///shop/orders:grpc";
    private static final Instant THEN = Instant.parse("2025-12-31T23:00:00Z");
    private static final Endpoint A = Endpoint.builder("10.0.0.1", 1)
            .id("orders-0")
            .weight(3)
            .zone("a")
            .node("n")
            .ordinal(0)
            .readiness(Endpoint.Readiness.DRAINING)
            .attributes(Map.of("version", "2"))
            .build();
    private static final Endpoint B = Endpoint.builder("::1", 2)
            .id("orders-1")
            .readiness(Endpoint.Readiness.NOT_READY)
            .build();

    @TempDir
    Path directory;

    private Path file;
    /** Of the process that was started last. */
    private ResolutionRecorder recorder = new ResolutionRecorder();

    @BeforeEach
    void setUp() {
        file = directory.resolve("made").resolve("orders.last-good");
    }

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        ManualResolver source = new ManualResolver("source", env);
        source.set(endpoints);
        return Resolvers.lastGood(source, TARGET, file, env);
    }

    private ScriptedResolver start() {
        ScriptedResolver source = new ScriptedResolver();
        recorder = new ResolutionRecorder();
        Resolvers.lastGood(source, TARGET, file, env).start(recorder);
        return source;
    }

    /** A process that has stored A and B an hour before this one starts. */
    private void stored() {
        ScriptedResolver source = new ScriptedResolver().asOf(THEN).shards(5).removals(EndpointSet.Removals.GUARDED);
        try (Resolver before = Resolvers.lastGood(source, TARGET, file, env)) {
            before.start(new ResolutionRecorder());
            source.configure("{\"policy\":\"random\"}");
            source.push(A, B);
        }
    }

    @Test
    void aProcessStartsWhileItsSourceIsDown() {
        stored();
        ScriptedResolver source = start();
        source.fail(new IOException("connection refused"));
        EndpointSet set = recorder.last();
        assertThat(set.endpoints()).containsExactly(A, B);
        assertThat(set.stale()).isTrue();
        assertThat(set.asOf()).isEqualTo(THEN);
        assertThat(set.age(time.now())).isEqualTo(Duration.ofHours(1));
        assertThat(set.shards()).isEqualTo(new ShardCount(5, 0));
        assertThat(set.removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(recorder.configurations).containsExactly("{\"policy\":\"random\"}");
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void aProcessStartsWithTheMapAndTheMoveThatWereLastKnown() {
        ShardMap moving = ShardMap.of(7, new ShardPlacement.Lookup(Map.of("a", 1), Optional.of(0)))
                .movingTo(8, new ShardCount(5, 0), ShardMap.MovingKeys.NEW_AT_ONCE);
        ScriptedResolver before = new ScriptedResolver();
        try (Resolver resolver = Resolvers.lastGood(before, TARGET, file, env)) {
            resolver.start(new ResolutionRecorder());
            before.push(EndpointSet.builder("scripted")
                    .endpoints(List.of(A))
                    .shardMap(moving)
                    .build());
        }
        ScriptedResolver source = start();
        source.fail(new IOException("connection refused"));
        assertThat(recorder.last().shardMap()).isEqualTo(moving);
    }

    /** A restart would place keys by the map before it. */
    @Test
    void anotherMapOfTheSameEndpointsIsKept() throws Exception {
        ScriptedResolver source = start();
        for (int epoch = 7; epoch <= 8; epoch++) {
            ShardMap map = ShardMap.of(epoch, new ShardCount(epoch, 0));
            source.push(EndpointSet.builder("scripted")
                    .endpoints(List.of(A))
                    .shardMap(map)
                    .asOf(THEN)
                    .build());
            time.advance(Duration.ofSeconds(2));
            assertThat(new LastGoodFile(file, TARGET).read().set().shardMap()).isEqualTo(map);
        }
    }

    /** How a source says that its configuration is bad. */
    private static void bad(ScriptedResolver source, boolean rejectedByItself) {
        if (rejectedByItself) {
            source.rejectConfiguration("policy: was 7");
        } else {
            source.configure("{\"policy\":7}");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStoredConfigurationGoesBeforeOneThatIsRefusedAndIsKept(boolean rejectedByItself) {
        stored();
        for (int process = 0; process < 2; process++) {
            ScriptedResolver source = start();
            bad(source, rejectedByItself);
            source.push(A);
            List<String> expected = new ArrayList<>(List.of("{\"policy\":\"random\"}"));
            if (!rejectedByItself) {
                expected.add("{\"policy\":7}");
            }
            assertThat(recorder.configurations).isEqualTo(expected);
            assertThat(recorder.rejections).hasSize(rejectedByItself ? 1 : 0);
            assertThat(recorder.last().stale()).isFalse();
            // Written again with another set: the good one is still the one that is kept.
            source.push(A, B);
            time.advance(Duration.ofSeconds(2));
            source.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noEndpointIsGivenBeforeTheFileIsReadIfTheConfigurationIsRefused(boolean rejectedByItself) {
        stored();
        List<Runnable> reads = new ArrayList<>();
        Env busy = new Env(time, env.dice(), reads::add);
        ScriptedResolver source = new ScriptedResolver();
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        bad(source, rejectedByItself);
        source.push(A);
        source.fail(new IOException("down"));
        source.push(A, B);
        assertThat(recorder.configurations).isEmpty();
        assertThat(recorder.rejections).isEmpty();
        assertThat(recorder.sets).isEmpty();
        reads.remove(0).run();
        assertThat(recorder.configurations).startsWith("{\"policy\":\"random\"}");
        assertThat(recorder.sets).as("the last one is all that counts").hasSize(1);
        assertThat(recorder.errors).isEmpty();
        assertThat(recorder.last().endpoints()).containsExactly(A, B);
    }

    @Test
    void aFileThatIsNotReadInTimeHoldsNothingUpAndIsHeardLater() {
        stored();
        List<Runnable> reads = new ArrayList<>();
        Env busy = new Env(time, env.dice(), reads::add);
        ScriptedResolver source = new ScriptedResolver();
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        source.rejectConfiguration("policy: was 7");
        source.push(A);
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.rejections).hasSize(1);
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.configurations).isEmpty();
        reads.remove(0).run();
        assertThat(recorder.configurations).containsExactly("{\"policy\":\"random\"}");
    }

    @Test
    void nothingIsKeptWhileTheFirstConfigurationIsRejected() {
        ScriptedResolver source = start();
        source.rejectConfiguration("policy: was 7");
        source.push(A);
        time.advance(Duration.ofSeconds(2));
        assertThat(file).doesNotExist();
        source.configure("{\"policy\":\"random\"}");
        time.advance(Duration.ofSeconds(2));
        assertThat(file).exists();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileWithoutAConfigurationIsOfASourceThatHadAnsweredWithoutOne(boolean rejectedByItself) {
        ScriptedResolver before = start();
        before.push(A);
        before.close();
        ScriptedResolver source = start();
        bad(source, rejectedByItself);
        source.push(A);
        assertThat(recorder.configurations).startsWith("");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBadConfigurationOfTheNextProcessDoesNotKeepItsEndpointsFromTheFile(boolean rejectedByItself)
            throws Exception {
        ScriptedResolver before = start();
        before.push(A);
        before.close();
        ScriptedResolver source = start();
        bad(source, rejectedByItself);
        source.push(A, B);
        time.advance(Duration.ofSeconds(2));
        LastGoodFile.Content kept = new LastGoodFile(file, TARGET).read();
        assertThat(kept.set().endpoints()).containsExactly(A, B);
        assertThat(kept.configuration()).as("there is none, and that was good").isEmpty();
    }

    @Test
    void aBadConfigurationAfterAnAnswerWithoutOneIsNotKept() {
        ScriptedResolver source = start();
        source.push(A);
        source.configure("{\"policy\":7}");
        assertThat(recorder.configurations)
                .as("told, with what holds before it")
                .endsWith("{\"policy\":7}");
        source.push(A, B);
        time.advance(Duration.ofSeconds(2));
        source.close();
        start().fail(new IOException("down"));
        assertThat(recorder.last().endpoints()).containsExactly(A, B);
        assertThat(recorder.configurations).doesNotContain("{\"policy\":7}");
    }

    @Test
    void aGoodConfigurationIsGivenOnceAlsoWhenABadOneFollows() {
        ScriptedResolver source = start();
        source.configure("{\"policy\":\"random\"}");
        source.push(A);
        source.configure("{\"policy\":7}");
        assertThat(recorder.configurations).containsExactly("{\"policy\":\"random\"}", "{\"policy\":7}");
    }

    @Test
    void aConfigurationThatTheSourceTookBackIsNotKept() {
        stored();
        ScriptedResolver source = start();
        source.configure("{\"policy\":\"least_request\"}");
        source.push(A);
        time.advance(Duration.ofSeconds(2));
        source.configure("");
        time.advance(Duration.ofSeconds(2));
        start().fail(new IOException("down"));
        assertThat(recorder.resolution().configuration().text()).isEmpty();
        assertThat(recorder.configurations).isEmpty();
    }

    @Test
    void aStoredConfigurationThatTheSourceHasDroppedDoesNotComeBackWithAnOutage() {
        stored();
        ScriptedResolver source = start();
        source.fail(new IOException("down"));
        assertThat(recorder.resolution().configuration().text()).isEqualTo("{\"policy\":\"random\"}");
        source.push(A);
        assertThat(recorder.resolution().configuration().configures()).isFalse();
        source.fail(new IOException("down again"));
        assertThat(recorder.resolution().configuration().configures()).isFalse();
    }

    @Test
    void whatWasStoredServesOnWhileTheSourceHasNeitherAnErrorNorAnAnswer() {
        stored();
        ScriptedResolver source = start();
        source.fail(new IOException("down"));
        source.publish(Resolution.NONE);
        assertThat(recorder.resolution().endpoints()).isNotNull();
        assertThat(recorder.resolution().configuration().text()).isEqualTo("{\"policy\":\"random\"}");
    }

    @Test
    void aSilentSourceHasASecondBeforeTheStoredSetServes() {
        stored();
        start();
        time.advance(Duration.ofMillis(999));
        assertThat(recorder.sets).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(recorder.last().stale()).isTrue();
    }

    @Test
    void theStoredSetIsNotSeenWhenTheSourceAnswers() {
        stored();
        ScriptedResolver source = start();
        source.push(A);
        source.fail(new IOException("later"));
        time.advance(Duration.ofMinutes(1));
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.last().stale()).isFalse();
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void theFirstAnswerReplacesTheStoredSet() {
        stored();
        ScriptedResolver source = start();
        source.fail(new IOException("down"));
        source.push(A);
        assertThat(recorder.last().endpoints()).containsExactly(A);
        assertThat(recorder.last().stale()).isFalse();
    }

    @Test
    void errorsArePassedOnWithoutAFileToo() {
        ScriptedResolver source = start();
        source.fail(new IOException("down"));
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void aFileTornAtAnyByteIsIgnored() throws Exception {
        stored();
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += 7) {
            Files.write(file, Arrays.copyOf(whole, length));
            ScriptedResolver source = start();
            source.fail(new IOException("down"));
            assertThat(recorder.sets)
                    .as("cut at %s of %s", length, whole.length)
                    .isEmpty();
        }
    }

    @Test
    void anEditedFileIsIgnored() throws Exception {
        stored();
        Files.writeString(file, Files.readString(file).replace("10.0.0.1", "10.0.0.7"));
        start().fail(new IOException("down"));
        assertThat(recorder.sets).isEmpty();
    }

    @Test
    void theFileOfAnotherTargetIsIgnored() throws Exception {
        stored();
        ScriptedResolver other = new ScriptedResolver();
        Resolvers.lastGood(other, "k8s:///shop/users:grpc", file, env).start(recorder);
        other.fail(new IOException("down"));
        assertThat(recorder.sets).isEmpty();
        assertThat(refusal("k8s:///shop/users:grpc"))
                .isEqualTo("is of the target 'k8s:///shop/orders:grpc', expected 'k8s:///shop/users:grpc'");
    }

    @Test
    void theFileOfALaterFormatAndAForeignFileAreIgnored() throws Exception {
        stored();
        Files.writeString(file, Files.readString(file).replace("zerohop-last-good/v1", "zerohop-last-good/v2"));
        assertThat(refusal(TARGET)).isEqualTo("begins with 'zerohop-last-good/v2', expected zerohop-last-good/v1");
        Files.writeString(file, "\u0000\u0001PNG");
        assertThat(refusal(TARGET)).endsWith("expected zerohop-last-good/v1");
        start().fail(new IOException("down"));
        assertThat(recorder.sets).isEmpty();
    }

    private String refusal(String target) {
        try {
            return String.valueOf(new LastGoodFile(file, target).read());
        } catch (IOException refused) {
            return refused.getMessage();
        }
    }

    @Test
    void anIgnoredFileIsReplacedByTheNextGoodSet() throws Exception {
        Files.createDirectories(file.getParent());
        Files.write(file, "torn".getBytes(StandardCharsets.UTF_8));
        start().push(A);
        assertThat(new LastGoodFile(file, TARGET).read().set().endpoints()).containsExactly(A);
    }

    @Test
    void changesWithinASecondAreWrittenTogether() throws Exception {
        ScriptedResolver source = start();
        source.push(A);
        Files.delete(file);
        source.push(B);
        source.push(A, B);
        assertThat(file).doesNotExist();
        time.advance(Duration.ofSeconds(1));
        assertThat(new LastGoodFile(file, TARGET).read().set().endpoints()).containsExactly(A, B);
    }

    @Test
    void theFileIsReplacedInOneStepAndNothingIsLeftBeside() throws Exception {
        ScriptedResolver source = start();
        source.push(A);
        Object inode = Files.getAttribute(file, "unix:ino");
        time.advance(Duration.ofSeconds(2));
        source.push(A, B);
        assertThat(Files.getAttribute(file, "unix:ino")).isNotEqualTo(inode);
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void anUnchangedSetIsWrittenAgainOnceAMinuteSoThatItsAgeIsTrue() throws Exception {
        ManualResolver source = new ManualResolver("source", env);
        try (Resolver kept = Resolvers.lastGood(source, TARGET, file, env)) {
            kept.start(recorder);
            source.set(List.of(A));
            Instant first = new LastGoodFile(file, TARGET).read().set().asOf();
            for (int i = 0; i < 59; i++) {
                time.advance(Duration.ofSeconds(1));
                source.set(List.of(A));
            }
            assertThat(new LastGoodFile(file, TARGET).read().set().asOf()).isEqualTo(first);
            time.advance(Duration.ofSeconds(1));
            source.set(List.of(A));
            assertThat(new LastGoodFile(file, TARGET).read().set().asOf()).isEqualTo(time.now());
            assertThat(recorder.confirmations).hasSize(60);
        }
    }

    @Test
    void aStaleOrEmptySetIsNotKept() throws Exception {
        ScriptedResolver source = start();
        source.push(A);
        time.advance(Duration.ofSeconds(2));
        source.push();
        source.push(EndpointSet.builder("x").endpoints(List.of(B)).stale(true).build());
        time.advance(Duration.ofMinutes(5));
        assertThat(new LastGoodFile(file, TARGET).read().set().endpoints()).containsExactly(A);
    }

    @Test
    void aChangeThatWaitsIsWrittenAtTheClose() throws Exception {
        ScriptedResolver source = new ScriptedResolver();
        try (Resolver kept = Resolvers.lastGood(source, TARGET, file, env)) {
            kept.start(recorder);
            source.push(A);
            source.push(A, B);
        }
        assertThat(new LastGoodFile(file, TARGET).read().set().endpoints()).containsExactly(A, B);
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void aDirectoryThatCannotBeMadeDisturbsNobody() throws Exception {
        Files.writeString(directory.resolve("made"), "a file where the directory should be");
        ScriptedResolver source = start();
        source.push(A);
        time.advance(Duration.ofSeconds(2));
        source.push(B);
        assertThat(recorder.last().endpoints()).containsExactly(B);
        assertThat(recorder.errors).isEmpty();
        Files.delete(directory.resolve("made"));
        source.push(A, B);
        time.advance(Duration.ofSeconds(2));
        assertThat(new LastGoodFile(file, TARGET).read().set().endpoints()).containsExactly(A, B);
    }

    @Test
    void eachTimeThatTheFileCannotBeWrittenIsLoggedOnceUntilItCan() throws Exception {
        Path obstacle = directory.resolve("made");
        ScriptedResolver source = start();
        for (int i = 0; i < 2; i++) {
            Files.writeString(obstacle, "a file where the directory should be");
            List<String> lines = LoggedLines.during(() -> {
                for (Endpoint endpoint : List.of(A, B)) {
                    source.push(endpoint);
                    time.advance(Duration.ofSeconds(2));
                }
            });
            assertThat(lines).singleElement().asString().contains("the last good set cannot be kept in");
            Files.delete(obstacle);
            source.push(A, B);
            time.advance(Duration.ofSeconds(2));
            Files.delete(file);
            Files.delete(obstacle);
        }
    }

    @Test
    void theListenerNeverWaitsForTheDisk() {
        Queue<Runnable> blocking = new ArrayDeque<>();
        Env busy = new Env(time, ScriptedDice.seeded(1), blocking::add);
        ScriptedResolver source = new ScriptedResolver();
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        source.push(B);
        source.shards(5);
        source.push(A);
        assertThat(recorder.sets).hasSize(2);
        assertThat(file).doesNotExist();
        assertThat(blocking).hasSize(2);
    }

    private static Endpoint owner(int ordinal) {
        return Endpoint.builder("10.0.1." + ordinal, 1)
                .id("orders-" + ordinal)
                .ordinal(ordinal)
                .build();
    }

    /** A process that has seen the ordinals 0 to 2 and, perhaps, 2 go; nothing states how many there are. */
    private void storedOrdinals(EndpointSet.Removals removals, boolean missedBefore) {
        ScriptedResolver source = new ScriptedResolver().asOf(THEN).removals(removals);
        try (Resolver before = Resolvers.lastGood(source, TARGET, file, env)) {
            before.start(new ResolutionRecorder());
            source.push(owner(0), owner(1), owner(2));
            if (missedBefore) {
                source.push(owner(0), owner(1));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"MEANT, true", "MEANT, false", "GUARDED, true", "GUARDED, false"})
    void aProcessKnowsTheOrdinalsOfTheOneBeforeIt(EndpointSet.Removals removals, boolean missedBefore) {
        storedOrdinals(removals, missedBefore);
        ScriptedResolver source = new ScriptedResolver().removals(removals);
        try (Balancer balancer = Balancer.builder("orders")
                .env(env)
                .resolver(Resolvers.lastGood(source, TARGET, file, env))
                .settings(BalancerSettings.of(Pickers.shard()))
                .build()) {
            balancer.start();
            source.push(owner(0), owner(1));
            assertThat(balancer.current().snapshot().missingOrdinals())
                    .containsExactly(new MissingOrdinal(2, "orders-2", THEN));
            source.push(owner(0), owner(1), owner(2));
            assertThat(balancer.current().snapshot().missingOrdinals()).isEmpty();
        }
    }

    @Test
    void theStoredSetIsServedWithItsMissingOrdinals() {
        storedOrdinals(EndpointSet.Removals.GUARDED, true);
        start().fail(new IOException("down"));
        assertThat(recorder.last().missingOrdinals()).containsExactly(new MissingOrdinal(2, "orders-2", THEN));
    }

    /** Calls made between the answer and the file would be placed by a number that the file corrects. */
    @Test
    void aSetOfOrdinalsWithoutANumberWaitsForTheFile() {
        storedOrdinals(EndpointSet.Removals.GUARDED, false);
        Queue<Runnable> blocking = new ArrayDeque<>();
        Env busy = new Env(time, ScriptedDice.seeded(1), blocking::add);
        ScriptedResolver source = new ScriptedResolver();
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        source.push(owner(0), owner(1));
        assertThat(recorder.sets).isEmpty();
        blocking.remove().run();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.last().stale()).isFalse();
        assertThat(recorder.last().missingOrdinals()).containsExactly(new MissingOrdinal(2, "orders-2", THEN));
    }

    @Test
    void aDiskThatHangsKeepsASetWaitingForASecondAtTheMost() {
        storedOrdinals(EndpointSet.Removals.GUARDED, false);
        Queue<Runnable> blocking = new ArrayDeque<>();
        Env busy = new Env(time, ScriptedDice.seeded(1), blocking::add);
        ScriptedResolver source = new ScriptedResolver();
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        source.push(owner(0), owner(1));
        time.advance(LastGoodResolver.HEAD_START);
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.last().missingOrdinals()).isEmpty();
        blocking.remove().run();
        assertThat(recorder.sets).as("late is better than never").hasSize(2);
        assertThat(recorder.last().missingOrdinals()).hasSize(1);
        assertThat(recorder.last().endpoints()).hasSize(2);
    }

    @Test
    void anErrorDoesNotOvertakeTheSetThatWaits() {
        storedOrdinals(EndpointSet.Removals.GUARDED, false);
        Env busy = new Env(time, ScriptedDice.seeded(1), new ArrayDeque<Runnable>()::add);
        ScriptedResolver source = new ScriptedResolver();
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        source.push(owner(0), owner(1));
        source.fail(new IOException("later"));
        assertThat(recorder.errors).isEmpty();
        time.advance(LastGoodResolver.HEAD_START);
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void aFileThatIsReadLaterThanTheSourceAnswersIsNotServed() {
        stored();
        Queue<Runnable> blocking = new ArrayDeque<>();
        Env busy = new Env(time, ScriptedDice.seeded(1), blocking::add);
        ScriptedResolver source = new ScriptedResolver();
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        source.push(B);
        blocking.remove().run();
        source.fail(new IOException("down"));
        time.advance(Duration.ofSeconds(2));
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.last().endpoints()).containsExactly(B);
    }

    @Test
    void aStoredConfigurationEndsWhenTheSourceAnswersAndConfiguresNothing() {
        stored();
        ScriptedResolver source = start();
        source.fail(new IOException("down"));
        assertThat(recorder.configurations).containsExactly("{\"policy\":\"random\"}");
        source.push(A);
        assertThat(recorder.configurations).containsExactly("{\"policy\":\"random\"}", "");
        source.push(A, B);
        assertThat(recorder.configurations).hasSize(2);
    }

    @Test
    void aStoredConfigurationGivesWayToThatOfTheSource() {
        stored();
        ScriptedResolver source = start();
        source.fail(new IOException("down"));
        source.configure("{\"policy\":\"round_robin\"}");
        source.push(A);
        assertThat(recorder.configurations).containsExactly("{\"policy\":\"random\"}", "{\"policy\":\"round_robin\"}");
    }

    private static EndpointSet named(String source, EndpointSet.Removals removals, int... ordinals) {
        return EndpointSet.builder(source)
                .endpoints(Arrays.stream(ordinals)
                        .mapToObj(LastGoodResolverTest::owner)
                        .toList())
                .removals(removals)
                .asOf(THEN)
                .build();
    }

    /** A source may begin with a set that it cannot vouch for: what the file knows of ordinals outlives that one too. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStaleFirstSetDoesNotLoseTheOrdinalsOfTheFile(boolean fileIsLate) {
        storedOrdinals(EndpointSet.Removals.GUARDED, true);
        Queue<Runnable> reads = new ArrayDeque<>();
        ScriptedResolver source = new ScriptedResolver();
        Env slow = new Env(time, ScriptedDice.seeded(1), reads::add);
        try (Resolver resolver = Resolvers.lastGood(source, TARGET, file, slow)) {
            resolver.start(recorder);
            if (!fileIsLate) {
                reads.remove().run();
            }
            EndpointSet first = named("scripted", EndpointSet.Removals.GUARDED, 0, 1);
            source.push(first.asStale());
            if (fileIsLate) {
                time.advance(LastGoodResolver.HEAD_START);
                assertThat(recorder.sets).hasSize(1);
                reads.remove().run();
            }
            assertThat(recorder.last().stale()).isTrue();
            assertThat(recorder.last().missingOrdinals())
                    .extracting(MissingOrdinal::ordinal)
                    .containsExactly(2);
            source.push(first);
            assertThat(recorder.last().stale()).isFalse();
            assertThat(recorder.last().missingOrdinals())
                    .extracting(MissingOrdinal::ordinal)
                    .containsExactly(2);
            reads.forEach(Runnable::run);
        }
        ResolutionRecorder next = new ResolutionRecorder();
        ScriptedResolver down = new ScriptedResolver();
        try (Resolver resolver = Resolvers.lastGood(down, TARGET, file, env)) {
            resolver.start(next);
            down.fail(new IOException("down"));
            assertThat(next.last().missingOrdinals())
                    .as("the next process knows it too")
                    .hasSize(1);
        }
    }

    /** An alias may lead to a service that cannot be read at that moment; the ordinals of the one before are not its own. */
    @Test
    void theOrdinalsOfASourceThatWasReplacedOnPurposeDoNotComeBack() {
        ScriptedResolver source = start();
        source.push(named("one", EndpointSet.Removals.GUARDED, 0, 1, 2));
        source.push(named("other", EndpointSet.Removals.MEANT, 0, 1).asStale());
        assertThat(recorder.last().missingOrdinals()).isEmpty();
        source.push(named("other", EndpointSet.Removals.GUARDED, 0, 1));
        assertThat(recorder.last().missingOrdinals()).isEmpty();
    }

    @Test
    void aLateFileAddsToAFreshSetThatAStaleOneFollowed() {
        storedOrdinals(EndpointSet.Removals.GUARDED, false);
        Queue<Runnable> reads = new ArrayDeque<>();
        ScriptedResolver source = new ScriptedResolver();
        Env slow = new Env(time, ScriptedDice.seeded(1), reads::add);
        Resolvers.lastGood(source, TARGET, file, slow).start(recorder);
        EndpointSet first = named("scripted", EndpointSet.Removals.GUARDED, 0, 1);
        source.push(first);
        time.advance(LastGoodResolver.HEAD_START);
        // The source fails: its set is the same, no longer vouched for.
        source.push(first.asStale());
        while (!reads.isEmpty()) {
            reads.remove().run();
        }
        assertThat(recorder.last().stale()).isTrue();
        assertThat(recorder.last().missingOrdinals()).hasSize(1);
        // Nothing new is said by the source; what the file added is kept all the same.
        time.advance(LastGoodResolver.DEBOUNCE);
        while (!reads.isEmpty()) {
            reads.remove().run();
        }
        ResolutionRecorder next = new ResolutionRecorder();
        ScriptedResolver down = new ScriptedResolver();
        Resolvers.lastGood(down, TARGET, file, env).start(next);
        down.fail(new IOException("down"));
        assertThat(next.last().missingOrdinals()).hasSize(1);
        source.push(first);
        assertThat(recorder.last().missingOrdinals()).hasSize(1);
    }

    @Test
    void aConfirmedSetWasLastSeenWhenItWasConfirmed() {
        ScriptedResolver source = start();
        source.push(named("scripted", EndpointSet.Removals.GUARDED, 0, 1));
        source.confirm(THEN.plusSeconds(60));
        source.push(named("scripted", EndpointSet.Removals.GUARDED, 0));
        assertThat(recorder.last().missingOrdinals())
                .containsExactly(new MissingOrdinal(1, "orders-1", THEN.plusSeconds(60)));
    }

    @Test
    void aSetThatStatesItsNumberWaitsForNoFile() {
        storedOrdinals(EndpointSet.Removals.GUARDED, false);
        ScriptedResolver source = new ScriptedResolver().shards(2);
        Env busy = new Env(time, ScriptedDice.seeded(1), new ArrayDeque<Runnable>()::add);
        Resolvers.lastGood(source, TARGET, file, busy).start(recorder);
        source.push(owner(0), owner(1));
        assertThat(recorder.sets).hasSize(1);
    }

    /** The source is silent: neither an answer nor an error. */
    @Test
    void aStartFromDiskIsStaleFromTheFirstMomentAndFreshWithTheFirstAnswer() {
        ScriptedResolver before = start();
        before.push(EndpointSet.builder("source")
                .endpoints(List.of(A, B))
                .asOf(THEN)
                .build());
        before.close();
        List<String> events = new ArrayList<>();
        ScriptedResolver silent = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .env(env)
                .resolver(Resolvers.lastGood(silent, TARGET, file, env))
                .settings(BalancerSettings.of(Pickers.roundRobin()))
                .listener(new BalancerListener() {
                    @Override
                    public void onStale(String service, Duration age, Throwable cause) {
                        events.add("stale for " + age.compareTo(Duration.ZERO) + ": " + cause.getMessage());
                    }

                    @Override
                    public void onMembership(String service, int members, int added, int removed, int held) {
                        events.add(members + " members");
                    }

                    @Override
                    public void onFresh(String service) {
                        events.add("fresh");
                    }
                })
                .build()) {
            balancer.start();
            time.advance(LastGoodResolver.HEAD_START);
            assertThat(events)
                    .containsExactly(
                            "stale for 1: " + TARGET + " has not vouched for its endpoints yet; they are as of " + THEN,
                            "2 members");
            assertThat(balancer.state().source().set().stale()).isTrue();
            assertThat(balancer.explain(PickContext.NONE).toString()).contains("stale: not vouched for yet");
            silent.push(EndpointSet.builder("source")
                    .endpoints(List.of(A, B))
                    .asOf(time.now())
                    .build());
            assertThat(events.subList(2, events.size())).startsWith("fresh").containsOnlyOnce("fresh");
            assertThat(balancer.state().source().set().stale()).isFalse();
            assertThat(balancer.explain(PickContext.NONE).toString()).doesNotContain("stale");
        }
    }
}

package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Env;
import dev.zerohop.LoggedLines;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.Target;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.Stages;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Policies, stages and sources of an application's own, on the class path of the thread that reads a configuration. */
class ProvidersTest {
    private final Thread thread = Thread.currentThread();
    private final ClassLoader before = thread.getContextClassLoader();

    @TempDir
    private Path directory;

    private record Mine(String name, int count, boolean keyed) implements PickPolicy {
        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return Pickers.random().newPicker(first, env);
        }
    }

    private record Noted(String name) implements Stage {
        @Override
        public Snapshot apply(Snapshot in, long nowNanos) {
            return in;
        }
    }

    /** Needs an option, so that it has no default. */
    public static final class Counted implements PolicyProvider {
        @Override
        public String name() {
            return "test.counted";
        }

        @Override
        public List<String> options() {
            return List.of("count", "inner");
        }

        @Override
        public PickPolicy read(Options options) {
            if (options.has("inner")) {
                return Pickers.read(options, "inner");
            }
            return new Mine(name(), options.integer("count", 1, 9), false);
        }
    }

    public static final class Plain implements PolicyProvider {
        @Override
        public String name() {
            return "test.plain";
        }

        @Override
        public PickPolicy read(Options options) {
            return new Mine(name(), 0, false);
        }
    }

    public static final class Keyed implements PolicyProvider {
        @Override
        public String name() {
            return "test.keyed";
        }

        @Override
        public PickPolicy read(Options options) {
            return new Mine(name(), 0, true);
        }
    }

    public static final class NotLoadable implements PolicyProvider {
        public NotLoadable() {
            throw new IllegalStateException("its library is not there");
        }

        @Override
        public String name() {
            return "test.never";
        }

        @Override
        public PickPolicy read(Options options) {
            throw new AssertionError();
        }
    }

    public static final class Capital implements PolicyProvider {
        @Override
        public String name() {
            return "Test Capital";
        }

        @Override
        public PickPolicy read(Options options) {
            throw new AssertionError();
        }
    }

    public static final class Faulty implements PolicyProvider {
        @Override
        public String name() {
            return "test.faulty";
        }

        @Override
        public PickPolicy read(Options options) {
            throw new IllegalStateException("a fault of its own");
        }
    }

    /** Would stand in for zerohop's. */
    public static final class SecondRandom implements PolicyProvider {
        @Override
        public String name() {
            return "random";
        }

        @Override
        public PickPolicy read(Options options) {
            return new Mine(name(), 0, false);
        }
    }

    public static final class LastByName implements StageProvider {
        @Override
        public String name() {
            return "zz";
        }

        @Override
        public Stage read(Options options) {
            return new Noted(name());
        }
    }

    public static final class FirstByName implements StageProvider {
        @Override
        public String name() {
            return "a.first";
        }

        @Override
        public Stage read(Options options) {
            return new Noted(name());
        }
    }

    public static final class Pigeons implements ResolverProvider {
        @Override
        public String scheme() {
            return "pigeons";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            throw target.error(0, "no pigeon");
        }
    }

    public static final class SecondStatic implements ResolverProvider {
        @Override
        public String scheme() {
            return "static";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            throw new AssertionError();
        }
    }

    @BeforeEach
    void classPath() throws IOException {
        list(PolicyProvider.class, Counted.class, Plain.class, Keyed.class, Faulty.class);
        list(StageProvider.class, LastByName.class, FirstByName.class);
        list(ResolverProvider.class, Pigeons.class);
        thread.setContextClassLoader(
                new URLClassLoader(new URL[] {directory.toUri().toURL()}, before));
    }

    @AfterEach
    void restore() {
        thread.setContextClassLoader(before);
    }

    private void list(Class<?> service, Class<?>... providers) throws IOException {
        Path file = directory.resolve("META-INF/services").resolve(service.getName());
        Files.createDirectories(file.getParent());
        Files.write(file, List.of(providers).stream().map(Class::getName).toList());
    }

    private static PickPolicy policy(String json) {
        return Configurations.parse("{\"policy\": " + json + "}").policy();
    }

    @Test
    void aPolicyIsNamedAsOnesOwnAre() {
        assertThat(Pickers.names()).contains("test.plain", "test.counted", "random", "shard");
        assertThat(policy("\"test.plain\"")).isEqualTo(new Mine("test.plain", 0, false));
        assertThat(policy("{\"test.counted\": {\"count\": 3}}")).isEqualTo(new Mine("test.counted", 3, false));
        assertThat(Pickers.byName("test.plain")).isEqualTo(policy("{\"test.plain\": {}}"));
        thread.setContextClassLoader(before);
        assertThat(Pickers.names()).doesNotContain("test.plain");
    }

    @Test
    void aPolicyMayStandWhereverAConfigurationTakesOne() {
        assertThat(policy("{\"rendezvous\": {\"withoutKey\": \"test.plain\"}}"))
                .isEqualTo(Pickers.rendezvous(new Mine("test.plain", 0, false)));
        assertThat(policy("{\"shard\": {\"replicas\": {\"test.counted\": {\"count\": 2}}}}")
                        .toString())
                .contains("replicas Mine[name=test.counted, count=2");
        assertThat(policy("{\"directory\": {\"missing\": \"test.keyed\"}}").toString())
                .contains("missing Mine[name=test.keyed");
        assertThat(policy("{\"test.counted\": {\"inner\": {\"rendezvous\": {\"withoutKey\": \"random\"}}}}"))
                .isEqualTo(Pickers.rendezvous(Pickers.random()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '~',
            value = {
                "\"test.counted\" => policy[\"test.counted\"].count: was null, expected an integer from 1 to 9",
                "{\"test.counted\": {\"count\": 10}} => policy[\"test.counted\"].count: was 10, expected an integer from 1 to 9",
                "{\"test.counted\": {\"cout\": 1}} => policy[\"test.counted\"].cout: was 1, expected the field count: known are count, inner",
                "\"test.faulty\" => policy[\"test.faulty\"]: its provider failed: java.lang.IllegalStateException: a fault of its own",
            })
    void whatAProviderRejectsIsRejectedWithItsPath(String json, String message) {
        assertThatThrownBy(() -> policy(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void whereNoKeyIsNeededAPolicyWithOneIsRejected() {
        assertThatThrownBy(() -> policy("{\"rendezvous\": {\"withoutKey\": \"test.keyed\"}}"))
                .hasMessageStartingWith(
                        "policy.rendezvous.withoutKey: was \"test.keyed\", expected FAIL or the name of a policy that needs no key (")
                .hasMessageContaining(", test.counted, test.faulty, test.plain, ");
        assertThatThrownBy(() -> policy("{\"test.counted\": {\"inner\": \"nosuch\"}}"))
                .hasMessageStartingWith("policy[\"test.counted\"].inner: was \"nosuch\", expected one of ")
                .hasMessageEndingWith("; no library on the class path has a PolicyProvider of that name");
    }

    @Test
    void oneThatCannotBeUsedBreaksNoOther() throws IOException {
        list(PolicyProvider.class, NotLoadable.class, Capital.class, Plain.class);
        Files.writeString(
                directory.resolve("META-INF/services").resolve(PolicyProvider.class.getName()),
                "\ncom.example.Gone\n",
                java.nio.file.StandardOpenOption.APPEND);
        assertThat(policy("\"test.plain\"").name()).isEqualTo("test.plain");
        assertThat(policy("\"shard\"").name()).isEqualTo("shard");
        assertThatThrownBy(() -> policy("\"test.never\""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "; no library on the class path has a PolicyProvider of that name (these could not be used: ")
                .hasMessageContaining(NotLoadable.class.getName())
                .hasMessageContaining("com.example.Gone not found")
                .hasMessageContaining(Capital.class.getName() + " has the name 'Test Capital', expected [a-z]");
    }

    /** Each configuration that arrives looks for providers. */
    @Test
    void oneThatCannotBeUsedIsLoggedOnce() throws IOException {
        Files.writeString(
                directory.resolve("META-INF/services").resolve(PolicyProvider.class.getName()),
                "com.example.LoggedOnce\n");
        assertThat(LoggedLines.during(() -> {
                    for (int i = 0; i < 3; i++) {
                        policy("\"shard\"");
                    }
                }))
                .filteredOn(line -> line.contains("a PolicyProvider cannot be used and is passed over"))
                .singleElement()
                .asString()
                .contains("com.example.LoggedOnce");
    }

    @Test
    void aNameOfTwoStandsForNeither() throws IOException {
        list(PolicyProvider.class, SecondRandom.class, Plain.class);
        assertThat(policy("\"test.plain\"").name()).isEqualTo("test.plain");
        assertThat(Configurations.parse("{}")).isEqualTo(Configurations.defaults());
        assertThatThrownBy(() -> policy("\"random\""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the name 'random' is that of 2 providers, expected one on the class path: ")
                .hasMessageContaining(Pickers.random().getClass().getName() + " in file:")
                .hasMessageContaining(SecondRandom.class.getName() + " in file:");
    }

    @Test
    void stagesComeAfterTheHealthFilterAndBeforeTheZoneByName() {
        BalancerSettings settings =
                Configurations.parse("{\"stages\": {\"zz\": {}, \"zone\": {\"prefer\": \"ANY\"}, \"a.first\": {}}}");
        assertThat(settings.stages()).extracting(Stage::name).containsExactly("health", "a.first", "zz", "zone");
        assertThat(Configurations.parse(
                        Map.of("stages", Map.of("a.first", Map.of(), "zone", Map.of("prefer", "ANY"), "zz", Map.of()))))
                .isEqualTo(settings);
        assertThat(Configurations.parse("{}").stages()).extracting(Stage::name).containsExactly("health", "zone");
        assertThat(Stages.names()).contains("a.first", "panic", "zone", "zz");
        assertThatThrownBy(() -> Configurations.parse("{\"stages\": {\"zz\": {\"a\": 1}}}"))
                .hasMessage("stages.zz.a: was 1, expected no field here");
    }

    @Test
    void aSourceIsFoundByItsScheme() throws IOException {
        assertThat(Target.schemes()).contains("pigeons", "static", "file");
        assertThatThrownBy(() -> Target.parse("pigeons:///roof").newResolver(Env.system()))
                .hasMessageContaining("no pigeon");
        list(ResolverProvider.class, SecondStatic.class);
        assertThatThrownBy(() -> Target.parse("static:///10.0.0.1:80").provider())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the name 'static' is that of 2 providers")
                .hasMessageContaining(SecondStatic.class.getName());
    }
}

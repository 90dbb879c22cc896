package dev.zerohop.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every input that is kept is still taken as it should be: no fuzzing, some seconds for all of them. */
class SeedsTest {

    static Stream<Arguments> inputs() {
        return Targets.ALL.stream()
                .flatMap(target -> Targets.inputs(target).stream()
                        .map(input -> Arguments.of(
                                target.getSimpleName(), input.getFileName().toString(), target, input)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("inputs")
    void everyInputIsTakenAsItShouldBe(String name, String file, Class<?> target, Path input) throws Throwable {
        Targets.run(target, Files.readAllBytes(input));
    }

    @Test
    void everyTargetHasSeedsAndEverySeedATarget() throws Exception {
        try (Stream<Path> directories = Files.list(Path.of("src/test/seeds"))) {
            assertThat(directories.map(directory -> directory.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(
                            Targets.ALL.stream().map(Class::getSimpleName).toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u001b[31m", "a\nb", "\u202e", "\u2028", "\u009b", "\ud83d", "\ude00 a"})
    void whatSteersIsFound(String text) {
        assertThatThrownBy(() -> Said.shown(text)).isInstanceOf(AssertionError.class);
    }

    @Test
    void whatIsLongIsFoundAndWhatIsPlainIsNot() {
        assertThatThrownBy(() -> Said.shown(
                        Input.of("{{long}}".getBytes(StandardCharsets.UTF_8)).text()))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> Said.by(new IllegalArgumentException())).isInstanceOf(AssertionError.class);
        Said.shown("orders-0 \u00e9 \ud83d\ude00");
        Said.by(new IllegalArgumentException("expected a name"));
    }
}

package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The demo holds; and each of its steps notices when what it shows is broken. */
class DemoTest {
    @TempDir
    private Path directory;

    @Test
    void theWholeStoryHoldsAndItsReportNeedsNothingBesideIt() throws IOException {
        Path report = directory.resolve("report.html");
        Cli.Result result = Cli.run("demo", "--output", "json", "--report", report.toString());
        Map<String, Object> story = JsonText.object(result.out());
        assertThat(story).as("%s", result.out()).containsEntry("held", true);
        assertThat(result.code()).isZero();
        List<Map<String, Object>> steps = JsonText.objects(story.get("steps"));
        assertThat(steps).hasSize(9).allSatisfy(step -> assertThat(step).containsEntry("held", true));
        String html = Files.readString(report);
        assertThat(html)
                .startsWith("<!doctype html>")
                .contains("<svg")
                .doesNotContain("src=", "@import", "<script", "<link");
        assertThat(html).contains("calls per second", "seconds", "orders-0", "What 99 % of the calls took at most");
        assertThat(html).contains(" \u2192 ").doesNotContain("-&gt;");
        // All plots but that one show calls per second, with their latencies beneath.
        assertThat(html.split("<figure>", -1)).hasSize(1 + 8 * 2 + 4);
        assertThat(html.split("class=\"note\">latency", -1)).hasSize(1 + 8 * 2 + 3);
    }

    static Stream<Arguments> eachStepNoticesWhenItIsBroken() {
        return Stream.of(
                broken(new SpreadStep(), new Sabotage("{\"policy\": \"rendezvous\"}").withKey()),
                broken(new ScaleStep(), new Sabotage(FileStory.WEIGHTED).frozen()),
                broken(new WeightsStep(), new Sabotage("{\"policy\": \"round_robin\"}")),
                broken(
                        new KilledStep(),
                        new Sabotage(
                                "{\"policy\": \"round_robin\", \"retry\": {\"maxAttempts\": 1}, \"health\": {\"ejection\":"
                                        + " {\"connectFailures\": 1000, \"consecutiveFailures\": 1000}}}")),
                broken(new SlowStep(), new Sabotage("{\"policy\": \"round_robin\"}")),
                broken(new ErrorsStep(), new Sabotage("{\"policy\": \"round_robin\"}")),
                broken(new ShardStep(), new Sabotage("{\"policy\": \"round_robin\"}")),
                broken(new SourceLostStep(), new Sabotage(FileStory.WEIGHTED).forgetful()),
                broken(new WhyStep(), new Sabotage("{\"policy\": \"rendezvous\"}").withKey()));
    }

    private static Arguments broken(DemoStep<FileWorld> step, Sabotage sabotage) {
        return Arguments.of(step.getClass().getSimpleName(), step, sabotage);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void eachStepNoticesWhenItIsBroken(String name, DemoStep<FileWorld> step, Sabotage sabotage)
            throws InterruptedException {
        DemoStep.Notes notes = new DemoStep.Notes();
        try (FileWorld world = new FileWorld(new DemoWorld.Opening(sabotage, () -> {}))) {
            step.play(world, notes);
        }
        assertThat(notes.checks()).isNotEmpty();
        assertThat(notes.held()).as("%s", notes.checks()).isFalse();
    }

    @Test
    void aStepThatChecksNothingDoesNotHold() {
        assertThat(new DemoStep.Notes().held()).isFalse();
    }

    /** The real callers, made to do what a step is there to rule out. */
    private record Sabotage(String configuration, boolean keyed, boolean freezes, boolean forgets) implements Callers {
        Sabotage(String configuration) {
            this(configuration, false, false, false);
        }

        /** Gives every call the same key. */
        Sabotage withKey() {
            return new Sabotage(configuration, true, freezes, forgets);
        }

        /** Never learns of a change. */
        Sabotage frozen() {
            return new Sabotage(configuration, keyed, true, forgets);
        }

        /** Has no endpoint once its source is gone. */
        Sabotage forgetful() {
            return new Sabotage(configuration, keyed, freezes, true);
        }

        @Override
        public Caller grpc(Target target, Settings settings, long timeoutNanos, String method) {
            return around(
                    target,
                    new ZerohopCallers()
                            .grpc(source(target), Settings.parse("sabotage", configuration), timeoutNanos, method));
        }

        @Override
        public Caller http(Target target, Settings settings, long timeoutNanos, String path) {
            return around(
                    target,
                    new ZerohopCallers()
                            .http(source(target), Settings.parse("sabotage", configuration), timeoutNanos, path));
        }

        private Target source(Target target) {
            if (!freezes) {
                return target;
            }
            try {
                Path copy = Files.createTempFile("frozen", ".json");
                copy.toFile().deleteOnExit();
                Files.writeString(copy, Files.readString(Path.of("/" + target.path())));
                return Target.parse("file://" + copy);
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }

        private Caller around(Target target, Caller real) {
            Path file = Path.of("/" + target.path());
            return new Caller() {
                @Override
                public void awaitReady(long nanos) throws InterruptedException {
                    real.awaitReady(nanos);
                }

                @Override
                public void call(@Nullable EndpointSelector key, Consumer<CallResult> done) {
                    if (forgets && !Files.exists(file)) {
                        done.accept(new CallResult("NO_ENDPOINT", null, null, 0));
                    } else {
                        real.call(keyed ? EndpointSelector.of("same") : key, done);
                    }
                }

                @Override
                public @Nullable String unconfigured() {
                    return null;
                }

                @Override
                public @Nullable String unnumbered() {
                    return null;
                }

                @Override
                public void close() {
                    real.close();
                }
            };
        }
    }
}

package dev.zerohop.cli;

import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code zerohop demo}. */
@Command(
        name = "demo",
        description =
                "Starts real gRPC and HTTP servers in this process, calls them, and causes failures and changes. Each step is measured and"
                        + " checked; exit code 1 if one did not hold. Takes about 30 seconds, with --kubernetes about a minute.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class DemoCommand implements Callable<Integer> {
    private final Console console;
    private final Demo demo;

    @Option(
            names = "--kubernetes",
            description =
                    "demonstrate a StatefulSet: the same clients find the servers through a Kubernetes API server, which is a mock in this process")
    private boolean kubernetes;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "also write the steps with their plots as one HTML page")
    private @Nullable String report;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE})")
    private String output = "";

    DemoCommand(Console console, Callers callers) {
        this.console = console;
        this.demo = new Demo(callers, console);
    }

    @Override
    public Integer call() throws Exception {
        Output form = Output.parse(output, Output.TEXT, Output.JSON);
        Path file = report == null ? null : writable(report);
        try (DemoStory<?> story = kubernetes ? found("kubernetes") : new FileStory()) {
            return Interruptible.run(0, demo::stop, () -> play(story, form, file));
        }
    }

    private static DemoStory<?> found(String option) {
        for (DemoStory<?> story : ServiceLoader.load(DemoStory.class)) {
            if (story.option().equals(option)) {
                return story;
            }
        }
        throw new BadInput("--" + option
                + ": the class path has no such demo, expected the class path of ./zerohop demo --" + option);
    }

    private <W extends DemoWorld> int play(DemoStory<W> story, Output form, @Nullable Path file) {
        long begin = System.nanoTime();
        List<Demo.Result> results;
        try {
            results = demo.play(story, result -> {
                if (form == Output.TEXT) {
                    console.line(text(result));
                }
            });
        } catch (InterruptedException stopped) {
            throw new Failure("the demo was interrupted");
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        long held = results.stream().filter(result -> result.notes().held()).count();
        if (form == Output.JSON) {
            console.line(json(results, seconds));
        } else {
            console.line(String.format(Locale.ROOT, "%d of %d steps held, in %.1f s", held, results.size(), seconds));
        }
        if (file != null) {
            write(file, DemoReport.html(results, seconds));
            console.note("the report is in " + file);
        }
        return held == results.size() ? Main.OK : Main.FAILED;
    }

    private static Path writable(String report) {
        try {
            Path file = Path.of(report).toAbsolutePath();
            Path directory = file.getParent();
            Checks.that(
                    !Files.isDirectory(file)
                            && directory != null
                            && Files.isDirectory(directory)
                            && Files.isWritable(directory),
                    "--report",
                    report,
                    "a file in a directory that exists and can be written");
            return file;
        } catch (InvalidPathException malformed) {
            throw new BadInput("--report was '" + report + "', expected the path of a file: " + malformed.getReason());
        }
    }

    private static void write(Path file, String html) {
        try {
            Files.writeString(file, html);
        } catch (IOException full) {
            throw new Failure("the report could not be written to " + file + ": " + full.getMessage());
        }
    }

    private String text(Demo.Result result) {
        Table table = new Table("", "MEASURED", "EXPECTED", "HELD");
        for (DemoStep.Check check : result.notes().checks()) {
            table.row(check.what(), check.measured(), check.expected(), check.held() ? "yes" : "NO");
        }
        return result.number() + ". " + result.step().title() + "\n" + "   "
                + Console.wrap(result.step().story(), console.outColumns() - 4, "   ") + "\n\n" + table.render("   ")
                + "\n";
    }

    private static String json(List<Demo.Result> results, double seconds) {
        return JsonWriter.object(json -> {
            json.writeBooleanField(
                    "held", results.stream().allMatch(result -> result.notes().held()));
            Json.decimal(json, "seconds", seconds);
            json.writeArrayFieldStart("steps");
            for (Demo.Result result : results) {
                json.writeStartObject();
                json.writeNumberField("step", result.number());
                json.writeStringField("title", result.step().title());
                json.writeBooleanField("held", result.notes().held());
                json.writeArrayFieldStart("checks");
                for (DemoStep.Check check : result.notes().checks()) {
                    json.writeStartObject();
                    json.writeStringField("check", check.what());
                    json.writeStringField("measured", check.measured());
                    json.writeStringField("expected", check.expected());
                    json.writeBooleanField("held", check.held());
                    json.writeEndObject();
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }
}

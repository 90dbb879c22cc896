package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.zerohop.benchmarks.report.BarPlot.Bar;
import dev.zerohop.benchmarks.report.LinePlot.Panel;
import dev.zerohop.benchmarks.report.LinePlot.Series;
import dev.zerohop.benchmarks.report.Results.Key;
import dev.zerohop.benchmarks.report.Results.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/** The plots of a run. A part that was not measured has none. */
public final class Plots {
    /** What is compared with what; each library stands for one series. */
    private static final List<Rivals> PICKS = List.of(
            new Rivals(
                    "Round robin",
                    "zerohop round_robin",
                    "grpc round_robin",
                    "armeria round_robin",
                    "floor stripedCursor"),
            new Rivals(
                    "Weighted",
                    "zerohop weighted_round_robin",
                    "grpc weighted_round_robin",
                    "armeria weighted_round_robin"),
            new Rivals("By load", "zerohop least_request", "grpc least_request", "servicetalk p2c", "floor p2cPadded"));

    private static final List<Rivals> UPDATES = List.of(
            new Rivals("Round robin", "zerohop round_robin", "grpc round_robin", "armeria round_robin"),
            new Rivals(
                    "Weighted",
                    "zerohop weighted_round_robin",
                    "grpc weighted_round_robin",
                    "armeria weighted_round_robin"));

    private static final List<Rivals> LEASES = List.of(
            new Rivals("Weighted round robin", "zerohop weighted_round_robin"),
            new Rivals("Least request", "zerohop least_request", "finagle least_request"),
            new Rivals("Peak-EWMA", "zerohop peak_ewma", "finagle peak_ewma"));

    private final Results results;
    private final Map<String, String> pictures = new TreeMap<>();

    private record Rivals(String title, List<String> subjects) {
        Rivals(String title, String... subjects) {
            this(title, List.of(subjects));
        }
    }

    private Plots(Results results) {
        this.results = results;
    }

    /** Draws stored runs once more. Arguments: the directory for the pictures, then what {@link Results#of} reads. */
    public static void main(String[] arguments) throws IOException {
        Path[] sources = Stream.of(arguments).skip(1).map(Path::of).toArray(Path[]::new);
        write(Results.of(sources), Path.of(arguments[0]));
    }

    /** Writes the pictures of the parts that were measured and returns their files' names. */
    static List<String> write(Results results, Path folder) throws IOException {
        Map<String, String> pictures = of(results);
        Files.createDirectories(folder);
        for (Map.Entry<String, String> picture : pictures.entrySet()) {
            Files.writeString(folder.resolve(picture.getKey()), picture.getValue());
        }
        return List.copyOf(pictures.keySet());
    }

    /** The pictures by the names of their files. */
    static Map<String, String> of(Results results) {
        Plots plots = new Plots(results);
        plots.draw();
        return plots.pictures;
    }

    private void draw() {
        lines(
                "picks.svg",
                "What a pick costs",
                "Worker CPU nanoseconds, one thread; less is better.",
                "Pick",
                PICKS,
                results::cpuNanos);
        twoThreads();
        lines(
                "updates.svg",
                "One endpoint is added",
                "Wall microseconds to the published picker, median; less is better.",
                "Update",
                UPDATES,
                results::wall);
        lines(
                "acquire.svg",
                "What acquire and complete cost",
                "Worker CPU nanoseconds for both, one thread; less is better.",
                "Acquire",
                LEASES,
                results::cpuNanos);
        results.file("endtoend.json").ifPresent(measured -> endToEnd(measured.get("callsPerSecond")));
    }

    // ---- by the number of endpoints ----

    private void lines(
            String file,
            String title,
            String subtitle,
            String kind,
            List<Rivals> compared,
            Function<Key, Optional<Value>> cost) {
        List<Panel> panels = new ArrayList<>();
        for (Rivals rivals : compared) {
            List<Series> series = rivals.subjects().stream()
                    .map(subject -> series(kind, subject, cost))
                    .filter(found -> !found.costs().isEmpty())
                    .toList();
            if (!series.isEmpty()) {
                panels.add(new Panel(rivals.title(), series));
            }
        }
        if (!panels.isEmpty()) {
            pictures.put(file, new LinePlot(title, subtitle + " Logarithmic axes.", panels).svg());
        }
    }

    private Series series(String kind, String subject, Function<Key, Optional<Value>> cost) {
        SortedMap<Integer, Double> costs = new TreeMap<>();
        for (Key key : results.keys()) {
            if (key.kind().equals(kind) && key.threads() == 1 && isOf(key, subject)) {
                cost.apply(key).ifPresent(value -> costs.put(key.n(), value.value()));
            }
        }
        return new Series(Look.of(library(subject)), costs);
    }

    private static boolean isOf(Key key, String subject) {
        return (key.library() + " " + key.policy()).equals(subject);
    }

    private static String library(String subject) {
        return subject.substring(0, subject.indexOf(' '));
    }

    // ---- two threads ----

    private void twoThreads() {
        List<BarPlot.Group> groups = new ArrayList<>();
        for (Rivals rivals : PICKS) {
            List<Bar> bars = rivals.subjects().stream()
                    .flatMap(subject -> bar(subject).stream())
                    .toList();
            if (!bars.isEmpty()) {
                groups.add(new BarPlot.Group(rivals.title(), bars));
            }
        }
        if (!groups.isEmpty()) {
            String subtitle =
                    "Worker CPU nanoseconds for a pick among 100 endpoints while both threads pick; less is better.";
            pictures.put("picks-two-threads.svg", new BarPlot("Picks on two threads", subtitle, groups).svg());
        }
    }

    private Optional<Bar> bar(String subject) {
        Look look = Look.of(library(subject));
        return results.keys().stream()
                .filter(key -> key.kind().equals("Pick") && key.threads() == 2 && isOf(key, subject))
                .findFirst()
                .flatMap(results::cpuNanos)
                .map(value -> new Bar(look, look.label, value.value(), Report.cell(value)));
    }

    // ---- end to end ----

    private void endToEnd(JsonNode arms) {
        List<BarPlot.Group> groups = Stream.of(
                        group("gRPC, to grpc-java's own round robin", arms, "grpc round_robin", Look.GRPC, "grpc"),
                        group("HTTP, to OkHttp that calls one server", arms, "http fixed server", Look.OKHTTP, "http"))
                .flatMap(Optional::stream)
                .toList();
        if (!groups.isEmpty()) {
            String subtitle =
                    "Median of the paired runs and its interval; the call without zerohop is 1; more is better.";
            pictures.put("end-to-end.svg", new BarPlot("Calls per second on loopback", subtitle, groups).svg());
        }
    }

    private static Optional<BarPlot.Group> group(
            String title, JsonNode arms, String base, Look look, String transport) {
        if (!arms.has(base)) {
            return Optional.empty();
        }
        List<Bar> bars = new ArrayList<>();
        relative(arms, transport + " zerohop", base, Look.ZEROHOP).ifPresent(bars::add);
        bars.add(new Bar(look, look.label, 1, "1"));
        relative(arms, transport + " proxy", base, Look.PROXY).ifPresent(bars::add);
        return Optional.of(new BarPlot.Group(title, bars));
    }

    private static Optional<Bar> relative(JsonNode arms, String arm, String base, Look look) {
        if (!arms.has(arm)) {
            return Optional.empty();
        }
        Statistics.Median ratio = EndToEndReport.ratio(arms, arm, base);
        String figure = String.format(Locale.ROOT, "%.2f", ratio.value());
        return Optional.of(new Bar(look, look.label, ratio.value(), ratio.low(), ratio.high(), figure));
    }
}

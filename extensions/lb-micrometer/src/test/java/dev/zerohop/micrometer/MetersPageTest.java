package dev.zerohop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Outcome;
import dev.zerohop.monitor.Meter;
import dev.zerohop.monitor.Meters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The tables of docs/metrics.md, the table in the code, and what Prometheus gets, are the same. */
class MetersPageTest {
    private static String page() throws IOException {
        return Files.readString(Path.of("../../docs/metrics.md"));
    }

    /** As Prometheus names it. */
    private static String prometheus(Meter meter) {
        String name = meter.name().replace('.', '_');
        return switch (meter.type()) {
            case COUNTER -> name + "_total";
            case HISTOGRAM, TIMER -> name + "_seconds";
            case GAUGE ->
                switch (meter.unit()) {
                    case "s" -> name + "_seconds";
                    case "1" -> name + "_ratio";
                    default -> name;
                };
        };
    }

    private static String prometheusType(Meter meter) {
        return switch (meter.type()) {
            case COUNTER -> "counter";
            case HISTOGRAM -> "histogram";
            case TIMER -> "summary";
            case GAUGE -> "gauge";
        };
    }

    private static int series(Meter meter) {
        int combinations = 1;
        for (Meter.Tag tag : meter.tags()) {
            combinations *= Math.max(1, tag.values().size());
        }
        return combinations
                * switch (meter.type()) {
                    // And one for what is above all bounds, the count, the sum and the longest.
                    case HISTOGRAM -> Meters.BUCKETS.size() + 4;
                    case TIMER -> 3;
                    case COUNTER, GAUGE -> 1;
                };
    }

    private static String row(Meter meter) {
        String tags = meter.tags().stream().map(tag -> "`" + tag.key() + "`").collect(Collectors.joining(", "));
        return "| `" + meter.name() + "` | `" + prometheus(meter) + "` | " + prometheusType(meter) + " | "
                + (tags.isEmpty() ? "" : tags + " ") + "| " + series(meter) + " | " + meter.description() + " |";
    }

    private static String tagRow(Meter meter, Meter.Tag tag) {
        return "| `" + tag.key() + "` of `" + meter.name() + "` | "
                + tag.values().stream().map(value -> "`" + value + "`").collect(Collectors.joining(", ")) + " |";
    }

    @Test
    void thePageHasEveryMeterAndEveryValueOfItsTags() throws IOException {
        List<String> rows = new ArrayList<>();
        List<Meter> all = new ArrayList<>(Meters.perService());
        all.addAll(Meters.perEndpoint());
        all.forEach(meter -> rows.add(row(meter)));
        for (Meter meter : all) {
            for (Meter.Tag tag : meter.tags()) {
                if (!tag.values().isEmpty()) {
                    rows.add(tagRow(meter, tag));
                }
            }
        }
        List<String> onPage = page().lines()
                .filter(line -> line.startsWith("| `zerohop.") || line.matches("\\| `[a-z]+` of `zerohop.*"))
                .toList();
        assertThat(onPage).containsExactlyInAnyOrderElementsOf(rows);
    }

    private static String text(Duration bound) {
        boolean seconds = bound.compareTo(Duration.ofSeconds(1)) >= 0;
        String number = String.valueOf(bound.toNanos() / (seconds ? 1e9 : 1e6)).replaceAll("\\.0$", "");
        return number + (seconds ? " s" : " ms");
    }

    @Test
    void thePageHasTheBoundsOfTheBuckets() throws IOException {
        assertThat(page().replaceAll("\\s+", " "))
                .contains(Meters.BUCKETS.stream().map(MetersPageTest::text).collect(Collectors.joining(", ")));
    }

    @Test
    void prometheusGetsTheMetersOfThePageOfOneCallOfEachOutcome() {
        try (Rig rig = new Rig()) {
            Rig.Client client =
                    rig.client("orders", rig.metrics().endpointMeters().build());
            client.source.push(Rig.endpoint("a"), Rig.endpoint("b"));
            for (Outcome outcome : Outcome.values()) {
                client.call(outcome);
            }
            Scrape scrape = rig.scrape();
            Map<String, String> types = new TreeMap<>();
            List<Meter> all = new ArrayList<>(Meters.perService());
            all.addAll(Meters.perEndpoint());
            for (Meter meter : all) {
                String name = prometheus(meter);
                types.put(name, prometheusType(meter));
                if (meter.type() == Meter.Type.HISTOGRAM || meter.type() == Meter.Type.TIMER) {
                    types.put(name + "_max", "gauge");
                }
                Set<String> keys = new TreeSet<>(Set.of(Meter.SERVICE));
                meter.tags().forEach(tag -> keys.add(tag.key()));
                assertThat(scrape.keys(name)).as(name).isEqualTo(keys);
            }
            assertThat(scrape.types()).isEqualTo(types);
            for (Outcome outcome : Outcome.values()) {
                if (outcome != Outcome.LEAKED) {
                    assertThat(scrape.value("zerohop_attempts_seconds_count", "outcome", Meters.value(outcome)))
                            .as("%s", outcome)
                            .isEqualTo(1);
                }
            }
            assertThat(scrape.has("zerohop_attempts_seconds_count", "outcome", "leaked"))
                    .isFalse();
        }
    }

    @Test
    void theSeriesOfAServiceAreThoseOfThePage() {
        int expected =
                Meters.perService().stream().mapToInt(MetersPageTest::series).sum();
        assertThat(expected).isLessThanOrEqualTo(250);
        try (Rig rig = new Rig()) {
            Rig.Client client = rig.client("orders", rig.metrics().build());
            client.source.push(Rig.endpoints(0, 1_000));
            for (int i = 0; i < 2_000; i++) {
                client.call(Outcome.SUCCESS);
            }
            rig.time.advance(Duration.ofMinutes(1));
            assertThat(rig.scrape().samples()).hasSize(expected);
        }
    }
}

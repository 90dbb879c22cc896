package dev.zerohop.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.benchmarks.report.Results.Key;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    private static final Key PICK = new Key("Pick", "zerohop", "random", 10, 1);
    private static final Key UPDATE = new Key("Update", "zerohop", "random", 1_000, 1);

    @TempDir
    Path directory;

    @Test
    void readsTheDirectoryOfARun() throws IOException {
        Results results = new StoredRun()
                .cpu("zerohop.Pick.pick", "random", 10, 1, 3.5)
                .cpu("zerohop.Pick.pick", "random", 10, 1, 3.25)
                .wall("zerohop.Update.add", "random", 1_000, 40)
                .wall("zerohop.Update.add", "random", 1_000, 60)
                .file("fairness.json", "[]")
                .in(directory);

        assertThat(results.keys()).containsExactlyInAnyOrder(PICK, UPDATE);
        assertThat(results.cpuNanos(PICK).orElseThrow().value()).isEqualTo(3.25);
        assertThat(results.wall(UPDATE).orElseThrow().value()).isEqualTo(50);
        assertThat(results.file("fairness.json")).isPresent();
        assertThat(results.file("etcd.json")).isEmpty();
    }

    @Test
    void withoutCpuTimeThereIsNone() throws IOException {
        Results results =
                new StoredRun().wall("zerohop.Update.add", "random", 1_000, 40).in(directory);

        assertThat(results.cpuNanos(UPDATE)).isEmpty();
    }

    @Test
    void aFileOfALaterStoredRunTakesThePlaceOfTheEarlierOne() throws IOException {
        Path first = directory.resolve("first.json");
        Path second = directory.resolve("second.json");
        new StoredRun().cpu("zerohop.Pick.pick", "random", 10, 1, 3.5).bundle(first);
        new StoredRun().cpu("zerohop.Pick.pick", "random", 10, 1, 4.5).bundle(second);

        assertThat(Results.of(first, second).cpuNanos(PICK).orElseThrow().value())
                .isEqualTo(4.5);
    }

    @Test
    void aDirectoryWithNothingInItIsARunThatMeasuredNothing() throws IOException {
        assertThat(Results.of(directory).keys()).isEmpty();
    }
}

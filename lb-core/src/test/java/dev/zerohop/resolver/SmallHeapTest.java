package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.internal.Xxh64Checksum;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.CheckedInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A file of far more endpoints than a set may have is a clear error to a process whose memory it would fill, and which keeps its last good set. */
class SmallHeapTest {
    private static final int MEGABYTES = 64;
    private static final String TOO_MANY = "endpoints had more than 200000 elements, expected at most so many";

    @TempDir
    Path directory;

    private String answerOf(Class<?> program, Path file) throws Exception {
        Path out = directory.resolve("out");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + MEGABYTES + "m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            boolean ended = process.waitFor(2, TimeUnit.MINUTES);
            assertThat(ended).as(() -> text(out)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return text(out);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** A million endpoints, some 42 MB; of them a set may have a fifth. */
    private static void writeAMillion(Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.US_ASCII)) {
            out.write("{\"endpoints\":[\n");
            for (int i = 0; i < 1_000_000; i++) {
                out.write((i == 0 ? "" : ",\n") + "{\"host\":\"10." + (i >> 16 & 0xFF) + "." + (i >> 8 & 0xFF) + "."
                        + (i & 0xFF) + "\",\"port\":8080}");
            }
            out.write("]}");
        }
    }

    @Test
    void anEndpointsFileThatBecomesAMillionEndpoints() throws Exception {
        Path file = directory.resolve("endpoints.json");
        Files.writeString(file, "{\"endpoints\":[{\"host\":\"10.0.0.1\",\"port\":8080}]}");
        writeAMillion(directory.resolve("endpoints.json.next"));
        assertThat(answerOf(Follower.class, file))
                .contains("good: [10.0.0.1:8080]")
                .contains("error: java.io.IOException: file " + file + ": " + TOO_MANY)
                .contains("last good: [10.0.0.1:8080]")
                .doesNotContain("OutOfMemory");
    }

    /** What is wrong with a shard map is rejected where it stands, before the rest of it fills the memory. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"x\":[ | [{},{},{},{},{}] | ]} | shards.x is not known",
                "{\"count\":3,\"firstOrdinal\":[ | [{},{},{},{},{}] | ]} | shards.firstOrdinal: was a list",
                "{\"strategy\":\"ranges\",\"ranges\":[ | {\"from\":{\"x\":[{},{}]}} | ]} | shards.ranges[0].from: was an object",
            })
    void aShardMapOfNothingButGarbage(String begin, String element, String end, String problem) throws Exception {
        Path file = directory.resolve("endpoints.json");
        Files.writeString(file, "{\"endpoints\":[{\"host\":\"10.0.0.1\",\"port\":8080}]}");
        try (BufferedWriter out =
                Files.newBufferedWriter(directory.resolve("endpoints.json.next"), StandardCharsets.US_ASCII)) {
            out.write("{\"endpoints\":[],\"shards\":" + begin + element);
            for (int i = 0; i < 2_000_000; i++) {
                out.write("," + element);
            }
            out.write(end + "}");
        }
        assertThat(answerOf(Follower.class, file))
                .contains("error: java.io.IOException: file " + file + ": " + problem)
                .doesNotContain("OutOfMemory");
    }

    /** Prints what a listener receives of a file, which it replaces once it has been read. */
    static final class Follower {
        public static void main(String[] arguments) {
            Path file = Path.of(arguments[0]);
            Resolver resolver = Target.parse("file://" + file).newResolver(Env.system());
            resolver.start(now -> {
                EndpointSet all = java.util.Objects.requireNonNull(now.endpoints());
                if (now.error() == null) {
                    System.out.println("good: " + ids(all.endpoints()));
                    try {
                        Files.move(
                                file.resolveSibling(file.getFileName() + ".next"),
                                file,
                                StandardCopyOption.ATOMIC_MOVE,
                                StandardCopyOption.REPLACE_EXISTING);
                    } catch (IOException failed) {
                        System.out.println(failed);
                    }
                } else {
                    System.out.println("error: " + now.error());
                    System.out.println("last good: " + ids(all.endpoints()));
                    System.exit(0);
                }
            });
            awaitTheEnd();
        }

        /** The threads of a resolver keep no process alive. */
        private static void awaitTheEnd() {
            try {
                new CountDownLatch(1).await(2, TimeUnit.MINUTES);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void aLastGoodFileOfAMillionEndpoints() throws Exception {
        Path file = directory.resolve("last-good");
        Path body = directory.resolve("body");
        writeAMillion(body);
        Xxh64Checksum checksum = new Xxh64Checksum();
        try (InputStream in = new CheckedInputStream(Files.newInputStream(body), checksum)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(String.format("zerohop-last-good/v1 %016x\n", checksum.getValue())
                    .getBytes(StandardCharsets.US_ASCII));
            Files.copy(body, out);
        }
        assertThat(answerOf(Keeper.class, file)).contains("error: java.io.IOException: " + TOO_MANY, "kept");
    }

    /** Reads the last-good file; then writes one that is too long to be held beside what is written. */
    static final class Keeper {
        public static void main(String[] arguments) throws IOException {
            LastGoodFile file = new LastGoodFile(Path.of(arguments[0]), "orders");
            try {
                file.read();
            } catch (IOException refused) {
                System.out.println("error: " + refused);
            }
            EndpointSet set = EndpointSet.builder("orders")
                    .endpoints(List.of(Endpoint.of("10.0.0.1", 8080)))
                    .build();
            file.write(new LastGoodFile.Content(set, "x".repeat((MEGABYTES / 2) << 20)));
            System.out.println("kept");
        }
    }

    private static List<String> ids(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::id).toList();
    }
}

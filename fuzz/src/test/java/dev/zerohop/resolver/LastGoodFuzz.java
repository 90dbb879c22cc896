package dev.zerohop.resolver;

import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import dev.zerohop.internal.Xxh64;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file of the last good set: as it is, and with the checksum put right, without which nothing behind the first line is ever read. */
public final class LastGoodFuzz {
    private static final String TARGET = "etcd://127.0.0.1:2379/orders";
    private static final Path DIRECTORY = directory();

    private LastGoodFuzz() {}

    /** The whole file. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Input input = Input.of(data);
        read(input.bytes());
        byte[] body = input.rest().bytes();
        ByteArrayOutputStream right = new ByteArrayOutputStream();
        right.writeBytes(String.format("zerohop-last-good/v1 %016x%n", Xxh64.hash(body, 0))
                .getBytes(StandardCharsets.UTF_8));
        right.writeBytes(body);
        LastGoodFile.Content content = read(right.toByteArray());
        if (content == null) {
            return;
        }
        LastGoodFile again = new LastGoodFile(DIRECTORY.resolve("again"), TARGET);
        again.write(content);
        LastGoodFile.Content kept = again.read();
        String written = Files.readString(again.path());
        if (kept == null) {
            throw new AssertionError("nothing was kept of " + written);
        }
        Said.same(content.set().endpoints(), kept.set().endpoints(), written);
        Said.same(content.set().shardMap(), kept.set().shardMap(), written);
        Said.same(content.set().version(), kept.set().version(), written);
        Said.same(content.set().removals(), kept.set().removals(), written);
        Said.same(content.set().missingOrdinals(), kept.set().missingOrdinals(), written);
        Said.same(content.set().asOf(), kept.set().asOf(), written);
        Said.same(content.configuration(), kept.configuration(), written);
        content.set().endpoints().forEach(endpoint -> Said.shown(endpoint.toString()));
        content.set().missingOrdinals().forEach(missing -> Said.shown(missing.endpointId()));
    }

    private static LastGoodFile.Content read(byte[] bytes) throws IOException {
        LastGoodFile file = new LastGoodFile(DIRECTORY.resolve("read"), TARGET);
        Files.write(file.path(), bytes);
        try {
            return file.read();
        } catch (IOException refused) {
            Said.by(refused);
            return null;
        }
    }

    private static Path directory() {
        try {
            Path memory = Path.of("/dev/shm");
            Path directory = Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "zerohop-fuzz")
                    : Files.createTempDirectory("zerohop-fuzz");
            // In the reverse order.
            directory.toFile().deleteOnExit();
            directory.resolve("read").toFile().deleteOnExit();
            directory.resolve("again").toFile().deleteOnExit();
            return directory;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}

package dev.zerohop.resolver;

import dev.zerohop.Target;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads an endpoints file. Compares the content and not the time of modification: a file can be written twice within the resolution of that
 * time, and the symbolic link of a mounted ConfigMap is swapped without touching the file itself.
 */
final class FileSource implements PollingResolver.Source {

    /** How often a file is read. */
    static final Duration INTERVAL = Duration.ofMillis(500);

    private final Path file;
    private byte @Nullable [] content;
    private PollingResolver.@Nullable Answer answer;

    FileSource(Path file) {
        this.file = file;
    }

    /** The path that {@code file:///path/endpoints.json} names. */
    static Path path(Target target) {
        target.refuseAuthority("file:///path/endpoints.json");
        target.refuseQuery();
        int from = target.pathPosition();
        if (target.path().isEmpty() || target.path().endsWith("/")) {
            throw target.error(
                    Math.min(from, target.text().length()),
                    "found path '/" + target.path() + "', expected a file as in file:///path/endpoints.json");
        }
        String path = target.decoded(from, from + target.path().length());
        try {
            return Path.of("/" + path);
        } catch (InvalidPathException malformed) {
            throw target.error(
                    from, "found path '/" + path + "', expected the path of a file: " + malformed.getReason());
        }
    }

    @Override
    public PollingResolver.Answer ask() throws IOException {
        byte[] now = read();
        if (answer != null && Arrays.equals(now, content)) {
            return answer;
        }
        try {
            PollingResolver.Answer parsed = EndpointsJson.read(now);
            content = now;
            answer = parsed;
            return parsed;
        } catch (IOException refused) {
            throw new IOException("file " + file + ": " + refused.getMessage(), refused);
        }
    }

    private byte[] read() throws IOException {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new IOException("file " + file + " is not a regular file, expected a JSON text");
            }
            if (Files.size(file) > JsonInput.MAX_BYTES) {
                throw new IOException("file " + file + " is larger than " + JsonInput.MAX_BYTES
                        + " bytes, expected an endpoints file");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException missing) {
            throw new IOException("file " + file + " does not exist", missing);
        } catch (AccessDeniedException denied) {
            throw new IOException("file " + file + " may not be read by this process", denied);
        }
    }
}

package dev.zerohop.resolver;

import dev.zerohop.Printable;
import dev.zerohop.Target;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
    private final String named;
    /** The digest of what was read last: the text itself may be large. */
    private byte @Nullable [] content;

    private PollingResolver.@Nullable Answer answer;

    FileSource(Path file) {
        this.file = file;
        this.named = "file " + Printable.text(file.toString());
    }

    /** The path that {@code file:///path/endpoints.json} names. */
    static Path path(Target target) {
        target.rejectAuthority("file:///path/endpoints.json");
        target.rejectQuery();
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
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new IOException(named + " is not a regular file, expected a JSON text");
            }
            if (Files.size(file) > JsonReader.MAX_BYTES) {
                throw new IOException(
                        named + " is larger than " + JsonReader.MAX_BYTES + " bytes, expected an endpoints file");
            }
            PollingResolver.Answer known = answer;
            return known != null && unchanged() ? known : read();
        } catch (NoSuchFileException missing) {
            throw new IOException(named + " does not exist", missing);
        } catch (AccessDeniedException denied) {
            throw new IOException(named + " may not be read by this process", denied);
        }
    }

    private boolean unchanged() throws IOException {
        MessageDigest now = digest();
        try (InputStream in = open(now)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return Arrays.equals(now.digest(), content);
    }

    private PollingResolver.Answer read() throws IOException {
        // Of what was parsed: between the look and the reading the file may have changed once more.
        MessageDigest read = digest();
        PollingResolver.Answer parsed;
        try (InputStream in = open(read)) {
            parsed = parsed(in);
        }
        content = read.digest();
        answer = parsed;
        return parsed;
    }

    private PollingResolver.Answer parsed(InputStream in) throws IOException {
        try {
            return EndpointsJson.read(in);
        } catch (IOException refused) {
            throw new IOException(named + ": " + refused.getMessage(), refused);
        }
    }

    private InputStream open(MessageDigest digest) throws IOException {
        return new DigestInputStream(Files.newInputStream(file), digest);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}

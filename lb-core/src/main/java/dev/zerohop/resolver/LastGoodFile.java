package dev.zerohop.resolver;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.MissingOrdinal;
import dev.zerohop.Printable;
import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;
import dev.zerohop.internal.Xxh64Checksum;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The last good set of one target in one file: a first line with the format's name and a checksum of the rest, then the set as JSON. Written
 * beside the old one, forced to the disk and put in its place in one step, so that a reader finds the old or the new file and never a half.
 */
final class LastGoodFile {
    private static final String FORMAT = "zerohop-last-good/v1";

    /** The field with the ordinals that were named before and are no more. */
    private static final String MISSING = "missingOrdinals";

    /** The field with the assignment of keys. */
    private static final String SLICES = "slices";

    /** Where the first line ends at the latest, in bytes. */
    private static final int MAX_HEADER = 200;

    /** A write takes no minutes. */
    private static final Duration LEFT_BEHIND = Duration.ofMinutes(10);

    private final Path file;
    private final String target;
    private final long maxBytes;
    private boolean tidied;

    /**
     * What is kept.
     *
     * @param set as the source gave it
     * @param configuration what the source configured, if it did
     */
    record Content(EndpointSet set, @Nullable String configuration) {}

    LastGoodFile(Path file, String target) {
        this(file, target, JsonReader.MAX_BYTES);
    }

    LastGoodFile(Path file, String target, long maxBytes) {
        this.file = file.toAbsolutePath();
        this.target = target;
        this.maxBytes = maxBytes;
    }

    Path path() {
        return file;
    }

    /** What the file holds, or null if there is no file. The set is stale and bears its true age. */
    @Nullable
    Content read() throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException("is not a regular file");
        }
        if (Files.size(file) > maxBytes) {
            throw new IOException("is " + Files.size(file) + " bytes long, expected at most " + maxBytes);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer begin = ByteBuffer.allocate(MAX_HEADER);
            while (begin.hasRemaining() && channel.read(begin, begin.position()) >= 0) {}
            int newline = 0;
            while (newline < begin.position() && begin.get(newline) != '\n') {
                newline++;
            }
            String header = new String(begin.array(), 0, newline, StandardCharsets.UTF_8);
            String[] words = header.split(" ", -1);
            if (!words[0].equals(FORMAT)) {
                throw new IOException("begins with '" + Printable.text(words[0], 80) + "', expected " + FORMAT);
            }
            // Twice, and not held: a set may be large where memory is small.
            String checksum = checksum(body(channel, newline));
            if (words.length != 2 || !words[1].equals(checksum)) {
                throw new IOException("has the checksum " + checksum + ", expected the one in its first line '"
                        + Printable.text(header) + "': it is torn or was edited");
            }
            return parse(body(channel, newline));
        }
    }

    /** What is behind the first line. Closing it closes the channel. */
    private static InputStream body(FileChannel channel, int newline) throws IOException {
        channel.position(newline + 1L);
        return Channels.newInputStream(channel);
    }

    private static String checksum(InputStream body) throws IOException {
        Xxh64Checksum checksum = new Xxh64Checksum();
        body.transferTo(new CheckedOutputStream(OutputStream.nullOutputStream(), checksum));
        return inWords(checksum);
    }

    private Content parse(InputStream body) throws IOException {
        var found = new Object() {
            @Nullable
            String target;

            @Nullable
            Instant asOf;

            EndpointSet.@Nullable Removals removals;

            @Nullable
            String config;

            @Nullable
            ShardMap shards;

            @Nullable
            SliceMap slices;

            long version;
            List<Endpoint> endpoints = List.of();
            List<MissingOrdinal> missing = List.of();
        };
        try {
            JsonReader.object(body, (in, name) -> {
                switch (name) {
                    case "target" -> found.target = in.anyText(name);
                    case "asOf" -> found.asOf = in.instant(name);
                    case "version" -> found.version = in.integer(name, Long.MIN_VALUE, Long.MAX_VALUE);
                    case "removals" -> found.removals = in.oneOf(name, List.of(EndpointSet.Removals.values()));
                    case "shards" -> found.shards = ShardMapJson.read(in, name);
                    case SLICES -> found.slices = SliceMapJson.read(in, name);
                    case "config" -> found.config = in.anyText(name);
                    case "endpoints" -> found.endpoints = EndpointsJson.endpoints(in, name, false);
                    case MISSING -> found.missing = in.array(name, at -> missing(in, at));
                    default -> throw JsonReader.unknown(name, "a field of " + FORMAT);
                }
            });
            if (!target.equals(found.target)) {
                throw new IOException("is of the target '" + Printable.text(String.valueOf(found.target))
                        + "', expected '" + target + "'");
            }
            if (found.asOf == null || found.removals == null) {
                throw JsonReader.missing("", found.asOf == null ? "asOf" : "removals", "a field of " + FORMAT);
            }
            EndpointSet set = EndpointSet.builder(target)
                    .endpoints(found.endpoints)
                    .shardMap(found.shards)
                    .slices(found.slices)
                    .version(found.version)
                    .asOf(found.asOf)
                    .removals(found.removals)
                    .missingOrdinals(found.missing)
                    .stale(true)
                    .build();
            return new Content(set, found.config);
        } catch (IllegalArgumentException malformed) {
            throw refused(malformed);
        }
    }

    private static IOException refused(Exception malformed) {
        return new IOException(Printable.text(String.valueOf(malformed.getMessage())), malformed);
    }

    private static MissingOrdinal missing(JsonReader in, String path) throws IOException {
        var found = new Object() {
            int ordinal = -1;
            String endpoint = "";
            Instant lastSeen = Instant.EPOCH;
        };
        in.object(path, (name, at) -> {
            switch (name) {
                case "ordinal" -> found.ordinal = in.integer(at, 0, Integer.MAX_VALUE);
                case "endpoint" -> found.endpoint = in.text(at);
                case "lastSeen" -> found.lastSeen = in.instant(at);
                default -> throw JsonReader.unknown(at, "ordinal, endpoint or lastSeen");
            }
        });
        if (found.ordinal < 0) {
            throw JsonReader.missing(path, "ordinal", "a number");
        }
        return new MissingOrdinal(found.ordinal, found.endpoint, found.lastSeen);
    }

    /** Puts this content in the file's place. Makes the directory if there is none. */
    synchronized void write(Content content) throws IOException {
        Path directory = file.getParent();
        if (directory == null) {
            throw new IOException(file + " has no directory");
        }
        Files.createDirectories(directory);
        tidy(directory);
        Path temporary = Files.createTempFile(directory, file.getFileName() + ".", ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                // The checksum is known when the body is written, and has the same length as none.
                int header = header(new Xxh64Checksum()).limit();
                channel.position(header);
                Xxh64Checksum checksum = new Xxh64Checksum();
                body(content, new CheckedOutputStream(Channels.newOutputStream(channel), checksum));
                if (channel.position() > maxBytes) {
                    throw new IOException("it would be " + channel.position() + " bytes, expected at most " + maxBytes);
                }
                ByteBuffer first = header(checksum);
                while (first.hasRemaining()) {
                    channel.write(first, first.position());
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** A process that dies while it writes leaves its temporary file behind. */
    private void tidy(Path directory) {
        if (tidied) {
            return;
        }
        tidied = true;
        Pattern name = Pattern.compile(Pattern.quote(file.getFileName() + ".") + "\\d+\\.tmp");
        Instant old = Instant.now().minus(LEFT_BEHIND);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path each : all) {
                if (name.matcher(String.valueOf(each.getFileName())).matches()
                        && Files.getLastModifiedTime(each).toInstant().isBefore(old)) {
                    Files.deleteIfExists(each);
                }
            }
        } catch (IOException | DirectoryIteratorException denied) {
            // They do no harm; the file itself is what matters.
        }
    }

    private static ByteBuffer header(Xxh64Checksum checksum) {
        return ByteBuffer.wrap((FORMAT + " " + inWords(checksum) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static String inWords(Xxh64Checksum checksum) {
        return String.format("%016x", checksum.getValue());
    }

    private void body(Content content, OutputStream to) throws IOException {
        EndpointSet set = content.set();
        JsonWriter.object(to, out -> {
            out.writeStringField("target", target);
            out.writeStringField("asOf", set.asOf().toString());
            out.writeNumberField("version", set.version());
            out.writeStringField("removals", set.removals().name());
            ShardMap shards = set.shardMap();
            if (shards != null) {
                out.writeFieldName("shards");
                ShardMapJson.write(out, shards);
            }
            SliceMap slices = set.slices();
            if (slices != null) {
                // Only if there is one: versions that do not know the field reject the file.
                out.writeFieldName(SLICES);
                SliceMapJson.write(out, slices);
            }
            if (content.configuration() != null) {
                out.writeStringField("config", content.configuration());
            }
            if (!set.missingOrdinals().isEmpty()) {
                // Only if there are any: versions that do not know the field reject the file.
                out.writeArrayFieldStart(MISSING);
                for (MissingOrdinal missing : set.missingOrdinals()) {
                    out.writeStartObject();
                    out.writeNumberField("ordinal", missing.ordinal());
                    out.writeStringField("endpoint", missing.endpointId());
                    out.writeStringField("lastSeen", missing.lastSeen().toString());
                    out.writeEndObject();
                }
                out.writeEndArray();
            }
            out.writeFieldName("endpoints");
            EndpointsJson.write(out, set.endpoints());
        });
    }
}

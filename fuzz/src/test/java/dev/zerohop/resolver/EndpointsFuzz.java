package dev.zerohop.resolver;

import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Endpoints files, single endpoints and shard maps. */
public final class EndpointsFuzz {
    private static final List<String> KINDS = List.of("file", "endpoint", "shards");

    private EndpointsFuzz() {}

    /** A kind on the first line, and the JSON behind it. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = Input.of(data);
        byte[] json = input.rest().bytes();
        try {
            switch (input.word(KINDS)) {
                case "file" -> file(json);
                case "endpoint" -> endpoint(json);
                default -> shards(json);
            }
        } catch (IOException | IllegalArgumentException refused) {
            Said.by(refused);
        }
    }

    private static void file(byte[] json) throws IOException {
        PollingResolver.Answer read = EndpointsJson.read(json);
        String written = JsonWriter.object(out -> {
            out.writeFieldName("endpoints");
            EndpointsJson.write(out, read.endpoints());
            ShardMap shards = read.shards();
            if (shards != null) {
                out.writeFieldName("shards");
                ShardMapJson.write(out, shards);
            }
        });
        PollingResolver.Answer again = accepted(written, EndpointsJson::read);
        Said.same(read.endpoints(), again.endpoints(), written);
        Said.same(read.shards(), again.shards(), written);
        read.endpoints().forEach(endpoint -> Said.shown(endpoint.toString()));
    }

    private static void endpoint(byte[] json) throws IOException {
        Endpoint read = EndpointJson.parse("orders-0", json);
        String written = EndpointJson.write(read);
        Said.same(read, accepted(written, utf8 -> EndpointJson.parse("orders-0", utf8)), written);
        Said.shown(read.toString());
    }

    private static void shards(byte[] json) throws IOException {
        ShardMap read = ShardMapJson.parse(json);
        String written = ShardMapJson.write(read);
        Said.same(read, accepted(written, ShardMapJson::parse), written);
        try {
            Said.same(read, read.following(read), written);
        } catch (IllegalArgumentException refused) {
            Said.by(refused);
        }
    }

    /** Reads. */
    @FunctionalInterface
    private interface Reader<T> {
        T read(byte[] utf8) throws IOException;
    }

    private static <T> T accepted(String written, Reader<T> reader) {
        try {
            return reader.read(written.getBytes(StandardCharsets.UTF_8));
        } catch (IOException | IllegalArgumentException refused) {
            throw new AssertionError("what was written is refused: " + written, refused);
        }
    }
}

package dev.zerohop.okhttp;

import com.fasterxml.jackson.core.JsonPointer;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.KeySource.Place;
import dev.zerohop.NoEndpointException;
import dev.zerohop.PrefixKey;
import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/** The keys of calls: where the configuration says that they are, and what callers put there. */
public final class KeysFuzz {
    private static final long BODY_LIMIT = 64 << 10;
    private static final List<String> PLACES = List.of(
            "header text",
            "header integer",
            "query text",
            "query integer",
            "path text",
            "path integer",
            "cookie text",
            "cookie integer",
            "body text",
            "body integer");

    private KeysFuzz() {}

    /** A place on the first line, its name, pattern or pointer on the second, and behind it the path, the body, or one value on each line. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Input input = Input.of(data);
        String[] place = input.word(PLACES).split(" ");
        Input behind = input.rest();
        KeySource source = new KeySource(
                place(place[0]),
                behind.line().text(),
                place[1].equals("integer"),
                place[1].equals("prefix") ? new PrefixKey.Cut(64, 8) : null);
        String expected = source.expected();
        Said.shown(source.toString());
        if (expected != null) {
            Said.shown(expected);
            return;
        }
        try {
            key(source, behind.rest());
        } catch (UnusableKeyException unusable) {
            Said.by(source.badKey("orders", String.valueOf(unusable.getMessage())));
        } catch (NoEndpointException badKey) {
            Said.by(badKey);
        }
    }

    private static void key(KeySource source, Input behind) throws IOException, UnusableKeyException {
        List<@Nullable String> found = new ArrayList<>();
        switch (source.place()) {
            case PATH -> found.add(PathKey.of(source.name()).read(behind.text()));
            case JSON_POINTER ->
                found.add(JsonBodyKey.read(
                        RequestBody.create(behind.bytes()),
                        JsonPointer.compile(source.name()),
                        BODY_LIMIT,
                        source.prefix() != null));
            default -> Collections.addAll(found, behind.text().split("\n"));
        }
        EndpointSelector key = source.selector("orders", found);
        if (key == null) {
            return;
        }
        String text = key.toString();
        Said.shown(text);
        // A key that was taken stands for itself.
        Said.same(key, source.selector("orders", found), text);
    }

    private static Place place(String word) {
        return switch (word) {
            case "header" -> Place.HEADER;
            case "query" -> Place.QUERY;
            case "path" -> Place.PATH;
            case "cookie" -> Place.COOKIE;
            default -> Place.JSON_POINTER;
        };
    }
}

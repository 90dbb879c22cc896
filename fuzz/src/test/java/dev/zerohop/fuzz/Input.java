package dev.zerohop.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An input of a fuzz target: bytes, with two abbreviations, so that small files say what is large or cannot be written. {@code {{long}}} stands for 30,000 letters.
 * Where the input is taken as a text, each sequence of bytes that is no UTF-8 stands for half of a surrogate pair.
 */
public final class Input {
    private static final String ABBREVIATION = "{{long}}";
    private static final String LONG = "x".repeat(30_000);

    private final String latin;

    private Input(String latin) {
        this.latin = latin;
    }

    /** The whole of it. */
    public static Input of(byte[] data) {
        return new Input(new String(data, StandardCharsets.ISO_8859_1));
    }

    /** As bytes. */
    public byte[] bytes() {
        return latin.replace(ABBREVIATION, LONG).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** As a text. */
    public String text() {
        return new String(bytes(), StandardCharsets.UTF_8).replace('\uFFFD', '\uD83D');
    }

    /** The first line; what follows it is the {@link #rest}. */
    public Input line() {
        int end = latin.indexOf('\n');
        return end < 0 ? this : new Input(latin.substring(0, end));
    }

    /** What follows the first line. */
    public Input rest() {
        int end = latin.indexOf('\n');
        return new Input(end < 0 ? "" : latin.substring(end + 1));
    }

    /** The word that the first line is; another one of them, always the same, if it is none. */
    public String word(List<String> words) {
        String line = line().latin;
        return words.contains(line) ? line : words.get(Math.floorMod(line.hashCode(), words.size()));
    }
}

package dev.zerohop;

import org.jspecify.annotations.Nullable;

/**
 * Texts from outside, as a log, a terminal or an exception's message may have them: one line, and nothing that steers what shows it. What a server, a caller or the
 * writer of a source says passes through here before a person reads it. Stateless, thread-safe.
 */
public final class Printable {
    /** The longest name in the model: ids, hosts, zones, nodes, names of attributes. */
    public static final int MAX_NAME = 256;

    /** The longest value of an attribute. */
    public static final int MAX_VALUE = 1_024;

    /** Where {@link #text(String)} cuts. */
    public static final int MAX_TEXT = 2_000;

    private Printable() {}

    /** {@link #text(String, int)} with at most {@value #MAX_TEXT} characters. */
    public static String text(String text) {
        return text(text, MAX_TEXT);
    }

    /**
     * The text with each line break and the white space around it as one space, tabs as spaces, and every other control or format character, line separator and
     * half surrogate pair as an escape such as {@code \}{@code u001b}; cut with three dots where it is longer than {@code max}. A text that needs none of that is
     * returned as it is.
     */
    public static String text(String text, int max) {
        int end = Math.min(text.length(), max);
        int clean = 0;
        while (clean < end && !steers(text, clean)) {
            clean++;
        }
        if (clean == text.length()) {
            return text;
        }
        StringBuilder shown = new StringBuilder(end + 16).append(text, 0, clean);
        for (int i = clean; i < end; i++) {
            char c = text.charAt(i);
            if (breaks(c)) {
                while (i + 1 < end && (breaks(text.charAt(i + 1)) || text.charAt(i + 1) == ' ')) {
                    i++;
                }
                if (shown.length() > 0 && shown.charAt(shown.length() - 1) != ' ') {
                    shown.append(' ');
                }
            } else if (steers(text, i)) {
                escape(shown, c);
            } else {
                shown.append(c);
            }
        }
        return end < text.length() ? shown.append("...").toString() : shown.toString();
    }

    /** Several lines of a program's own, in which nothing but the line breaks steers what shows it; as long as they are. */
    public static String lines(String text) {
        return escaped(text, text.length(), true);
    }

    /** A value as it was found, in quotes: every character that steers is an escape, line breaks and tabs included; cut with three dots. */
    static String quoted(String text, int max) {
        int end = Math.min(text.length(), max);
        return "'" + escaped(text, end, false) + (end < text.length() ? "...'" : "'");
    }

    private static String escaped(String text, int end, boolean lines) {
        StringBuilder shown = new StringBuilder(end + 16);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if ((lines && c == '\n') || !steers(text, i)) {
                shown.append(c);
            } else {
                escape(shown, c);
            }
        }
        return shown.toString();
    }

    /** What keeps a text from being a name or value of at most {@code max} characters, to follow what it is; null if nothing does. */
    static @Nullable String problem(String text, int max) {
        if (text.length() > max) {
            return "was " + text.length() + " characters long, expected at most " + max;
        }
        for (int i = 0; i < text.length(); i++) {
            if (steers(text, i)) {
                return "was " + quoted(text, max) + ", expected a text without control characters";
            }
        }
        return null;
    }

    private static boolean breaks(char c) {
        return c == '\n' || c == '\r' || c == '\t';
    }

    private static void escape(StringBuilder to, char c) {
        to.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            to.append(Character.forDigit(c >> shift & 15, 16));
        }
    }

    /** Whether the character at a position is more than a sign on the line, or less than one. */
    private static boolean steers(String text, int at) {
        char c = text.charAt(at);
        if (c < 0x7F) {
            return c < ' ';
        }
        if (c < 0xA0) {
            return true;
        }
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return at == 0 || !Character.isHighSurrogate(text.charAt(at - 1));
        }
        return switch (Character.getType(c)) {
            case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}

package dev.zerohop;

import org.jspecify.annotations.Nullable;

/**
 * Makes texts from outside safe to print in a log, a terminal or a message: one line, without control characters. What a server, a caller or the writer
 * of a source says passes through here before a person reads it. Stateless, thread-safe.
 */
public final class Printable {
    /** The longest name in the model: ids, hosts, zones, nodes, names of attributes. */
    public static final int MAX_NAME = 256;

    /** The longest value of an attribute. */
    public static final int MAX_VALUE = 1_024;

    /** Where {@link #text(String)} cuts. */
    public static final int MAX_TEXT = 2_000;

    private static final String CUT = "...";

    /** Of {@code \}{@code u001b}. */
    private static final int ESCAPE_LENGTH = 6;

    private Printable() {}

    /** {@link #text(String, int)} with at most {@value #MAX_TEXT} characters. */
    public static String text(String text) {
        return text(text, MAX_TEXT);
    }

    /**
     * The text with each line break and the white space around it as one space, tabs as spaces, and every other control or format character, line separator and
     * half surrogate pair as an escape such as {@code \}{@code u001b}; cut with three dots where that is longer than {@code max}. A text that needs none of that is
     * returned as it is, and so is what this method returned: texts pass through it more than once, and are compared.
     */
    public static String text(String text, int max) {
        boolean wasCut = text.length() - CUT.length() <= max && text.endsWith(CUT);
        int end = wasCut ? text.length() : Math.min(text.length(), max);
        int at = 0;
        while (at < end && !steers(text, at)) {
            at++;
        }
        if (at == text.length()) {
            return text;
        }
        StringBuilder shown = new StringBuilder(Math.min(end, max) + 16).append(text, 0, Math.min(at, max));
        at = shown.length();
        while (at < text.length() && shown.length() < max) {
            char c = text.charAt(at);
            if (breaks(c)) {
                while (at + 1 < text.length() && (breaks(text.charAt(at + 1)) || text.charAt(at + 1) == ' ')) {
                    at++;
                }
                if (shown.length() > 0 && shown.charAt(shown.length() - 1) != ' ') {
                    shown.append(' ');
                }
            } else if (!steers(text, at)) {
                shown.append(c);
            } else if (shown.length() + ESCAPE_LENGTH <= max) {
                escape(shown, c);
            } else {
                break;
            }
            at++;
        }
        if (at == text.length()) {
            return shown.toString();
        }
        int last = shown.length() - 1;
        if (last >= 0 && Character.isHighSurrogate(shown.charAt(last))) {
            // Without its other half it would be what this is to keep out.
            shown.setLength(last);
        }
        return shown.append(CUT).toString();
    }

    /** Several lines of a program's own, in which nothing but the line breaks steers what shows it; as long as they are. */
    public static String lines(String text) {
        return escaped(text, text.length(), true);
    }

    /** A value as it was found, in quotes: every character that steers is an escape, line breaks and tabs included; cut with three dots. */
    static String quoted(String text, int max) {
        int end = Math.min(text.length(), max);
        if (end > 0 && end < text.length() && Character.isSurrogatePair(text.charAt(end - 1), text.charAt(end))) {
            // Without its other half it would be what this is to keep out.
            end--;
        }
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
    public static @Nullable String problem(String text, int max) {
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
    static boolean steers(String text, int at) {
        char c = text.charAt(at);
        if (c < 0x7F) {
            return c < ' ';
        }
        if (c < 0xA0) {
            return true;
        }
        if (Character.isSurrogate(c)) {
            int first = Character.isHighSurrogate(c) ? at : at - 1;
            return first < 0
                    || first + 1 == text.length()
                    || !Character.isSurrogatePair(text.charAt(first), text.charAt(first + 1))
                    // Such as those that spell a text which no person sees.
                    || Character.getType(text.codePointAt(first)) == Character.FORMAT;
        }
        return switch (Character.getType(c)) {
            case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}

package dev.zerohop.fuzz;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of every text that is shown: of the message of an exception, of what a listener receives, of a name in the model. It has an end, and nothing in
 * it steers what shows it. Written without {@code Printable}, which is held against it as well.
 */
public final class Said {
    /** Far above what any message needs, and below what an input can be made to say. */
    static final int LONGEST = 16_000;

    private Said() {}

    /** An exception that is documented; its message says something. */
    public static void by(Throwable refused) {
        String message = refused.getMessage();
        if (message == null || message.isBlank()) {
            throw new AssertionError("a refusal without a word", refused);
        }
        shown(message);
    }

    /** A text that people read on one line. */
    public static void shown(@Nullable String text) {
        if (text == null) {
            return;
        }
        if (text.length() > LONGEST) {
            throw new AssertionError("shown are " + text.length() + " characters, expected at most " + LONGEST + ": "
                    + text.substring(0, 200));
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (steers(text, i)) {
                throw new AssertionError(
                        "shown is the character " + (int) c + " at " + i + ", expected it to be escaped: " + text);
            }
        }
    }

    private static boolean steers(String text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return at == 0 || !Character.isHighSurrogate(text.charAt(at - 1));
        }
        int type = Character.getType(c);
        return Character.isISOControl(c)
                || type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR;
    }

    /** What was written is read as what it was. */
    public static void same(@Nullable Object read, @Nullable Object again, String written) {
        if (!Objects.equals(read, again)) {
            throw new AssertionError("written as " + written + " it was " + read + " and is read as " + again);
        }
    }
}

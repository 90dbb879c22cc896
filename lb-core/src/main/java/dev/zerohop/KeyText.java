package dev.zerohop;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a text from a request or a command line becomes a key. The rule is the same on every transport, so that one text has one owner:
 *
 * <ul>
 *   <li>Spaces and tabs around it do not belong to it; what is empty then is no key.
 *   <li>It has at most {@value #MAX_LENGTH} characters, none of them a control character, and is valid Unicode (U+FFFD is what decoders put where it
 *       was not).
 *   <li>An integer key is an optional {@code -} and 1 to 19 ASCII digits, from -2^63 to 2^63-1. Leading zeros do not count, and -0 is 0. No plus sign,
 *       no digits of other scripts, no fraction or exponent.
 *   <li>A text key counts as it stands: letter case, inner spaces and normalization forms are kept apart.
 *   <li>In a header it is printable ASCII without {@code ?}, which gRPC puts in the place of every other character before anything can see it.
 * </ul>
 *
 * <p>Keys that the application states as an {@link EndpointSelector} are not touched by it. Stateless, thread-safe.
 */
public final class KeyText {
    /** The longest key. */
    public static final int MAX_LENGTH = 4096;

    private static final int SHOWN = 64;
    private static final int MAX_DIGITS = 19;

    private KeyText() {}

    /**
     * The key that a text states wherever it does not come from a header.
     *
     * @param integer whether it is an integer key; otherwise it is a text key
     * @return null if it is empty
     * @throws IllegalArgumentException if it cannot be a key; the message says what it was and what was expected, to follow the key's name
     */
    public static @Nullable EndpointSelector read(String text, boolean integer) {
        String stripped = strip(text);
        if (stripped.isEmpty()) {
            return null;
        }
        String problem = problem(stripped);
        if (problem == null && integer) {
            problem = problemInInteger(stripped);
        }
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        return integer ? EndpointSelector.of(Long.parseLong(stripped)) : EndpointSelector.of(stripped);
    }

    /** Without the spaces and tabs around it. */
    static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isSpace(text.charAt(from))) {
            from++;
        }
        while (from < to && isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    /** Why this text is no key at all, or null. */
    static @Nullable String problem(String text) {
        if (text.length() > MAX_LENGTH) {
            return tooLong(text);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                return "was " + shown(text) + ", expected a text without control characters";
            }
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (pair) {
                i++;
            } else if (Character.isSurrogate(c) || c == '\uFFFD') {
                return "was " + shown(text) + ", expected valid Unicode";
            }
        }
        return null;
    }

    /** Why this text cannot have come through a header as it was meant, or null. */
    static @Nullable String problemInHeader(String text) {
        if (text.length() > MAX_LENGTH) {
            return tooLong(text);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '?') {
                // As gRPC has it by now, so that the error is the same everywhere.
                String ascii = new String(text.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII);
                return "was " + shown(ascii)
                        + ", expected printable ASCII without '?', which stands for every other character in a header";
            }
        }
        return null;
    }

    /** {@link #problemInHeader} for a text that must stand in no message. */
    static @Nullable String problemOfPrefixInHeader(String text) {
        return problemInHeader(text) == null
                ? null
                : "cannot have come through a header as it was meant, expected at most " + MAX_LENGTH
                        + " characters of printable ASCII without '?', which stands for every other character in a header";
    }

    /** Why this text, which has no other {@linkplain #problem problem}, is no integer key, or null. */
    static @Nullable String problemInInteger(String text) {
        int first = text.charAt(0) == '-' ? 1 : 0;
        int digits = text.length() - first;
        boolean valid = digits >= 1 && digits <= MAX_DIGITS;
        for (int i = first; valid && i < text.length(); i++) {
            valid = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (valid) {
            try {
                Long.parseLong(text);
                return null;
            } catch (NumberFormatException outOfRange) {
                // Nineteen digits can be too many by a little.
            }
        }
        return "was " + shown(text) + ", expected an integer of 64 bits: an optional '-' and 1 to " + MAX_DIGITS
                + " digits 0 to 9";
    }

    private static String tooLong(String text) {
        return "was " + text.length() + " characters long, expected at most " + MAX_LENGTH;
    }

    /** A text that errors can show: quoted, cut where it gets long, and with escapes for what a terminal or a log must not get. */
    static String shown(String text) {
        // What decoders put for what was no text is shown as what it is.
        return Printable.quoted(text, SHOWN).replace("\uFFFD", "\\ufffd");
    }
}

package dev.zerohop;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks the regular expression that finds a key in a path. Callers choose the path and sources may choose the expression, so only that part of
 * the syntax is taken which a matcher without backtracking runs in linear time, which all dialects read alike, and whose program stays small: no
 * look-around, back-references, possessive or atomic groups, and no set operations within a character class.
 */
final class PathPattern {
    private static final String EXPECTED = "a regular expression with exactly one group, such as \"^/users/([^/]+)\"";

    private static final int MAX_LENGTH = 256;

    /** Steps for each character of the path, at the worst. */
    private static final int MAX_SIZE = 500;

    private static final int MAX_COUNT = 1000;
    private static final String CLASSES = "dDwWsS";
    private static final String WHITE_SPACE = "nrtf";
    private static final String ASSERTIONS = "bBAz";

    private static final Pattern GROUP_NAME = Pattern.compile("<[A-Za-z][A-Za-z0-9]*>");
    /** From how many on, and up to how many times. */
    private static final Pattern BOUNDS = Pattern.compile("\\{([0-9]{1,5})(,([0-9]{1,5})?)?}");

    private final String text;
    private int at;
    private int groups;

    private PathPattern(String text) {
        this.text = text;
    }

    /** What was expected instead; null if the expression can be used. */
    static @Nullable String expected(String text) {
        if (text.length() > MAX_LENGTH) {
            return EXPECTED + ", at most " + MAX_LENGTH + " characters long";
        }
        if (Printable.problem(text, MAX_LENGTH) != null) {
            return EXPECTED + " without control characters";
        }
        PathPattern pattern = new PathPattern(text);
        try {
            long size = pattern.alternatives();
            if (pattern.at < text.length()) {
                throw pattern.broken("Unmatched ')'");
            }
            if (pattern.groups != 1) {
                return EXPECTED;
            }
            return size <= MAX_SIZE ? null : EXPECTED + " and with smaller repetitions";
        } catch (BrokenException broken) {
            return EXPECTED + " (" + broken.getMessage() + " at " + pattern.at + ")";
        }
    }

    private static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1;

        BrokenException(String problem) {
            super(problem, null, false, false);
        }
    }

    private BrokenException broken(String problem) {
        return new BrokenException(problem);
    }

    private boolean more() {
        return at < text.length();
    }

    private boolean take(String expected) {
        boolean there = text.startsWith(expected, at);
        at += there ? expected.length() : 0;
        return there;
    }

    /** Reads up to the end or the closing parenthesis. Each method gives the number of steps that what it read is made of. */
    private long alternatives() throws BrokenException {
        long size = sequence();
        while (take("|")) {
            size += 1 + sequence();
        }
        return size;
    }

    private long sequence() throws BrokenException {
        long size = 0;
        while (more() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            size = Math.min(MAX_SIZE + 1, size + quantified());
        }
        return size;
    }

    private long quantified() throws BrokenException {
        int start = at;
        char first = text.charAt(at);
        long size = switch (first) {
            case '(' -> group();
            case '[' -> characterClass();
            case '\\' -> escape();
            case '*', '+', '?', '{' -> throw broken("Nothing to repeat");
            default -> literal();
        };
        boolean repeatable = first != '^'
                && first != '$'
                && !text.startsWith("(?i)", start)
                && !(first == '\\' && ASSERTIONS.indexOf(text.charAt(start + 1)) >= 0);
        if (!more() || "*+?{".indexOf(text.charAt(at)) < 0) {
            return size;
        }
        if (!repeatable) {
            throw broken("Nothing to repeat");
        }
        size = repetition(size);
        take("?");
        if (more() && "*+?{".indexOf(text.charAt(at)) >= 0) {
            throw broken("Repetition of a repetition");
        }
        return size;
    }

    private long literal() throws BrokenException {
        char c = text.charAt(at);
        if (c < ' ' || c > '~') {
            throw broken("Not a character of a path as it is sent, where others are percent-encoded,");
        }
        at++;
        return 1;
    }

    private long group() throws BrokenException {
        at++;
        long own = 0;
        if (take("?")) {
            if (take("i)")) {
                return 0;
            }
            if (!take(":") && !take("i:")) {
                groupName();
                own = 2;
                groups++;
            }
        } else {
            own = 2;
            groups++;
        }
        long size = alternatives();
        if (!take(")")) {
            throw broken("Unclosed group");
        }
        return size + own;
    }

    private void groupName() throws BrokenException {
        Matcher name = GROUP_NAME.matcher(text).region(at, text.length());
        if (!name.lookingAt()) {
            throw broken("Group of an unknown kind");
        }
        at = name.end();
    }

    private long escape() throws BrokenException {
        at++;
        if (!more()) {
            throw broken("Unfinished escape");
        }
        char c = text.charAt(at);
        if (c < ' ' || c > '~' || isDigit(c) || (isLetter(c) && (CLASSES + WHITE_SPACE + ASSERTIONS).indexOf(c) < 0)) {
            throw broken("Unknown escape");
        }
        at++;
        return 1;
    }

    private long characterClass() throws BrokenException {
        at++;
        take("^");
        if (more() && text.charAt(at) == ']') {
            throw broken("Unescaped ']'");
        }
        while (!take("]")) {
            if (!more()) {
                throw broken("Unclosed character class");
            }
            char low = member();
            // At the end of the class it stands for itself.
            boolean range = text.startsWith("-", at) && !text.startsWith("-]", at);
            if (range) {
                at++;
                char high = more() ? member() : 0;
                if (low == 0 || high == 0 || low > high) {
                    throw broken("Illegal range");
                }
            }
        }
        return 1;
    }

    /** One member of a character class; 0 for a class of its own, such as \d. */
    private char member() throws BrokenException {
        char c = text.charAt(at);
        if (c == '[' || text.startsWith("&&", at)) {
            throw broken("Class within a class");
        }
        if (c != '\\') {
            literal();
            return c;
        }
        at++;
        char escaped = more() ? text.charAt(at) : 0;
        if (CLASSES.indexOf(escaped) >= 0) {
            at++;
            return 0;
        }
        if (escaped < ' ' || escaped > '~' || isLetter(escaped) || isDigit(escaped)) {
            throw broken("Unknown escape");
        }
        at++;
        return escaped;
    }

    private long repetition(long size) throws BrokenException {
        if (text.charAt(at) != '{') {
            at++;
            return size + 1;
        }
        Matcher bounds = BOUNDS.matcher(text).region(at, text.length());
        if (!bounds.lookingAt()) {
            throw broken("Illegal repetition");
        }
        int least = Integer.parseInt(bounds.group(1));
        boolean open = bounds.group(2) != null && bounds.group(3) == null;
        int most = bounds.group(3) == null ? least : Integer.parseInt(bounds.group(3));
        if (most < least || most > MAX_COUNT) {
            throw broken("Illegal repetition");
        }
        at = bounds.end();
        most += open ? 1 : 0;
        return Math.min(MAX_SIZE + 1, size * Math.max(1, most) + most - least);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}

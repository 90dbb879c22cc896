package dev.zerohop.cli;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The causes of failed calls, the most frequent first. Causes that differ only in times are counted together. Bounded. Not thread-safe. */
final class Causes {
    private static final int SHOWN = 5;
    private static final int REMEMBERED = 1_000;
    private static final Pattern TIMES = Pattern.compile("\\d+(\\.\\d+)? ?(ns|ms|s|min|h|d)\\b");

    private final Map<String, Cause> byText = new LinkedHashMap<>();
    private long others;

    /** One cause. */
    static final class Cause {
        private final String error;
        private final String text;
        private long count;

        private Cause(String error, String text) {
            this.error = error;
            this.text = text;
        }

        String error() {
            return error;
        }

        /** The text from the first call with this cause. */
        String text() {
            return text;
        }

        long count() {
            return count;
        }

        @Override
        public String toString() {
            return count + (count == 1 ? " call failed: " : " calls failed: ") + error + ": " + text;
        }
    }

    void add(String error, String text) {
        String alike = error + ' ' + TIMES.matcher(text).replaceAll("");
        Cause known = byText.get(alike);
        if (known == null && byText.size() == REMEMBERED) {
            others++;
            return;
        }
        if (known == null) {
            known = new Cause(error, text);
            byText.put(alike, known);
        }
        known.count++;
    }

    /** The most frequent causes, at most five. */
    List<Cause> shown() {
        return byText.values().stream()
                .sorted(Comparator.comparingLong(Cause::count).reversed())
                .limit(SHOWN)
                .toList();
    }

    /** How many calls failed for causes that are not {@link #shown}. */
    long others() {
        long all = others;
        for (Cause cause : byText.values()) {
            all += cause.count;
        }
        for (Cause cause : shown()) {
            all -= cause.count;
        }
        return all;
    }
}

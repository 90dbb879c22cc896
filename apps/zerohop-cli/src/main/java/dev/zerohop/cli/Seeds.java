package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code --seeds}: one number, or a range with both ends. */
final class Seeds {
    private static final int MOST = 1_000;
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,9})(?:-([0-9]{1,9}))?");

    private Seeds() {}

    static List<Long> parse(String text) {
        Matcher range = RANGE.matcher(text);
        long from = 0;
        long to = -1;
        if (range.matches()) {
            from = Long.parseLong(range.group(1));
            to = range.group(2) == null ? from : Long.parseLong(range.group(2));
        }
        Checks.that(
                from <= to && to - from < MOST,
                "--seeds",
                text,
                "a number such as 1, or at most " + MOST + " such as 1-10, FROM not above TO");
        List<Long> seeds = new ArrayList<>();
        for (long seed = from; seed <= to; seed++) {
            seeds.add(seed);
        }
        return seeds;
    }
}

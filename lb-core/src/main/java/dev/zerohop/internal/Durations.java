package dev.zerohop.internal;

import java.util.concurrent.TimeUnit;

/** Times as a person reads them: 12 ms, 1.2 s, 45 s, 12 min, 5 h, 3 d. */
public final class Durations {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;

    private Durations() {}

    /** In the largest unit that tells enough; less than nothing is nothing. */
    public static String text(long nanos) {
        if (nanos < SECOND) {
            return Math.max(0, nanos) / 1_000_000 + " ms";
        }
        if (nanos < 10 * SECOND) {
            long tenths = rounded(nanos, SECOND / 10);
            return tenths / 10 + "." + tenths % 10 + " s";
        }
        if (nanos < 2 * MINUTE) {
            return rounded(nanos, SECOND) + " s";
        }
        if (nanos < 2 * HOUR) {
            return rounded(nanos, MINUTE) + " min";
        }
        return nanos < 2 * DAY ? rounded(nanos, HOUR) + " h" : rounded(nanos, DAY) + " d";
    }

    private static long rounded(long nanos, long unit) {
        return Math.round(nanos / (double) unit);
    }
}

package dev.zerohop.picker;

import dev.zerohop.Log;
import dev.zerohop.Node;
import dev.zerohop.internal.FaultCount;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts how probes are answered, and logs failures. Written by the tasks of the serial executor, read by any thread. */
final class PrequalAnswers {
    private static final Log LOG = Log.of(PrequalAnswers.class);

    /** While more than one endpoint in this many answers no probe, results are not used: calls would go to the others only. */
    private static final int MUTE_ONE_IN = 20;

    /** After this many failures in a row, whichever endpoints they are of, probes are sent less often. */
    private static final int FRUITLESS = 20;

    private final FaultCount faults = new FaultCount();

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicInteger answering = new AtomicInteger();
    private final AtomicInteger mute = new AtomicInteger();
    private volatile String lastFailure = "";
    private volatile boolean tooFew;
    private int failuresInRow;

    /** Whether too few endpoints answer probes for results to be used. */
    boolean tooFew() {
        return tooFew;
    }

    /** Whether all of the last probes have failed. */
    boolean fruitless() {
        return failuresInRow >= FRUITLESS;
    }

    /** More probes were sent, or fewer than were counted. */
    void sent(int more) {
        sent.addAndGet(more);
    }

    /** A probe was answered with a load. */
    void answered() {
        failuresInRow = 0;
    }

    /** Changes how many endpoints are known to answer probes, and to answer none. */
    void count(int moreAnswering, int moreMute) {
        int answer = answering.addAndGet(moreAnswering);
        int silent = mute.addAndGet(moreMute);
        tooFew = silent * MUTE_ONE_IN > silent + answer;
    }

    /** A probe has failed. */
    void failed(Node node, String reason) {
        failuresInRow++;
        report(node, reason);
    }

    /** Counts and logs a failure that is no end of a probe. */
    void report(Node node, String reason) {
        failed.incrementAndGet();
        lastFailure = node.endpoint() + ": " + reason;
        long count = faults.next();
        if (count != 0) {
            LOG.warn("a load probe failed ({} so far): {}: {}", count, node.endpoint(), reason);
        }
    }

    String describe() {
        long failures = failed.get();
        int silent = mute.get();
        return sent.get() + " probes sent, " + failures + " failed"
                + (failures == 0 ? "" : ", the last: " + lastFailure)
                + (tooFew
                        ? String.format(
                                Locale.ROOT,
                                "; %d of %d endpoints answer none: results are not used while that is more than one in %d",
                                silent,
                                silent + answering.get(),
                                MUTE_ONE_IN)
                        : "");
    }
}

package dev.zerohop.picker;

import dev.zerohop.Log;
import dev.zerohop.Node;
import dev.zerohop.internal.FaultCount;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How probes are answered. Written by the tasks of the serial executor, read by any thread. */
final class PrequalAnswers {
    private static final Log LOG = Log.of(PrequalAnswers.class);

    /** With more than one endpoint in so many that answers no probe, results would starve it. */
    private static final int MUTE_ONE_IN = 20;

    /** After so many failures in a row, of whichever endpoints, probes are sent less often. */
    private static final int FRUITLESS = 20;

    private final FaultCount faults = new FaultCount();

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicInteger answering = new AtomicInteger();
    private final AtomicInteger mute = new AtomicInteger();
    private volatile String lastFailure = "";
    private volatile boolean few;
    private int inVain;

    /** Whether so many endpoints answer no probe that they must not go without calls for it. */
    boolean few() {
        return few;
    }

    /** Whether nothing came of the last probes. */
    boolean fruitless() {
        return inVain >= FRUITLESS;
    }

    void sent(int more) {
        sent.addAndGet(more);
    }

    /** A probe was answered with a load. */
    void answered() {
        inVain = 0;
    }

    /** Changes how many endpoints are known to answer probes, and to answer none. */
    void count(int moreAnswering, int moreMute) {
        int answer = answering.addAndGet(moreAnswering);
        int silent = mute.addAndGet(moreMute);
        few = silent * MUTE_ONE_IN > silent + answer;
    }

    void failed(Node node, String reason) {
        inVain++;
        report(node, reason);
    }

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
                + (few
                        ? String.format(
                                Locale.ROOT,
                                "; %d of %d endpoints answer none: results are not used while that is more than one in %d",
                                silent,
                                silent + answering.get(),
                                MUTE_ONE_IN)
                        : "");
    }
}

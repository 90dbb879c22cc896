package dev.zerohop.benchmarks.large;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * So many changes per second for a while, and how old each is when a published version shows it. One that no version shows counts with its age at the end, so
 * a control path that falls behind is seen as that.
 */
final class ChangeStream {
    private static final long GRACE_NANOS = 1_000_000_000L;

    private final Service service;
    private final ChangeSource source;
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    /** When each change was made; read by the control thread once the change is visible to it. */
    private long[] madeNanos;

    // Written by the control thread.
    private long[] ages;
    private volatile int shown;
    private volatile int versions;

    ChangeStream(Service service, ChangeSource source) {
        this.service = service;
        this.source = source;
    }

    /** What came of it, as a JSON object. */
    String run(int perSecond, double seconds) {
        // An even number: of verdicts it is every other one that can be seen.
        int count = 2 * (int) (perSecond * seconds / 2);
        madeNanos = new long[count + 1];
        ages = new long[count + 1];
        service.onPublished(this::published);
        long control = service.controlThread().getId();
        long cpu = threads.getThreadCpuTime(control);
        long begun = System.nanoTime();
        for (int number = 1; number <= count; number++) {
            sleepUntil(begun + number * 1_000_000_000L / perSecond);
            madeNanos[number] = System.nanoTime();
            source.change(service, number);
        }
        long ended = System.nanoTime();
        double share = (double) (threads.getThreadCpuTime(control) - cpu) / (ended - begun);
        int waiting = service.waiting();
        int published = versions;
        while (shown < count && System.nanoTime() - ended < GRACE_NANOS) {
            LockSupport.parkNanos(1_000_000);
        }
        int seen = shown;
        long[] all = Arrays.copyOfRange(ages, 1, count + 1);
        long now = System.nanoTime();
        for (int number = seen + 1; number <= count; number++) {
            all[number - 1] = now - madeNanos[number];
        }
        Arrays.sort(all);
        return String.format(
                Locale.ROOT,
                "{\"changes\": %d, \"perSecond\": %.0f, \"shown\": %d, \"versions\": %d, \"waiting\": %d,"
                        + " \"p50Millis\": %.2f, \"p99Millis\": %.2f, \"maxMillis\": %.2f, \"controlCpu\": %.3f}",
                count,
                count * 1e9 / (ended - begun),
                seen,
                published,
                waiting,
                millis(all, 0.5),
                millis(all, 0.99),
                millis(all, 1),
                share);
    }

    private static double millis(long[] sorted, double part) {
        return sorted[(int) Math.ceil(part * sorted.length) - 1] / 1e6;
    }

    private static void sleepUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** On the control thread. */
    private void published() {
        int before = shown;
        int now = source.shown(service.balancer().current().snapshot(), before);
        long nanos = System.nanoTime();
        for (int number = before + 1; number <= now; number++) {
            ages[number] = nanos - madeNanos[number];
        }
        versions++;
        shown = now;
    }
}

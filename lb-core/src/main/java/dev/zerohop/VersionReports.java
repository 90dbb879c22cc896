package dev.zerohop;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the listener learns of published versions. For tasks of the control path. */
final class VersionReports {
    private final String name;
    private final Time time;
    private final BalancerListener listener;

    /** Since when versions in force use endpoints that verdicts had taken out. Written by tasks, read by any thread. */
    private volatile @Nullable Instant panickingSince;

    VersionReports(String name, Time time, BalancerListener listener) {
        this.name = name;
        this.time = time;
        this.listener = listener;
    }

    @Nullable
    Instant panickingSince() {
        return panickingSince;
    }

    void published(Snapshot version, long tookNanos) {
        listener.onRebuild(name, version, Duration.ofNanos(tookNanos));
        String panic = version.panic();
        boolean panicking = panic != null;
        if (panicking != (panickingSince != null)) {
            panickingSince = panicking ? time.now() : null;
            listener.onPanic(name, panicking, panic == null ? "" : panic);
        }
    }
}

package dev.zerohop;

import java.time.Duration;

/** What the listener learns of published versions. For tasks of the control path. */
final class VersionReports {
    private final String name;
    private final BalancerListener listener;

    /** Whether the version in force uses endpoints that verdicts had taken out. */
    private boolean panicking;

    VersionReports(String name, BalancerListener listener) {
        this.name = name;
        this.listener = listener;
    }

    void published(Snapshot version, long tookNanos) {
        listener.onRebuild(name, version, Duration.ofNanos(tookNanos));
        String panic = version.panic();
        if (panicking != (panic != null)) {
            panicking = panic != null;
            listener.onPanic(name, panicking, panic == null ? "" : panic);
        }
    }
}

package dev.zerohop.monitor;

import dev.zerohop.Outcome;

/** What was counted at one endpoint. */
final class EndpointCounts {
    private final WindowedTotal attempts = new WindowedTotal();
    private final WindowedTotal ok = new WindowedTotal();
    private final WindowedTotal failed = new WindowedTotal();
    private final WindowedTotal okNanos = new WindowedTotal();

    void picked() {
        attempts.add(1);
    }

    void ended(Outcome outcome, long latencyNanos) {
        if (outcome == Outcome.SUCCESS) {
            ok.add(1);
            okNanos.add(latencyNanos);
        } else if (outcome.isFailure()) {
            failed.add(1);
        }
    }

    void begin(long before, long slice) {
        attempts.begin(before, slice);
        ok.begin(before, slice);
        failed.begin(before, slice);
        okNanos.begin(before, slice);
    }

    EndpointTraffic read(long slice) {
        long good = ok.sum(slice);
        double latency = good == 0 ? Double.NaN : (double) okNanos.sum(slice) / good;
        return new EndpointTraffic(
                attempts.sum(slice), good, failed.sum(slice), latency, attempts.slices(slice), failed.slices(slice));
    }
}

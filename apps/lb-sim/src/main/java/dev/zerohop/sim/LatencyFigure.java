package dev.zerohop.sim;

/** What is said of how long calls take. */
public enum LatencyFigure {
    /** The median. */
    P50("p50", 0.5),
    /** What 90 % of the calls do not exceed. */
    P90("p90", 0.9),
    /** What 99 % of them do not exceed. */
    P99("p99", 0.99),
    /** What 99.9 % of them do not exceed. */
    P999("p999", 0.999),
    /** The mean. */
    MEAN("mean", Double.NaN);

    private final String field;
    private final double share;

    LatencyFigure(String field, double share) {
        this.field = field;
        this.share = share;
    }

    /** Its name in answers. */
    public String field() {
        return field;
    }

    double millis(Histogram latency) {
        return (this == MEAN ? latency.mean() : latency.quantile(share)) / 1e6;
    }
}

package dev.zerohop.picker;

import dev.zerohop.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The results of probes that picks choose from, oldest first. Replaced as a whole by the control path; only how often a result was used changes in place. A race between two picks uses a result once more than
 * it should be, or removes one for two.
 *
 * @param entries at most one of an endpoint
 * @param hotAbove an endpoint with more calls under way, for its weight, is hot
 * @param removals how many results a pick removes besides, on average
 * @param typicalLatency the median of those that are known, which stands for the others: one that has served no call yet must be neither the best nor the worst; {@link #UNKNOWN} if none is
 */
@SuppressWarnings("ArrayRecordComponent")
record PrequalPool(Entry[] entries, double hotAbove, double removals, double typicalLatency) {
    static final PrequalPool EMPTY = new PrequalPool(List.of(), Double.POSITIVE_INFINITY, 0);

    /** The latency of an endpoint that reports none. */
    static final double UNKNOWN = -1;

    PrequalPool(List<Entry> entries, double hotAbove, double removals) {
        this(entries.toArray(new Entry[0]), hotAbove, removals, typical(entries));
    }

    private static double typical(List<Entry> entries) {
        double[] known = entries.stream()
                .mapToDouble(entry -> entry.latency)
                .filter(latency -> latency >= 0)
                .sorted()
                .toArray();
        return known.length == 0 ? UNKNOWN : (known[(known.length - 1) / 2] + known[known.length / 2]) / 2;
    }

    /** Whether any latency is known. */
    boolean latencies() {
        return typicalLatency >= 0;
    }

    double latency(Entry entry) {
        return entry.latency < 0 ? typicalLatency : entry.latency;
    }

    /** What one probe found. */
    static final class Entry {
        final Node node;

        /** The place of the endpoint among the candidates when it was probed. */
        final int place;

        /** Calls of others under way. */
        final double others;

        /** In ms; {@link #UNKNOWN} if the endpoint did not report it. */
        final double latency;

        final long sentNanos;
        private final int limit;
        private final AtomicInteger uses = new AtomicInteger();

        Entry(Node node, int place, double others, double latency, long sentNanos, int limit) {
            this.node = node;
            this.place = place;
            this.others = others;
            this.latency = latency;
            this.sentNanos = sentNanos;
            this.limit = limit;
        }

        /** Calls under way now: those of others as reported, and this client's own as they are. */
        double calls() {
            return others + node.inFlight();
        }

        void use() {
            uses.getAndIncrement();
        }

        void remove() {
            uses.setOpaque(limit);
        }

        boolean isOver() {
            return uses.getOpaque() >= limit;
        }
    }

    /** With a newer result in place of that of the same endpoint, without what is over or sent before, and without the oldest if there is no room. */
    PrequalPool with(Entry newest, int size, long sinceNanos, double above, double removing) {
        List<Entry> kept = kept(newest.node, sinceNanos);
        kept.add(newest);
        List<Entry> fitting = kept.subList(Math.max(0, kept.size() - size), kept.size());
        return new PrequalPool(fitting, above, removing);
    }

    /** Without that of an endpoint which does not answer any more. */
    PrequalPool without(Node node, long sinceNanos) {
        return new PrequalPool(kept(node, sinceNanos), hotAbove, removals);
    }

    private List<Entry> kept(Node gone, long sinceNanos) {
        List<Entry> kept = new ArrayList<>(entries.length + 1);
        for (Entry entry : entries) {
            if (entry.node != gone && !entry.isOver() && entry.sentNanos - sinceNanos >= 0) {
                kept.add(entry);
            }
        }
        return kept;
    }
}

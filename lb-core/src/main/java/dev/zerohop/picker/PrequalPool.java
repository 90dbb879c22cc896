package dev.zerohop.picker;

import dev.zerohop.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The results of probes that picks choose from, oldest first. Immutable but for how often each result was used: tasks of the serial executor put a new pool in its place. Two picks that race may use a result
 * once more than allowed, or remove one result instead of two.
 *
 * @param entries at most one for each endpoint
 * @param hotAbove an endpoint with more calls under way, for its weight, is hot
 * @param removals how many results a pick removes besides, on average
 * @param typicalLatency the median of the latencies that are known, which stands for the others: an endpoint that has served no call yet must be neither the best nor the worst; {@link #UNKNOWN} if none is known
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

    /** The latency of an endpoint, or what stands for it; in ms. */
    double latency(Entry entry) {
        return entry.latency < 0 ? typicalLatency : entry.latency;
    }

    /** What one probe found. */
    static final class Entry {
        final Node node;

        /** The place of the endpoint among the candidates when it was probed. */
        final int place;

        /** Calls of other clients under way there, as reported. */
        final double others;

        /** In ms; {@link #UNKNOWN} if the endpoint did not report it. */
        final double latency;

        /** When its probe left. */
        final long sentNanos;

        /** How many calls it serves. */
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

    /** With a newer result in place of that of the same endpoint, and without those that are used up, whose probe left before {@code sinceNanos}, or that are beyond {@code size}, the oldest first. */
    PrequalPool with(Entry newest, int size, long sinceNanos, double above, double removing) {
        List<Entry> kept = kept(newest.node, sinceNanos);
        kept.add(newest);
        List<Entry> fitting = kept.subList(Math.max(0, kept.size() - size), kept.size());
        return new PrequalPool(fitting, above, removing);
    }

    /** Without the result of an endpoint that does not answer any more, and without those that are used up or old. */
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

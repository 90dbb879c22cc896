package dev.zerohop.testing;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.LoadReport;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node whose facts a test sets. Thread-safe. */
public final class FakeNode implements Node {
    private volatile Endpoint endpoint;
    private volatile Health health = Health.unknown(0);
    private volatile long healthySinceNanos;
    private volatile boolean wasUsable = true;
    private volatile int inFlight;
    private volatile int penalty;
    private volatile double load;
    private volatile boolean loadSet;
    private volatile boolean stale;
    private volatile @Nullable ReportedLoad reported;

    /** A node of this endpoint, of unknown health and without load. */
    public FakeNode(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** A node of weight 1 at 127.0.0.1 with this id; an id that ends in {@code -N} gets the ordinal N. */
    public static FakeNode named(String id) {
        return named(id, 1);
    }

    /** {@link #named(String)} with a weight. */
    public static FakeNode named(String id, int weight) {
        int dash = id.lastIndexOf('-');
        int ordinal = dash >= 0 && id.substring(dash + 1).matches("\\d{1,6}")
                ? Integer.parseInt(id.substring(dash + 1))
                : Endpoint.NO_ORDINAL;
        return new FakeNode(Endpoint.builder("127.0.0.1", 1024 + Math.floorMod(id.hashCode(), 60_000))
                .id(id)
                .weight(weight)
                .ordinal(ordinal)
                .build());
    }

    /** Nodes of weight 1 with these ids. */
    public static List<FakeNode> all(String... ids) {
        List<FakeNode> nodes = new ArrayList<>();
        for (String id : ids) {
            nodes.add(named(id));
        }
        return nodes;
    }

    /** {@code prefix-0} to {@code prefix-(count-1)}, of weight 1 and with their ordinals. */
    public static List<FakeNode> numbered(String prefix, int count) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(named(prefix + "-" + i));
        }
        return nodes;
    }

    /** The snapshot with the {@linkplain Health#usable usable} candidates only, as a health filter that knows neither panic nor a last resort leaves it. */
    public static Snapshot usable(Snapshot all) {
        List<Candidate> usable = all.candidates().stream()
                .filter(candidate -> candidate.node().health().usable())
                .toList();
        return all.with(usable, Long.MAX_VALUE, "test: the usable ones").withAvailable(usable);
    }

    /** Sets the health. */
    public FakeNode health(Health.Status status) {
        return health(status, 0);
    }

    /** Sets the health and since when it is so. */
    public FakeNode health(Health.Status status, long sinceNanos) {
        health = new Health(status, "test", "set by the test", sinceNanos);
        return this;
    }

    /** Sets whether it has been usable at any time; it has until this is called. */
    public FakeNode wasUsable(boolean was) {
        wasUsable = was;
        return this;
    }

    /** Sets the attempts under way. */
    public FakeNode inFlight(int count) {
        inFlight = count;
        return this;
    }

    /** Sets the penalty for failures that {@link #pressure} adds to the attempts under way. */
    public FakeNode penalty(int value) {
        penalty = value;
        return this;
    }

    /** Sets the load; until then it is the {@linkplain #pressure pressure}. */
    public FakeNode load(double value) {
        load = value;
        loadSet = true;
        return this;
    }

    /** Sets whether the load is too old to be relied on. */
    public FakeNode stale(boolean value) {
        stale = value;
        return this;
    }

    /** Sets what it reported last of its load, and when; until then it has reported nothing. */
    public FakeNode reported(LoadReport report, long nanos) {
        reported = new ReportedLoad(report, nanos);
        return this;
    }

    /** Sets since when it is healthy. */
    public FakeNode healthySince(long nanos) {
        healthySinceNanos = nanos;
        return this;
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public Health health() {
        return health;
    }

    @Override
    public long healthySinceNanos() {
        return healthySinceNanos;
    }

    @Override
    public boolean wasUsable() {
        return wasUsable;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public int pressure() {
        return inFlight + penalty;
    }

    @Override
    public double load(long nowNanos) {
        return loadSet ? load : pressure();
    }

    @Override
    public boolean stale(long nowNanos) {
        return stale;
    }

    @Override
    public @Nullable ReportedLoad reportedLoad() {
        return reported;
    }

    @Override
    public String toString() {
        return endpoint.id();
    }
}

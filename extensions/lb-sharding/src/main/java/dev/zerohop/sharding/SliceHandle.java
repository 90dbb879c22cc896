package dev.zerohop.sharding;

/**
 * One call for one key: whether the member owned the key when it began, whether it still does, and what load the call is. {@link #close} counts the load. For one thread at a time.
 *
 * <p>Ownership is affinity: another member may serve calls for the same key at that time, for a moment after a change.
 */
public final class SliceHandle implements AutoCloseable {
    private final SliceMember member;
    private final long hash;
    private final long version;
    private final boolean owned;
    private final LoadCells cells;
    private double load = 1;
    private boolean closed;

    SliceHandle(SliceMember member, long hash, Holdings now, LoadCells misdirected) {
        this.member = member;
        this.hash = hash;
        this.version = now.version;
        int piece = now.find(hash);
        this.owned = piece >= 0;
        this.cells = owned ? now.meter(piece).cells : misdirected;
    }

    /** Whether the member owned the key when the call began. */
    public boolean owned() {
        return owned;
    }

    /** Whether the member has owned the key all the time since the call began. A cut or a merge of slices is no loss; a key that left and came back is one. Ask before a result is made visible. */
    public boolean stillOwned() {
        Holdings now = member.holdings();
        if (!owned || now.version == version) {
            return owned;
        }
        int piece = now.find(hash);
        return piece >= 0 && now.since(piece) <= version;
    }

    /**
     * Says what load the call is; by default it is 1.
     *
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public void load(double units) {
        if (!(units >= 0) || units == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("load was " + units + ", expected a finite number of 0 or more");
        }
        load = units;
    }

    /** Counts the load. Idempotent. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (load == 1) {
                cells.addOne();
            } else {
                cells.add(load);
            }
            if (SpaceSaving.chosen()) {
                member.sample(hash, load);
            }
        }
    }
}

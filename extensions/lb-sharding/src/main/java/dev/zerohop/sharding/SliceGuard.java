package dev.zerohop.sharding;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Printable;
import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;
import dev.zerohop.Time;
import dev.zerohop.guard.ShardGuard;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Judges on a member whether a call has come to an owner of its key, and counts those that have not. Clients learn of an assignment within milliseconds of each other, not at the same
 * instant, so that some calls come to the owner of a moment ago: that is normal.
 *
 * <p>By default such a call runs, slower perhaps, since what it needs is not cached here. With {@link Misdirected#REJECT} it is answered with the generation and the owner, and its client goes
 * there; it was not run. Only calls that state a generation ({@link ShardGuard#EPOCH_HEADER}) are rejected: others come from clients that could not do better with the answer. A call that stands in for an owner that is
 * down ({@link ShardGuard#NOT_OWNER_HEADER}) always runs, and so does one whose key is not known here, that no member owns by an assignment, or that comes while there is no assignment.
 *
 * <p>A call that states a later generation than this member knows is not judged by the older one. Where misdirected calls are rejected, it waits until that generation is known here, at most {@link #MAX_WAIT};
 * then it runs, as its client knows more.
 *
 * <p>Ownership is affinity: that a call is let through does not say that no other member runs one for the same key at that time. Thread-safe; nothing blocks.
 */
public final class SliceGuard {

    /** The longest time that a call waits for the generation that it states. */
    public static final Duration MAX_WAIT = Duration.ofMillis(50);

    /** Calls that wait at a time; those above it run at once. */
    static final int MAX_WAITING = 10_000;

    private static final CompletableFuture<@Nullable Rejection> RUNS = CompletableFuture.completedFuture(null);

    /** What becomes of calls for keys that another member owns. */
    public enum Misdirected {
        /** They run. */
        SERVE,
        /** They are answered with the generation and the owner, if they state a generation. */
        REJECT
    }

    /**
     * Why a call must not run here.
     *
     * @param message what the call stated, and what holds here
     * @param generation the assignment that this member judged by
     * @param owner the id of an owner of the key
     */
    public record Rejection(String message, long generation, String owner) {
        /** Takes the message in its printable form. */
        public Rejection {
            message = Printable.text(message);
            requireNonNull(owner, "owner");
        }
    }

    /**
     * What became of the calls so far.
     *
     * @param calls all that were judged
     * @param misdirected those for a key of another member, which knew no later generation than this member; rejected ones too
     * @param spilled those for a key of another member that stood in for its owner
     * @param rejected those that were not run
     * @param waited those that waited for the generation that they stated
     */
    public record Counts(long calls, long misdirected, long spilled, long rejected, long waited) {}

    /** A call that waits for a generation. */
    private final class Waiting extends CompletableFuture<@Nullable Rejection> {
        private final long stated;
        private final EndpointSelector key;
        private volatile @Nullable Cancellable timer;

        Waiting(long stated, EndpointSelector key) {
            this.stated = stated;
            this.key = key;
            waiting.add(this);
            this.timer = time.schedule(MAX_WAIT.toNanos(), () -> end(null));
        }

        void judgeIfKnown(@Nullable SliceMap now) {
            if (now != null && now.generation() >= stated) {
                end(now);
            }
        }

        /** Judges by the assignment; lets the call run if there is none. */
        private void end(@Nullable SliceMap now) {
            if (waiting.remove(this)) {
                Cancellable pending = timer;
                if (pending != null) {
                    pending.cancel();
                }
                complete(now == null ? null : misplaced(now, Long.toString(stated), key));
            }
        }
    }

    private final Ownership ownership;
    private final Misdirected misdirected;
    private final boolean counting;
    private final Time time;
    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();

    private final LongAdder calls = new LongAdder();
    private final LongAdder strayed = new LongAdder();
    private final LongAdder spilled = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private final LongAdder waited = new LongAdder();

    private SliceGuard(Builder builder) {
        this.ownership = builder.ownership;
        this.misdirected = builder.misdirected;
        this.counting = builder.counting;
        this.time = builder.time;
        ownership.onAssignment(() -> {
            if (!waiting.isEmpty()) {
                SliceMap now = ownership.assignment();
                waiting.forEach(call -> call.judgeIfKnown(now));
            }
        });
    }

    /** Starts a guard of a member. */
    public static Builder builder(SliceMember member) {
        return new Builder(member.ownership());
    }

    static Builder builder(Ownership ownership) {
        return new Builder(ownership);
    }

    /**
     * Judges one call.
     *
     * @param stated what the call states in {@link ShardGuard#EPOCH_HEADER}, null if nothing; what is no generation counts as nothing
     * @param notOwner whether the call has {@link ShardGuard#NOT_OWNER_HEADER}
     * @param key the key of the call, as the client gave it; null if it is not known here
     * @return completes with null if the call may run; nearly always it is complete already
     */
    public CompletableFuture<@Nullable Rejection> judge(
            @Nullable String stated, boolean notOwner, @Nullable EndpointSelector key) {
        calls.increment();
        if (key == null) {
            return RUNS;
        }
        if (counting) {
            ownership.record(key);
        }
        SliceMap now = ownership.assignment();
        if (notOwner) {
            if (now != null && elsewhere(now, key) != null) {
                spilled.increment();
            }
            return RUNS;
        }
        long generation = generation(stated);
        if (generation > (now == null ? SliceMap.DRAFT : now.generation())) {
            return ahead(generation, now, key);
        }
        if (now == null) {
            return RUNS;
        }
        Rejection verdict = misplaced(now, generation == SliceMap.DRAFT ? null : stated, key);
        return verdict == null ? RUNS : CompletableFuture.completedFuture(verdict);
    }

    /** The client knows a later generation: one that sends a key to its owner by what is known here, too, needs no other answer. */
    private CompletableFuture<@Nullable Rejection> ahead(long stated, @Nullable SliceMap now, EndpointSelector key) {
        if (misdirected == Misdirected.SERVE
                || now == null
                || elsewhere(now, key) == null
                || waiting.size() >= MAX_WAITING) {
            return RUNS;
        }
        waited.increment();
        Waiting call = new Waiting(stated, key);
        // It may have come between the look and the wait.
        call.judgeIfKnown(ownership.assignment());
        return call;
    }

    private @Nullable Rejection misplaced(SliceMap now, @Nullable String stated, EndpointSelector key) {
        String owner = elsewhere(now, key);
        if (owner == null) {
            return null;
        }
        strayed.increment();
        if (misdirected == Misdirected.SERVE || stated == null) {
            return null;
        }
        rejected.increment();
        return new Rejection(
                "generation was " + stated + ": by generation " + now.generation() + " the key belongs to " + owner
                        + ", this member is " + ownership.id(),
                now.generation(),
                owner);
    }

    /** An owner of the key, if others own it and this member does not; null otherwise. */
    private @Nullable String elsewhere(SliceMap now, EndpointSelector key) {
        int slice = now.find(key.hash());
        if (now.inherits(slice) || now.owns(now.ownerOf(ownership.id()), slice)) {
            return null;
        }
        return now.owners().get(now.owner(slice, 0)).id();
    }

    private static long generation(@Nullable String stated) {
        if (stated == null) {
            return SliceMap.DRAFT;
        }
        try {
            long generation = Long.parseLong(stated);
            return generation < 0 || generation > ShardMap.MAX_EPOCH ? SliceMap.DRAFT : generation;
        } catch (NumberFormatException malformed) {
            return SliceMap.DRAFT;
        }
    }

    /** What became of the calls so far. */
    public Counts counts() {
        return new Counts(calls.sum(), strayed.sum(), spilled.sum(), rejected.sum(), waited.sum());
    }

    @Override
    public String toString() {
        return "SliceGuard(" + ownership.id() + ", " + misdirected + ", " + counts() + ")";
    }

    /** Builds a {@link SliceGuard}. Not thread-safe. */
    public static final class Builder {
        private final Ownership ownership;
        private Misdirected misdirected = Misdirected.SERVE;
        private boolean counting = true;
        private Time time = Time.system();

        private Builder(Ownership ownership) {
            this.ownership = requireNonNull(ownership, "ownership");
        }

        /** Sets what becomes of calls for keys that another member owns. Default: {@link Misdirected#SERVE}. */
        public Builder misdirected(Misdirected misdirected) {
            this.misdirected = requireNonNull(misdirected, "misdirected");
            return this;
        }

        /** Leaves the counting of load to the handlers: for those that call {@code begin} themselves. By default the guard counts each call whose key it knows as load of 1. */
        public Builder loadByHandlers() {
            this.counting = false;
            return this;
        }

        /** Sets the timers of the calls that wait. Default: the process's. */
        public Builder time(Time time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /** Builds the guard. */
        public SliceGuard build() {
            return new SliceGuard(this);
        }
    }
}

package dev.zerohop.health;

import dev.zerohop.EjectionPolicy;
import dev.zerohop.Outcome;
import dev.zerohop.Time;
import dev.zerohop.internal.Durations;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One endpoint's record. Requests count and probe; everything else is the detector's, on the serial executor. */
final class OutlierStats implements EjectionPolicy.EndpointStats {

    /** What took the endpoint out. */
    enum Cause {
        FAILURES,
        CONNECT
    }

    private static final VarHandle FAILURES;
    private static final VarHandle CONNECT_FAILURES;
    private static final VarHandle PROBE_SINCE;
    private static final VarHandle COUNTS;
    private static final VarHandle LATENCIES;

    /** One call that failed, in the upper half of {@link #counts}; the lower half counts all. */
    private static final long FAILED = 1L << 32;

    /** One call whose latency counts, in the upper 24 bits of {@link #latencies}; the lower 40 are the sum in microseconds. */
    private static final long TIMED = 1L << 40;

    private static final long LATENCY_SUM = TIMED - 1;

    /** Where an interval has enough of either, so that what threads add at once overflows neither: 8 million calls, 6 days of waiting. */
    private static final int MOST_TIMED = 1 << 23;

    private static final long MOST_LATENCY_SUM = 1L << 39;

    /** As much as one call may weigh. */
    static final long MAX_LATENCY_NANOS = Duration.ofMinutes(10).toNanos();

    private static final long NO_PROBE = Long.MIN_VALUE;
    private static final long PROBE_PATIENCE_NANOS = OutlierEjection.PROBE_PATIENCE.toNanos();

    /** Of thousands of probes that hang, each began at another instant; the detector looks at them together. */
    private static final long PROBE_REVIEW_NANOS = Duration.ofSeconds(1).toNanos();

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            FAILURES = lookup.findVarHandle(OutlierStats.class, "failures", int.class);
            CONNECT_FAILURES = lookup.findVarHandle(OutlierStats.class, "connectFailures", int.class);
            PROBE_SINCE = lookup.findVarHandle(OutlierStats.class, "probeSince", long.class);
            COUNTS = lookup.findVarHandle(OutlierStats.class, "counts", long.class);
            LATENCIES = lookup.findVarHandle(OutlierStats.class, "latencies", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final OutlierEjection.Limits limits;
    private final Time time;
    private final OutlierNews news;

    /** Run within a review that changed the state. */
    final Runnable changed;

    // Links of OutlierNews.
    volatile boolean hasNews;

    @Nullable
    OutlierStats nextWithNews;

    /** Its endpoint has left; written by the detector. */
    volatile boolean removed;

    // Written by requests. Never more failed connections than failures, so that a success looks at one field only.
    volatile int failures;
    volatile int connectFailures;

    /** Calls of this interval while it is active, and those of them that failed. Stays 0 unless something compares them. */
    private volatile long counts;

    /** Latencies of this interval while it is active. Stays 0 unless something compares them. */
    private volatile long latencies;

    /** Written by the detector; null while nothing has been compared. */
    volatile LatencyComparison.@Nullable Usual usual;

    private volatile long probeSince = NO_PROBE;
    volatile @Nullable Outcome probeOutcome;
    private volatile @Nullable Outcome lastFailure;

    // Written by the detector.
    private volatile EjectionPolicy.State state = EjectionPolicy.State.ACTIVE;
    volatile int phase;
    private volatile String reason = "";
    Cause cause = Cause.FAILURES;
    private long untilNanos;
    private long activeSinceNanos;

    /** Latencies of attempts that began before are those of another time. */
    private long timedSinceNanos;

    private int failureTimes;
    private int connectTimes;

    OutlierStats(OutlierEjection.Limits limits, Time time, OutlierNews news, Runnable changed) {
        this.limits = limits;
        this.time = time;
        this.news = news;
        this.changed = changed;
        this.activeSinceNanos = time.nanoTime();
        this.timedSinceNanos = activeSinceNanos;
    }

    // ---- request path ----

    @Override
    public boolean onOutcome(Outcome outcome) {
        if (!speaksAgainst(outcome)) {
            if (limits.counts() && clears(outcome) && state == EjectionPolicy.State.ACTIVE) {
                COUNTS.getAndAdd(this, 1L);
            }
            // The usual call ends here: one read and no write. What ends well during an ejection began before it and
            // readmits none.
            if ((int) FAILURES.getOpaque(this) != 0 && clears(outcome) && state == EjectionPolicy.State.ACTIVE) {
                failures = 0;
                connectFailures = 0;
            }
            return false;
        }
        if (state != EjectionPolicy.State.ACTIVE) {
            return false;
        }
        if (limits.counts()) {
            COUNTS.getAndAdd(this, FAILED + 1);
        }
        lastFailure = outcome;
        int all = (int) FAILURES.getAndAdd(this, 1) + 1;
        boolean crossed = all == limits.consecutiveFailures();
        if (outcome == Outcome.CONNECT_FAILURE) {
            crossed |= (int) CONNECT_FAILURES.getAndAdd(this, 1) + 1 == limits.connectFailures();
        } else {
            connectFailures = 0;
        }
        if (crossed) {
            news.of(this);
        }
        return crossed;
    }

    @Override
    public boolean timed() {
        return limits.times();
    }

    @Override
    public void onLatency(long nowNanos, long latencyNanos) {
        if (!limits.times() || state != EjectionPolicy.State.ACTIVE || nowNanos - latencyNanos - timedSinceNanos < 0) {
            return;
        }
        long before = (long) LATENCIES.getOpaque(this);
        if (timedCalls(before) < MOST_TIMED && (before & LATENCY_SUM) < MOST_LATENCY_SUM) {
            LatencyComparison.Usual known = usual;
            long most = known == null ? MAX_LATENCY_NANOS : known.mostNanos();
            LATENCIES.getAndAdd(this, TIMED + (Math.min(latencyNanos, most) + 500) / 1_000);
        }
    }

    @Override
    public void onTimeout(long nowNanos, long waitedNanos) {
        LatencyComparison.Usual known = usual;
        // A deadline that is shorter than an answer takes makes no endpoint fast.
        if (known == null || waitedNanos >= known.nanos()) {
            onLatency(nowNanos, waitedNanos);
        }
    }

    @Override
    public boolean onProbeOutcome(Outcome outcome, int began) {
        if (state != EjectionPolicy.State.HALF_OPEN) {
            return onOutcome(outcome);
        }
        if (began != phase) {
            // It began before the probe that ended its own phase; how it ends means nothing now.
            return false;
        }
        if (!speaksAgainst(outcome) && !outcome.isAnswer()) {
            probeSince = NO_PROBE;
            return false;
        }
        probeOutcome = outcome;
        // One that is half open is looked at in each review.
        return true;
    }

    @Override
    public int phase() {
        return state == EjectionPolicy.State.HALF_OPEN ? phase : 0;
    }

    @Override
    public boolean awaitsProbe() {
        return state == EjectionPolicy.State.HALF_OPEN && probeSince == NO_PROBE;
    }

    @Override
    public boolean tryProbe() {
        if (state != EjectionPolicy.State.HALF_OPEN) {
            return true;
        }
        return probeSince == NO_PROBE && PROBE_SINCE.compareAndSet(this, NO_PROBE, time.nanoTime());
    }

    @Override
    public int consecutiveFailures() {
        return failures;
    }

    @Override
    public EjectionPolicy.State state() {
        return state;
    }

    @Override
    public String reason() {
        return reason;
    }

    @Override
    public boolean unreachable() {
        return state == EjectionPolicy.State.EJECTED && cause == Cause.CONNECT;
    }

    boolean speaksAgainst(Outcome outcome) {
        return switch (outcome) {
            case ERROR_RESPONSE -> limits.errorResponses();
            case TIMEOUT -> limits.timeouts();
            default -> outcome.isEndpointFailure();
        };
    }

    /** Whether the outcome ends a row of failures. Overload does not: it is no failure of the endpoint, and no success. */
    private static boolean clears(Outcome outcome) {
        return outcome.isAnswer() && outcome != Outcome.OVERLOADED;
    }

    // ---- the detector's ----

    /** The calls since this was last asked, for {@link #calls} and {@link #failures}. */
    long takeCounts() {
        // Of thousands of endpoints most may have had none.
        return counts == 0 ? 0 : (long) COUNTS.getAndSet(this, 0L);
    }

    static int calls(long counts) {
        return (int) counts;
    }

    static int failures(long counts) {
        return (int) (counts >>> 32);
    }

    /** The latencies since this was last asked, for {@link #timedCalls} and {@link #latencyNanos}. */
    long takeLatencies() {
        return latencies == 0 ? 0 : (long) LATENCIES.getAndSet(this, 0L);
    }

    static int timedCalls(long latencies) {
        return (int) (latencies >>> 40);
    }

    /** The sum of all. */
    static double latencyNanos(long latencies) {
        return 1_000.0 * (latencies & LATENCY_SUM);
    }

    boolean isActive() {
        return state == EjectionPolicy.State.ACTIVE;
    }

    /** Whether it belongs to the detector with these news. */
    boolean reportsTo(OutlierNews whose) {
        return news == whose;
    }

    /** Gives the probe to another call if the one that has it does not end. Returns in how many nanoseconds to look again. */
    long reviewProbe(long now) {
        long since = probeSince;
        if (since == NO_PROBE) {
            return PROBE_PATIENCE_NANOS;
        }
        long left = since + PROBE_PATIENCE_NANOS - now;
        if (left > 0) {
            return Math.max(left, PROBE_REVIEW_NANOS);
        }
        PROBE_SINCE.compareAndSet(this, since, NO_PROBE);
        return PROBE_PATIENCE_NANOS;
    }

    @Override
    public long untilNanos() {
        return untilNanos;
    }

    int times(Cause of) {
        return of == Cause.CONNECT ? connectTimes : failureTimes;
    }

    boolean outForFailures() {
        return state != EjectionPolicy.State.ACTIVE && cause == Cause.FAILURES;
    }

    /** Takes back one step of the growing times for each healthy interval until then; computed when it is needed, so that no timer runs for it. */
    void forgetHealthyIntervals(long until) {
        if (state != EjectionPolicy.State.ACTIVE) {
            return;
        }
        long steps = Math.max(0, until - activeSinceNanos) / limits.intervalNanos();
        failureTimes = (int) Math.max(0, failureTimes - steps);
        connectTimes = (int) Math.max(0, connectTimes - steps);
    }

    /** Why it is to be taken out for that cause, by what calls have reported. */
    String evidence(Cause by) {
        return state == EjectionPolicy.State.HALF_OPEN
                ? "its probe call failed (" + probeOutcome + ")"
                : by == Cause.CONNECT
                        ? "no connection could be made (" + connectFailures + " in a row)"
                        : failures + " consecutive failures, the last " + lastFailure;
    }

    /** Takes the endpoint out. A time that has reached its maximum is not counted up any more, so that it shrinks as soon as the endpoint is well. */
    void eject(Cause by, String why, long now, long nanos, boolean grows) {
        if (grows) {
            if (by == Cause.CONNECT) {
                connectTimes++;
            } else {
                failureTimes++;
            }
        }
        cause = by;
        untilNanos = now + nanos;
        reason = why + "; out for " + Durations.text(nanos);
        probeOutcome = null;
        state = EjectionPolicy.State.EJECTED;
    }

    /** {@code number} is one that no earlier phase had that a call may remember. */
    void halfOpen(int number) {
        phase = number;
        probeOutcome = null;
        probeSince = NO_PROBE;
        reason = "its time is over; one call decides (was out because " + reason + ")";
        state = EjectionPolicy.State.HALF_OPEN;
    }

    void readmit(long now) {
        // What calls from before its ejection have counted meanwhile is not held against it.
        takeCounts();
        takeLatencies();
        failures = 0;
        connectFailures = 0;
        activeSinceNanos = now;
        timedSinceNanos = now;
        reason = "";
        state = EjectionPolicy.State.ACTIVE;
    }

    /** Goes on from the record that an earlier policy kept. An ejection that this policy would not make as long is shortened. */
    void continueFrom(OutlierStats old) {
        failures = old.failures;
        connectFailures = old.connectFailures;
        lastFailure = old.lastFailure;
        probeSince = old.probeSince;
        phase = old.phase;
        probeOutcome = old.probeOutcome;
        reason = old.reason;
        cause = old.cause;
        activeSinceNanos = old.activeSinceNanos;
        failureTimes = old.failureTimes;
        connectTimes = old.connectTimes;
        long longest = time.nanoTime() + (cause == Cause.CONNECT ? limits.connectMaxNanos() : limits.maxNanos());
        untilNanos = old.untilNanos - longest > 0 ? longest : old.untilNanos;
        state = old.state;
    }
}

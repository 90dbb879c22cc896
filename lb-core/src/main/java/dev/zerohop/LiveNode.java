package dev.zerohop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The balancer's own node. Fields above the line are written by the control path only; the counter is written by every thread.
 */
final class LiveNode extends LiveNodePad implements Node {
    private static final int MAX_PENALTY = 63;

    private static final VarHandle IN_FLIGHT;
    private static final VarHandle PENALTY;
    private static final VarHandle ENDPOINT;
    private static final VarHandle REPORTED;

    /** None has come yet. */
    private static final ReportedLoad NO_REPORT =
            new ReportedLoad(LoadReport.builder().build(), 0);

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            IN_FLIGHT = lookup.findVarHandle(LiveNodeCounter.class, "inFlight", long.class);
            PENALTY = lookup.findVarHandle(LiveNodeCounter.class, "penalty", int.class);
            ENDPOINT = lookup.findVarHandle(LiveNodeCounter.class, "endpoint", Endpoint.class);
            REPORTED = lookup.findVarHandle(LiveNodeCounter.class, "reported", ReportedLoad.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** The last {@link #candidate}; control path only. */
    private @Nullable Candidate candidate;

    /** @param unknown what is believed of it at first: nothing, since now */
    LiveNode(Balancer owner, Endpoint endpoint, Health unknown, LoadMetric.@Nullable Load load) {
        super(owner, endpoint, unknown, load);
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
        return InFlight.count(inFlight);
    }

    @Override
    public int pressure() {
        return awaitsProbe() ? 0 : InFlight.count(inFlight) + (int) PENALTY.getOpaque(this);
    }

    @Override
    public int penalty() {
        return awaitsProbe() ? 0 : (int) PENALTY.getOpaque(this);
    }

    @Override
    public double load(long nowNanos) {
        LoadMetric.Load load = this.load;
        return load == null ? pressure() : awaitsProbe() ? 0 : load.value(nowNanos, inFlight());
    }

    @Override
    public boolean stale(long nowNanos) {
        LoadMetric.Load load = this.load;
        return load != null && load.stale(nowNanos, inFlight());
    }

    @Override
    public @Nullable ReportedLoad reportedLoad() {
        ReportedLoad last = reported;
        return last == NO_REPORT ? null : last;
    }

    boolean keepsReports() {
        return reported != null;
    }

    /** Keeps a report, if a stage wants it. One that comes while the control path forgets those before is not worth keeping, nor one that is overtaken. */
    void keepReport(LoadReport report, long nowNanos) {
        ReportedLoad before = reported;
        if (before != null) {
            REPORTED.compareAndSet(this, before, new ReportedLoad(report, nowNanos));
        }
    }

    private boolean awaitsProbe() {
        return halfOpen && record.awaitsProbe();
    }

    /** The half-open phase that a call which begins now belongs to. */
    int phase() {
        try {
            return record.phase();
        } catch (Throwable thrown) {
            owner.report("the ejection's track record", "the call decides nothing", thrown);
            return 0;
        }
    }

    /** For people. */
    int consecutiveFailures() {
        try {
            return record.consecutiveFailures();
        } catch (Throwable thrown) {
            return 0;
        }
    }

    Balancer owner() {
        return owner;
    }

    /** Counts an attempt in. Returns the generation that it belongs to. */
    int begin() {
        long seen = inFlight;
        long unit = InFlight.unit(InFlight.generation(seen));
        // The generation may have moved on since: the count that was added to is that of the generation with its
        // parity.
        return InFlight.generationOf((long) IN_FLIGHT.getAndAdd(this, unit), unit);
    }

    /** Counts an attempt out. Returns false if its generation was closed before: then it is counted no more. */
    boolean end(int generation) {
        while (true) {
            long seen = inFlight;
            if (InFlight.closed(seen, generation)) {
                return false;
            }
            if (IN_FLIGHT.weakCompareAndSet(this, seen, seen - InFlight.unit(generation))) {
                return true;
            }
        }
    }

    /** The generation that attempts which begin now belong to. */
    int generation() {
        return InFlight.generation(inFlight);
    }

    /** Begins the next generation and closes the last but one. Returns how many attempts of that were still under way. Control path only. */
    int nextGeneration() {
        while (true) {
            long seen = inFlight;
            long next = InFlight.next(seen);
            if (IN_FLIGHT.compareAndSet(this, seen, next)) {
                return InFlight.count(seen) - InFlight.count(next);
            }
        }
    }

    /** Notes how an attempt ended. A penalty lost to another thread's is made good by the next outcome. */
    void note(Outcome outcome) {
        int before = (int) PENALTY.getOpaque(this);
        if (outcome == Outcome.SUCCESS) {
            // Not written when there is nothing to change.
            if (before != 0) {
                PENALTY.setOpaque(this, before >>> 1);
            }
        } else if (outcome.isFailure()) {
            PENALTY.setOpaque(this, Math.min(MAX_PENALTY, 2 * before + 1));
        }
    }

    // ---- control path ----

    /** The endpoint is a member again, with a clean record; what is under way since before still counts. */
    void rejoin(Endpoint next, Health unknown, LoadMetric.@Nullable Load nextLoad) {
        left = false;
        endpoint = next;
        load = nextLoad;
        verdicts = List.of();
        setHeldSince(MembershipGuard.Member.NOT_HELD);
        health = unknown;
        healthySinceNanos = unknown.sinceNanos();
        cold = false;
        halfOpen = false;
        PENALTY.setOpaque(this, 0);
    }

    /**
     * One source's verdict with the instant at which it ends.
     *
     * @param by whose verdict it is: two sources may bear one name, and each keeps its verdict
     * @param source the name of that
     */
    record TimedVerdict(Object by, String source, HealthSource.Verdict verdict, long sinceNanos, long endsNanos) {}

    void putVerdict(Object by, String source, HealthSource.Verdict verdict, long nowNanos) {
        // A time to live beyond the end of the clock is for ever.
        long ends = nowNanos + verdict.ttlNanos();
        if (verdict.ttlNanos() == Long.MAX_VALUE || ends < nowNanos) {
            ends = Long.MAX_VALUE;
        }
        List<TimedVerdict> next = new ArrayList<>(verdicts.size() + 1);
        long since = nowNanos;
        for (TimedVerdict timed : verdicts) {
            if (timed.by() != by) {
                next.add(timed);
            } else if (timed.verdict().status() == verdict.status()) {
                since = timed.sinceNanos();
            }
        }
        next.add(new TimedVerdict(by, source, verdict, since, ends));
        verdicts = next;
    }

    void removeVerdict(Object by) {
        if (verdicts.isEmpty()) {
            return;
        }
        List<TimedVerdict> next = new ArrayList<>(verdicts);
        next.removeIf(timed -> timed.by() == by);
        verdicts = next;
    }

    /**
     * Recomputes the belief from everything that is known; the worst live verdict wins.
     *
     * @return the earliest instant at which a verdict ends, or {@link Long#MAX_VALUE}
     */
    long refreshHealth(long nowNanos) {
        if (hasNoVerdict()) {
            return Long.MAX_VALUE;
        }
        WorstBelief worst = new WorstBelief();
        long nextEnd = Long.MAX_VALUE;
        List<TimedVerdict> current = verdicts;
        for (int i = 0; i < current.size(); i++) {
            TimedVerdict timed = current.get(i);
            if (timed.endsNanos() != Long.MAX_VALUE) {
                if (timed.endsNanos() - nowNanos <= 0) {
                    continue;
                }
                nextEnd = Math.min(nextEnd, timed.endsNanos());
            }
            HealthSource.Verdict verdict = timed.verdict();
            worst.take(verdict.status(), timed.source(), verdict.reason(), timed.endsNanos());
        }
        switch (endpoint.readiness()) {
            case READY -> {}
            case NOT_READY ->
                worst.take(Health.Status.NOT_READY, "source", "its source says not ready", Health.OPEN_END);
            case DRAINING ->
                worst.take(Health.Status.DRAINING, "source", "its source says that it is leaving", Health.OPEN_END);
        }
        Health.Status passive = switch (record.state()) {
            case ACTIVE -> Health.Status.HEALTHY;
            case EJECTED -> record.unreachable() ? Health.Status.UNREACHABLE : Health.Status.EJECTED;
            case HALF_OPEN -> Health.Status.HALF_OPEN;
        };
        // Asked for no more than counts: the record may be an application's.
        if (passive.compareTo(worst.status) > 0) {
            worst.take(
                    passive,
                    "ejection",
                    record.reason(),
                    passive == Health.Status.HALF_OPEN ? Health.OPEN_END : record.untilNanos());
        }
        if (heldSinceNanos != MembershipGuard.Member.NOT_HELD) {
            worst.take(
                    Health.Status.HELD,
                    "guard",
                    "no longer named by its source; a loss of this size is not believed at once",
                    Health.OPEN_END);
        }
        publish(worst, nowNanos);
        // A draining endpoint that was ejected is on probation as any other, though its status says what weighs more.
        boolean probation = worst.status == Health.Status.HALF_OPEN
                || (worst.status == Health.Status.DRAINING && passive == Health.Status.HALF_OPEN);
        if (halfOpen != probation) {
            halfOpen = probation;
        }
        return nextEnd;
    }

    private void publish(WorstBelief worst, long nowNanos) {
        Health before = health;
        if (before.status() == worst.status
                && before.source().equals(worst.source)
                && before.reason().equals(worst.reason)
                && before.untilNanos() == worst.untilNanos) {
            return;
        }
        if (worst.status.usable()) {
            wasUsable = true;
            if (cold && before.impaired()) {
                healthySinceNanos = nowNanos;
            }
            cold = worst.status == Health.Status.HALF_OPEN;
        } else if (worst.status != Health.Status.CONNECTING && worst.status != Health.Status.DRAINING) {
            cold = true;
        }
        boolean wasFullyIn = before.status().usable() && before.status() != Health.Status.HALF_OPEN;
        if (worst.status.usable() && !wasFullyIn) {
            readmitted(nowNanos);
        }
        if (worst.status == Health.Status.HALF_OPEN && before.status() != Health.Status.HALF_OPEN) {
            outSinceNanos = before.sinceNanos();
        }
        // A probe call that failed is an interruption of nothing: the endpoint was out all the time.
        boolean outAgain = before.status() == Health.Status.HALF_OPEN
                && (worst.status == Health.Status.EJECTED || worst.status == Health.Status.UNREACHABLE);
        long since = before.status() == worst.status ? before.sinceNanos() : outAgain ? outSinceNanos : nowNanos;
        health = new Health(worst.status, worst.source, worst.reason, since, worst.untilNanos);
    }

    private void readmitted(long nowNanos) {
        LoadMetric.Load measured = load;
        if (measured != null) {
            try {
                measured.readmitted(nowNanos);
            } catch (Throwable thrown) {
                owner.report("the load metric", "it keeps what it knew of the endpoint", thrown);
            }
        }
    }

    /** No source has a verdict on this node and none had one before, which holds for nearly all nodes nearly always. */
    private boolean hasNoVerdict() {
        return verdicts.isEmpty()
                && health.status() == Health.Status.UNKNOWN
                && endpoint.readiness() == Endpoint.Readiness.READY
                && heldSinceNanos == MembershipGuard.Member.NOT_HELD
                && record.state() == EjectionPolicy.State.ACTIVE;
    }

    /** Whether stages want reports; those that came before are forgotten. */
    void keepReports(boolean keeps) {
        ReportedLoad next = keeps ? NO_REPORT : null;
        if (reported != next) {
            reported = next;
        }
    }

    void setLoad(LoadMetric.@Nullable Load next) {
        load = next;
    }

    /** What a node carries for a metric; null for {@link LoadMetric#IN_FLIGHT}, of which the counter and the penalty are the whole. */
    static LoadMetric.@Nullable Load loadOf(LoadMetric metric) {
        return metric.equals(LoadMetric.IN_FLIGHT) ? null : metric.newLoad();
    }

    void setRecord(EjectionPolicy.EndpointStats next, boolean nextTimed) {
        record = next;
        timed = nextTimed;
    }

    /** Returns whether the health may differ with it. */
    boolean setEndpoint(Endpoint next) {
        Endpoint before = endpoint;
        if (before == next) {
            return false;
        }
        // Thousands of nodes may be given an endpoint at each update: no more than its readers need.
        ENDPOINT.setRelease(this, next);
        return before.readiness() != next.readiness();
    }

    /** As which it may be picked before any stage, with its present endpoint. */
    Candidate candidate(Endpoint present) {
        Candidate known = candidate;
        if (known == null || known.weight() != present.weight()) {
            known = Snapshot.Members.candidate(this, present);
            candidate = known;
        }
        return known;
    }

    void setHeldSince(long nanos) {
        // A failure counts for as long as one hold lasts.
        if (heldSinceNanos != nanos) {
            heldSinceNanos = nanos;
            failedWhileHeld = false;
            held = nanos != MembershipGuard.Member.NOT_HELD;
        }
    }

    long heldSince() {
        return heldSinceNanos;
    }

    /** The endpoint is held and a call to it has failed: it is not there. Request path. */
    void failWhileHeld() {
        failedWhileHeld = true;
    }

    /** Whether it may be held: until its first failure, and not if it was failing before. */
    boolean mayBeHeld() {
        return !failedWhileHeld && record.consecutiveFailures() == 0;
    }

    boolean held() {
        return held;
    }

    @Override
    public String toString() {
        return endpoint + " " + health + " in flight " + inFlight();
    }
}

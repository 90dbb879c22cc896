package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.LoadReport;
import dev.zerohop.Log;
import dev.zerohop.Node;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import dev.zerohop.internal.FaultCount;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Sends the probes that picks cause, and keeps what they found. A pick adds 1 to a counter; if nothing is under way for the picks before it, it hands one task to a serial executor, which sends what is due
 * and looks again a few milliseconds later, for as long as picks come. Without picks there is no timer, but for the one that lets go of what is kept for probes after a while.
 */
final class PrequalProbes {
    private static final Log LOG = Log.of(PrequalProbes.class);

    private static final String IN_FLIGHT = "named_metrics.requests_in_flight";
    private static final String LATENCY = "named_metrics.latency_ms";

    /** The picks of so long a time cause their probes together. */
    private static final long STEP_NANOS = Duration.ofMillis(5).toNanos();

    /** The least and the most that a timer is late, as shares. */
    private static final double LATE = 0.1;

    private static final double LATER = 0.2;

    /** After so long a time without picks nothing is kept for probes any more. */
    private static final long IDLE_NANOS = Duration.ofSeconds(30).toNanos();

    /** How often in a row chance may meet an endpoint whose probe is under way. */
    private static final int MOST_DRAWS = 8;

    /** The time in which the share of the probes that could be sent is forgotten. */
    private static final double DECAY_NANOS = Duration.ofSeconds(1).toNanos();

    private static final int UNLIMITED = 1 << 30;

    private final Prequal settings;
    private final Env env;
    private final Time time;
    private final @Nullable Prober prober;
    private final Executor serial;
    private final int mostUnderWay;
    private final Runnable send = this::send;

    private final LongAdder picks = new LongAdder();
    private final AtomicBoolean awake = new AtomicBoolean();

    /** A removal that two picks lose to each other is made good by the next. */
    private boolean worstNext;

    private volatile PrequalPool pool = PrequalPool.EMPTY;
    private volatile @Nullable PrequalPicker newest;

    // For explanations.
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final FaultCount faults = new FaultCount();
    private volatile String lastFailure = "";

    // The tasks' own.
    private final IdentityHashMap<Node, PrequalTarget> targets = new IdentityHashMap<>();
    private final RecentLoads loads;
    private int underWay;
    private long picksSeen;
    private long idlePicksSeen;
    private boolean idleTimer;
    private double allowed;
    private long sentAsOf;
    private double recentlyDue;
    private double recentlySent;

    PrequalProbes(Prequal settings, Env env) {
        this.settings = settings;
        this.env = env;
        this.time = env.time();
        this.prober = env.probes().load(settings.path);
        this.serial = env.serial("the load probes of prequal");
        this.mostUnderWay = 2 * settings.poolSize;
        this.loads = new RecentLoads(settings.hotQuantile);
        this.allowed = settings.poolSize;
        this.sentAsOf = time.nanoTime();
    }

    Prequal settings() {
        return settings;
    }

    PrequalPool pool() {
        return pool;
    }

    /** Whether the next removal takes the worst and not the oldest. */
    boolean worstNext() {
        boolean worst = worstNext;
        worstNext = !worst;
        return worst;
    }

    /** Probes its candidates from now on. */
    void follow(PrequalPicker picker) {
        newest = picker;
    }

    /** Lets go of what is kept for probes of endpoints that are no candidates any more. */
    void dropOthers() {
        if (prober != null) {
            serial.execute(this::drop);
        }
    }

    /** Request path: a pick was made. */
    void picked() {
        if (prober == null) {
            return;
        }
        picks.increment();
        if (!awake.get() && awake.compareAndSet(false, true)) {
            try {
                serial.execute(send);
            } catch (RuntimeException | Error refused) {
                // No threads: the next pick tries again.
                awake.set(false);
            }
        }
    }

    String state() {
        if (prober == null) {
            return "sends no probes: the transport has none for load reports";
        }
        long failures = failed.get();
        return sent.get() + " probes sent, " + failures + " failed"
                + (failures == 0 ? "" : ", the last: " + lastFailure);
    }

    // ---- tasks: everything below runs on the serial executor ----

    private void send() {
        try {
            sendDue();
        } catch (RuntimeException | Error thrown) {
            // Or no pick would ever wake it again.
            awake.set(false);
            throw thrown;
        }
    }

    private void sendDue() {
        long sum = picks.sum();
        long made = sum - picksSeen;
        picksSeen = sum;
        if (made == 0) {
            awake.set(false);
            // One that was counted meanwhile has found it awake.
            if (picks.sum() == sum || !awake.compareAndSet(false, true)) {
                return;
            }
        }
        long now = time.nanoTime();
        long elapsed = now - sentAsOf;
        sentAsOf = now;
        allowed = Math.min(settings.poolSize, allowed + elapsed * 1e-9 * settings.maxProbesPerSecond);
        double kept = Math.exp(-elapsed / DECAY_NANOS);
        double due = made * settings.probesPerCall;
        int begun = begin((int) Math.min(mostUnderWay, due + env.dice().nextDouble()), now);
        recentlyDue = recentlyDue * kept + due;
        recentlySent = recentlySent * kept + begun;
        schedule(STEP_NANOS, send);
    }

    private void schedule(long nanos, Runnable task) {
        double late = LATE + (LATER - LATE) * env.dice().nextDouble();
        time.schedule((long) (nanos * (1 + late)), () -> serial.execute(task));
    }

    private int begin(int due, long now) {
        PrequalPicker picker = newest;
        if (picker == null || picker.nodes.length < 2) {
            return 0;
        }
        int begun = 0;
        while (begun < due && allowed >= 1 && underWay < mostUnderWay) {
            PrequalTarget target = draw(picker);
            if (target == null) {
                break;
            }
            allowed--;
            begun++;
            underWay++;
            sent.incrementAndGet();
            target.probe(now);
        }
        return begun;
    }

    /** One by chance that has no probe under way. */
    private @Nullable PrequalTarget draw(PrequalPicker picker) {
        for (int i = 0; i < MOST_DRAWS; i++) {
            PrequalTarget target = target(picker.draw());
            if (target != null && !target.busy()) {
                return target;
            }
        }
        return null;
    }

    private @Nullable PrequalTarget target(Node node) {
        PrequalTarget known = targets.get(node);
        if (known != null || prober == null) {
            return known;
        }
        try {
            PrequalTarget made = new PrequalTarget(node, prober.connect(node.endpoint()), this, env, serial);
            targets.put(node, made);
            watchIdle();
            return made;
        } catch (RuntimeException | Error thrown) {
            failed(node, "cannot be probed: " + thrown);
            return null;
        }
    }

    long timeoutNanos() {
        return settings.probeTimeout.toNanos();
    }

    /** A probe is over. */
    void ended(Node node, Prober.Result result, long sentNanos) {
        underWay--;
        LoadReport load = result.load();
        double calls = load == null ? Double.NaN : load.metric(IN_FLIGHT, Double.NaN);
        switch (result.kind()) {
            case OK -> {
                if (load != null && calls >= 0 && calls < Double.POSITIVE_INFINITY) {
                    take(node, calls, load.metric(LATENCY, PrequalPool.UNKNOWN), sentNanos);
                } else {
                    failed(node, load == null ? "the answer has no load report" : "the report states no " + IN_FLIGHT);
                }
            }
            case FAILURE -> failed(node, result.reason());
            case SKIPPED -> {}
        }
    }

    private void failed(Node node, String reason) {
        pool = pool.without(node, since());
        report(node, reason);
    }

    /** Something else of a probe than its answer has failed. */
    void fault(Node node, Throwable thrown) {
        report(node, thrown.toString());
    }

    private void report(Node node, String reason) {
        failed.incrementAndGet();
        lastFailure = node.endpoint() + ": " + reason;
        long count = faults.next();
        if (count != 0) {
            LOG.warn("a load probe failed ({} so far): {}: {}", count, node.endpoint(), reason);
        }
    }

    private void take(Node node, double calls, double latency, long sentNanos) {
        PrequalPicker picker = newest;
        int place = picker == null ? -1 : picker.placeOf(node);
        if (picker == null || place < 0) {
            return;
        }
        loads.add(calls / picker.size(place));
        // What could not be sent for the limits makes the others serve longer.
        double share = recentlyDue > 0 ? Math.min(1, recentlySent / recentlyDue) : 1;
        double removals = share * settings.removalsPerCall;
        double reuse = Prequal.reuse(settings.poolSize, picker.laidOut(), share * settings.probesPerCall, removals);
        PrequalPool.Entry entry = new PrequalPool.Entry(
                node,
                place,
                Math.max(0, calls - node.inFlight()),
                latency > 0 ? latency : PrequalPool.UNKNOWN,
                sentNanos,
                (int) Math.min(UNLIMITED, reuse + env.dice().nextDouble()));
        pool = pool.with(entry, settings.poolSize, since(), loads.hotAbove(), removals);
    }

    private long since() {
        return time.nanoTime() - settings.maxAge.toNanos();
    }

    private void drop() {
        PrequalPicker picker = newest;
        if (picker != null) {
            targets.values().removeIf(target -> picker.placeOf(target.node()) < 0 && target.close());
        }
    }

    private void watchIdle() {
        if (!idleTimer) {
            idleTimer = true;
            idlePicksSeen = picks.sum();
            schedule(IDLE_NANOS, this::closeIfIdle);
        }
    }

    private void closeIfIdle() {
        idleTimer = false;
        if (picks.sum() == idlePicksSeen) {
            targets.values().removeIf(PrequalTarget::close);
            pool = PrequalPool.EMPTY;
        }
        if (!targets.isEmpty()) {
            watchIdle();
        }
    }
}

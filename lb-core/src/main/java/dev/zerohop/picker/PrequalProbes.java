package dev.zerohop.picker;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.LoadReport;
import dev.zerohop.Node;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Sends the probes that picks cause, and keeps what they found. A pick adds 1 to a counter; if nothing is under way for the picks before it, it hands one task to a serial executor, which sends what is due
 * and looks again a few milliseconds later, then less and less often, until there were no picks for a second. Then there is no timer, but for the one that lets go of what is kept for probes after a while.
 */
final class PrequalProbes {
    private static final String IN_FLIGHT = "named_metrics.requests_in_flight";
    private static final String LATENCY = "named_metrics.latency_ms";

    /** After so long a time without a step that should have been, it was dropped for want of threads. */
    private static final long STALLED_NANOS = Duration.ofSeconds(10).toNanos();

    /** Between steps while nothing answers. */
    private static final long FRUITLESS_NANOS = Duration.ofSeconds(1).toNanos();

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
    private final double mostAllowed;
    private final Runnable send = this::send;

    private final LongAdder picks = new LongAdder();
    private final AtomicBoolean awake = new AtomicBoolean();

    /** When the last step was, or was requested anew. */
    private final AtomicLong lastStep;

    /** A removal that two picks lose to each other is made good by the next. */
    private boolean worstNext;

    private volatile PrequalPool pool = PrequalPool.EMPTY;
    private volatile @Nullable PrequalPicker newest;

    private final PrequalAnswers answers = new PrequalAnswers();

    // The tasks' own.
    private final IdentityHashMap<Node, PrequalTarget> targets = new IdentityHashMap<>();
    private final RecentLoads loads;
    private final PrequalPace pace;
    private int underWay;
    private long picksSeen;
    private long idlePicksSeen;
    private @Nullable Cancellable nextStep;
    private @Nullable Cancellable idleTimer;
    private long idleDueNanos;
    private long looked;
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
        this.pace = new PrequalPace(settings.maxAge, sentAsOf);
        this.looked = sentAsOf;
        this.lastStep = new AtomicLong(sentAsOf);
        // What a step may send at the least, or a high limit would never be reached.
        this.mostAllowed = Math.max(settings.poolSize, 2e-9 * PrequalPace.STEP_NANOS * settings.maxProbesPerSecond);
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

    PrequalAnswers answers() {
        return answers;
    }

    /** Probes its candidates from now on, and lets go of what is kept for probes of others. */
    void follow(PrequalPicker picker) {
        PrequalPicker before = newest;
        newest = picker;
        if (prober != null && before != null && !before.isLaidOutAs(picker)) {
            serial.execute(this::drop);
        }
    }

    /** Request path: a pick was made. */
    void picked(long nowNanos) {
        if (prober == null) {
            return;
        }
        picks.increment();
        if (!awake.get()) {
            if (awake.compareAndSet(false, true)) {
                lastStep.set(nowNanos);
                wake();
            }
            return;
        }
        long last = lastStep.get();
        if (nowNanos - last > STALLED_NANOS && lastStep.compareAndSet(last, nowNanos)) {
            wake();
        }
    }

    private void wake() {
        try {
            serial.execute(send);
        } catch (RuntimeException | Error refused) {
            // No threads: the next pick tries again.
            awake.set(false);
        }
    }

    /** In words, for a picker. */
    String state(PrequalPicker picker) {
        if (prober == null) {
            return "sends no probes: the transport has none for load reports";
        }
        return answers.describe()
                + (picker == newest
                        ? ""
                        : "; probes another version of the endpoints: Picker.inForce was not called for this one");
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
        if (nextStep != null) {
            // Of two that were requested one goes on.
            nextStep.cancel();
            nextStep = null;
        }
        long now = time.nanoTime();
        lastStep.set(now);
        long sum = picks.sum();
        long made = sum - picksSeen;
        picksSeen = sum;
        pace.step(made, now);
        boolean rare = pace.isRare();
        if (pace.isOver(now)) {
            awake.set(false);
            // One that was counted meanwhile has found it awake.
            if (picks.sum() == sum || !awake.compareAndSet(false, true)) {
                return;
            }
        }
        long elapsed = now - sentAsOf;
        sentAsOf = now;
        allowed = Math.min(mostAllowed, allowed + elapsed * 1e-9 * settings.maxProbesPerSecond);
        double kept = Math.exp(-elapsed / DECAY_NANOS);
        double due = rare ? 0 : made * settings.probesPerCall;
        recentlyDue = recentlyDue * kept + due;
        recentlySent *= kept;
        recentlySent += begin((int) Math.min(mostUnderWay, due + env.dice().nextDouble()), now);
        if (now - looked > STALLED_NANOS) {
            looked = now;
            lookForLost(now);
        }
        nextStep = schedule(answers.fruitless() ? FRUITLESS_NANOS : pace.stepNanos(now), send);
    }

    /** What was dropped for want of threads. */
    private void lookForLost(long now) {
        for (PrequalTarget target : List.copyOf(targets.values())) {
            target.endIfLost(now);
        }
        if (idleTimer != null && now - idleDueNanos > STALLED_NANOS) {
            idleTimer.cancel();
            closeIfIdle();
        }
    }

    private Cancellable schedule(long nanos, Runnable task) {
        double late = LATE + (LATER - LATE) * env.dice().nextDouble();
        return time.schedule((long) (nanos * (1 + late)), () -> serial.execute(task));
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
            answers.sent(1);
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
            answers.failed(node, "cannot be probed: " + thrown);
            return null;
        }
    }

    long timeoutNanos() {
        return settings.probeTimeout.toNanos();
    }

    /** A probe is over. */
    void ended(PrequalTarget target, Prober.Result result, long sentNanos) {
        underWay--;
        LoadReport load = result.load();
        double calls = load == null ? Double.NaN : load.metric(IN_FLIGHT, Double.NaN);
        switch (result.kind()) {
            case OK -> {
                if (load != null && calls >= 0 && calls < Double.POSITIVE_INFINITY) {
                    if (isProbed(target.node())) {
                        target.answered();
                    }
                    answers.answered();
                    take(target.node(), calls, load.metric(LATENCY, PrequalPool.UNKNOWN), sentNanos);
                } else {
                    refused(
                            target,
                            load == null ? "the answer has no load report" : "the report states no " + IN_FLIGHT);
                }
            }
            case FAILURE -> refused(target, result.reason());
            case SKIPPED -> {
                // It never left, and makes no result older.
                answers.sent(-1);
                recentlySent = Math.max(0, recentlySent - 1);
            }
        }
    }

    /** A probe had no answer in its time or never left, which says nothing about whether the endpoint answers probes at all. */
    void unanswered(Node node, String reason) {
        underWay--;
        failed(node, reason);
    }

    private void refused(PrequalTarget target, String reason) {
        if (isProbed(target.node())) {
            target.refused();
        }
        failed(target.node(), reason);
    }

    /** Whether more probes of it may follow: what is known of another must not count for as long as it is out. */
    private boolean isProbed(Node node) {
        PrequalPicker picker = newest;
        return picker != null && picker.has(node);
    }

    private void failed(Node node, String reason) {
        pool = pool.without(node, since());
        answers.failed(node, reason);
    }

    /** Something else of a probe than its answer has failed. */
    void fault(Node node, Throwable thrown) {
        answers.report(node, thrown.toString());
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
            // One that is out for a while keeps its connection.
            targets.values().stream()
                    .filter(target -> !picker.has(target.node()))
                    .forEach(PrequalTarget::forget);
        }
    }

    private void watchIdle() {
        if (idleTimer == null) {
            idlePicksSeen = picks.sum();
            idleTimer = schedule(IDLE_NANOS, this::closeIfIdle);
            idleDueNanos = time.nanoTime() + IDLE_NANOS;
        }
    }

    private void closeIfIdle() {
        idleTimer = null;
        if (picks.sum() == idlePicksSeen) {
            targets.values().removeIf(PrequalTarget::close);
            pool = PrequalPool.EMPTY;
        }
        if (!targets.isEmpty()) {
            watchIdle();
        }
    }
}

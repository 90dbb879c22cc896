package dev.zerohop.picker;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.LoadReport;
import dev.zerohop.Node;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import dev.zerohop.internal.Late;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Sends the probes that picks cause, and keeps what they found. A pick adds 1 to a counter; if no task runs or waits for a timer, it hands one to a serial executor. The task sends the probes that are due and
 * looks again a few milliseconds later, then less and less often, until there were no picks for a second. From then on the only timer is the one that closes what is kept for probes of an idle client.
 */
final class PrequalProbes {
    private static final String IN_FLIGHT = "named_metrics.requests_in_flight";
    private static final String LATENCY = "named_metrics.latency_ms";

    /** A step, or a timer, that is late by this much is lost: there was no thread for it. */
    private static final long STALLED_NANOS = Duration.ofSeconds(10).toNanos();

    /** The step while all probes fail. */
    private static final long FRUITLESS_NANOS = Duration.ofSeconds(1).toNanos();

    /** Without picks for this long, what is kept for probes is closed, and results are dropped. */
    private static final long IDLE_NANOS = Duration.ofSeconds(30).toNanos();

    /** How many endpoints in a row are drawn whose probe is under way, before the rest of the probes is left out. */
    private static final int MOST_DRAWS = 8;

    /** The decay time of the averages of how many probes were due and how many were sent. */
    private static final double DECAY_NANOS = Duration.ofSeconds(1).toNanos();

    /** Uses of a result that only its age ends. */
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

    /** Whether a task runs or waits for a timer. */
    private final AtomicBoolean awake = new AtomicBoolean();

    /** When the last step ran, or was last requested. */
    private final AtomicLong lastStep;

    /** Written by racing picks without any order: at worst two in a row remove the oldest, or the worst. */
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

    /** When lost tasks were looked for last. */
    private long lookedNanos;

    /** How many probes the limit per second allows now. */
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
        this.lookedNanos = sentAsOf;
        this.lastStep = new AtomicLong(sentAsOf);
        // At least as many as two steps are worth at the limit, or a high limit could not be reached.
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

    /** Probes the candidates of this version from now on, and closes what is kept for probes of others. */
    void follow(PrequalPicker picker) {
        PrequalPicker before = newest;
        newest = picker;
        if (prober != null && before != null && !before.isLaidOutAs(picker)) {
            serial.execute(this::drop);
        }
    }

    /** Notes a pick. For the request path. */
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
            // There is no thread; the next pick tries again.
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
            // Otherwise no pick would start it again.
            awake.set(false);
            throw thrown;
        }
    }

    private void sendDue() {
        if (nextStep != null) {
            // There are two tasks since one was taken for lost: this one goes on.
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
            // A pick that was counted meanwhile has seen it awake and has started no task.
            if (picks.sum() == sum || !awake.compareAndSet(false, true)) {
                return;
            }
        }
        long elapsed = now - sentAsOf;
        sentAsOf = now;
        allowed = Math.min(mostAllowed, allowed + elapsed * 1e-9 * settings.maxProbesPerSecond);
        // Not Math.exp, whose last bit depends on the JDK: a simulation has the same log on each.
        double kept = StrictMath.exp(-elapsed / DECAY_NANOS);
        double due = rare ? 0 : made * settings.probesPerCall;
        recentlyDue = recentlyDue * kept + due;
        recentlySent *= kept;
        recentlySent += begin((int) Math.min(mostUnderWay, due + env.dice().nextDouble()), now);
        if (now - lookedNanos > STALLED_NANOS) {
            lookedNanos = now;
            lookForLost(now);
        }
        nextStep = schedule(answers.fruitless() ? FRUITLESS_NANOS : pace.stepNanos(now), send);
    }

    /** Ends what is lost because there was no thread for it. */
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
        long delay = (long) (nanos * Late.factor(env.dice().nextDouble()));
        return time.schedule(delay, () -> serial.execute(task));
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

    /** An endpoint by chance that has no probe under way; null if none was met. */
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

    /** A probe has ended with this result. */
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
                    keep(target.node(), calls, load.metric(LATENCY, PrequalPool.UNKNOWN), sentNanos);
                } else {
                    refused(
                            target,
                            load == null ? "the answer has no load report" : "the report states no " + IN_FLIGHT);
                }
            }
            case FAILURE -> refused(target, result.reason());
            case SKIPPED -> {
                // It never left, so the result before it is as good as it was.
                answers.sent(-1);
                recentlySent = Math.max(0, recentlySent - 1);
            }
        }
    }

    /** A probe was not answered in time or could not be sent, which does not show whether the endpoint answers probes at all. */
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

    /** Whether the endpoint may be picked, and so probed again. Of another one nothing is counted: it would count for as long as the endpoint is out. */
    private boolean isProbed(Node node) {
        PrequalPicker picker = newest;
        return picker != null && picker.has(node);
    }

    private void failed(Node node, String reason) {
        pool = pool.without(node, since());
        answers.failed(node, reason);
    }

    /** Something other than the answer of a probe has failed. */
    void fault(Node node, Throwable thrown) {
        answers.report(node, thrown.toString());
    }

    private void keep(Node node, double calls, double latency, long sentNanos) {
        PrequalPicker picker = newest;
        int place = picker == null ? -1 : picker.placeOf(node);
        if (picker == null || place < 0) {
            return;
        }
        loads.add(calls / picker.size(place));
        // If the limits keep back some of the probes, the results of the others serve longer.
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
            // An endpoint that is out for a while keeps its connection.
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

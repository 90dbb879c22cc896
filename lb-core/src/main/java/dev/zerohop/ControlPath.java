package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.FaultCount;
import dev.zerohop.internal.SerialExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Everything of a balancer that changes: takes sets, errors, verdicts, outcomes worth a review and configurations, and makes the next version of
 * them.
 *
 * <p>One writer: whatever comes in, from any thread, becomes a task on the serial executor, and only such a task writes. The volatile fields are
 * what others may read. What a task throws is logged and leaves the version before it in force.
 */
final class ControlPath {
    private static final Log LOG = Log.of(ControlPath.class);

    /** When a new version could not be made, it is tried again after this time: a verdict that ends must not be missed for good. */
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    /** How many different errors of a source are logged before it answers again. */
    private static final int ERRORS_LOGGED = 10;

    private final Balancer balancer;
    private final String name;
    private final Env env;
    private final Time time;
    private final Executor serial;
    private final Resolver resolver;
    private final BalancerListener listener;
    private final List<HealthSource> healthSources;
    private final @Nullable Function<String, BalancerSettings> configurationParser;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicBoolean reviewAsked = new AtomicBoolean();

    // Written by tasks, read by everybody.
    private volatile SourceState source = SourceState.UNASKED;
    private volatile CompletableFuture<Void> changed = new CompletableFuture<>();

    /** From the first change of what is believed to the publication of the picker that knows it. */
    private volatile boolean rebuilding;

    // The tasks' own.
    private final Membership membership;
    private final RebuildTimer timer;
    private final DirectoryWatch directory;
    private final ForeignFaults faults;
    private final FaultCount failures = new FaultCount();
    private final LeaseAge leaseAge;

    /** The errors that were logged since the source last answered. */
    private final Set<String> errorsLogged = new HashSet<>();

    /** What holds while neither the application nor the source says anything. */
    private final BalancerSettings defaults;

    /** What the application configured, which holds while the source configures nothing. */
    private @Nullable BalancerSettings own;

    /** The last good one of the source; null while it configures nothing. */
    private @Nullable BalancerSettings ofSource;

    /** Whether the source gave a good configuration, or answered without one: what it gives after that and is refused changes nothing. */
    private boolean sourceWasGood;

    /** Why the source's configuration is refused, while there is no good one from before. */
    private @Nullable String rejection;

    /** Why the source's configuration was refused last, and when, while no better one has come since. */
    private volatile @Nullable String rejectedLast;

    /** Whether the last set has not become the membership yet: it is new, its guard is, or the guard or a judge threw. */
    private boolean admissionDue;

    ControlPath(Balancer balancer, Balancer.Builder builder, BalancerListener listener) {
        this.balancer = balancer;
        this.name = builder.name;
        this.env = builder.env;
        this.time = env.time();
        this.serial = builder.serial != null ? builder.serial : new SerialExecutor(this::onTaskFailure);
        this.resolver = requireNonNull(builder.resolver, "resolver");
        this.listener = listener;
        this.healthSources = List.copyOf(builder.healthSources);
        this.configurationParser = builder.configurationParser;
        this.faults = new ForeignFaults(name);
        this.own = builder.settings;
        this.defaults = requireNonNull(builder.defaults != null ? builder.defaults : own, "settings");
        this.membership = new Membership(
                balancer, listener, healthSources, stated().ejection().newJudge(env), faults);
        this.timer = new RebuildTimer(time, this::execute, this::rebuild);
        this.directory = new DirectoryWatch(this::execute, this::directoryChanged, faults);
        this.leaseAge = new LeaseAge(time, this::execute, this::closeOldLeases);
    }

    // ---- what others read ----

    /** The version without members, of which everything starts. */
    BalancerView firstView() {
        BalancerSettings stated = stated();
        return new BalancerView(
                balancer,
                stated,
                new GuardedBudget(stated.retry().newBudget(time), faults),
                stated.policy().newPicker(Snapshot.EMPTY, env),
                Snapshot.EMPTY);
    }

    ForeignFaults faults() {
        return faults;
    }

    SourceState source() {
        return source;
    }

    String sourceName(SourceState state) {
        EndpointSet set = state.set();
        return "source " + (set == null ? resolver : set.source());
    }

    boolean rebuilding() {
        return rebuilding;
    }

    boolean closed() {
        return closed.get();
    }

    CompletionStage<Void> nextChange() {
        return changed.minimalCompletionStage();
    }

    // ---- what others ask for: any thread ----

    void start() {
        for (HealthSource health : healthSources) {
            try {
                health.start(new VerdictSink(health));
            } catch (Throwable thrown) {
                faults.report("the health source " + ForeignFaults.nameOf(health), "it gives no verdicts", thrown);
            }
        }
        try {
            resolver.start(new SourceListener());
        } catch (Throwable thrown) {
            // A source that does not start is one that cannot be asked: calls learn why instead of waiting for it.
            execute(() ->
                    takeError(new IllegalStateException("it did not start: " + SourceState.brief(thrown), thrown)));
        }
        execute(() -> leaseAge.limit(balancer.settings().leaseAgeLimit()));
    }

    void refresh() {
        try {
            resolver.refresh();
        } catch (Throwable thrown) {
            faults.report("the source's refresh()", "it reports changes as before", thrown);
        }
    }

    /** Null takes back what the application stated. */
    void apply(@Nullable BalancerSettings next) {
        execute(() -> {
            if (next == null) {
                takeBackOwn();
                return;
            }
            String refused = takeSettings(next);
            if (refused == null) {
                own = next;
            } else {
                reportRefused("the last good one stays", refused);
            }
        });
    }

    private void takeBackOwn() {
        own = null;
        if (rejection != null) {
            refuseCalls(rejection);
        } else {
            takeGood(ofSource != null ? ofSource : defaults);
        }
    }

    /** Settings that held before. */
    private void takeGood(BalancerSettings good) {
        String refused = takeSettings(good);
        if (refused != null) {
            reportRefused("the last good one stays", refused);
        }
    }

    /** What the application wants, else the defaults. */
    private BalancerSettings stated() {
        return own != null ? own : defaults;
    }

    /** Request path: leaves the work to the scheduler. */
    void askForReview() {
        if (!closed.get() && reviewAsked.compareAndSet(false, true)) {
            time.schedule(
                    0,
                    () -> execute(() -> {
                        reviewAsked.set(false);
                        timer.soon();
                    }));
        }
    }

    void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        closeQuietly(resolver);
        for (HealthSource health : healthSources) {
            closeQuietly(health);
        }
        serial.execute(() -> guarded(() -> {
            timer.cancel();
            directory.cancel();
            leaseAge.cancel();
            membership.clear();
            try {
                balancer.publish(balancer.current().over(Snapshot.EMPTY));
            } finally {
                wake();
            }
        }));
    }

    /** One part that cannot be closed must not keep the others open. */
    private void closeQuietly(AutoCloseable part) {
        try {
            part.close();
        } catch (Throwable failed) {
            LOG.warn("{}: {} could not be closed; the rest is", name, ForeignFaults.nameOf(part), failed);
        }
    }

    private void execute(Runnable task) {
        serial.execute(() -> {
            if (!closed.get()) {
                guarded(task);
            }
        });
    }

    /** The executor may be somebody else's, who takes an exception for the end of a channel. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            onTaskFailure(thrown);
        }
    }

    private void onTaskFailure(Throwable thrown) {
        long count = failures.next();
        if (count != 0) {
            LOG.error(
                    "{}: a change could not be applied ({} times so far); the version before it stays in force",
                    name,
                    count,
                    thrown);
        }
    }

    private final class SourceListener implements Resolver.Listener {
        @Override
        public void onEndpoints(EndpointSet all) {
            requireNonNull(all, "all");
            execute(() -> takeEndpoints(all));
        }

        @Override
        public void onConfirmed(Instant asOf) {
            requireNonNull(asOf, "asOf");
            execute(() -> {
                SourceState before = source;
                source = before.confirmed(asOf);
                EndpointSet set = source.set();
                if (set != null && !source.stale()) {
                    tellFresh(before, set);
                }
            });
        }

        @Override
        public void onError(Throwable cause) {
            requireNonNull(cause, "cause");
            execute(() -> takeError(cause));
        }

        @Override
        public void onConfiguration(String json) {
            requireNonNull(json, "json");
            execute(() -> takeConfiguration(json));
        }

        @Override
        public void onConfigurationRejected(String reason) {
            requireNonNull(reason, "reason");
            execute(() -> {
                if (configurationParser != null) {
                    refuseConfiguration(Printable.text(reason));
                }
            });
        }

        @Override
        public void onRefused(String reason) {
            requireNonNull(reason, "reason");
            execute(() -> listener.onSourceValueRefused(name, Printable.text(reason)));
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {
            Map<String, HealthSource.Verdict> given = Map.copyOf(verdicts);
            execute(() -> {
                membership.takeVerdicts(given, time.nanoTime());
                timer.soon();
            });
        }
    }

    private final class VerdictSink implements HealthSource.Sink {
        private final HealthSource by;

        VerdictSink(HealthSource by) {
            this.by = by;
        }

        @Override
        public void report(String endpointId, HealthSource.Verdict verdict) {
            requireNonNull(verdict, "verdict");
            execute(() -> {
                LiveNode node = membership.find(endpointId);
                if (node != null) {
                    node.putVerdict(by, by.name(), verdict, time.nanoTime());
                    timer.soon();
                }
            });
        }

        @Override
        public void withdraw(String endpointId) {
            execute(() -> {
                LiveNode node = membership.find(endpointId);
                if (node != null) {
                    node.removeVerdict(by);
                    timer.soon();
                }
            });
        }
    }

    // ---- tasks: everything below runs on the serial executor ----

    private void takeEndpoints(EndpointSet next) {
        rebuilding = true;
        SourceState before = source;
        source = before.answered(next.rememberingOrdinals(before.set()), time.now());
        if (!next.stale()) {
            tellFresh(before, next);
        } else if (before.set() == null || !before.stale()) {
            takeStale(next, before.lastError());
        }
        admissionDue = true;
        sourceWasGood |= rejection == null;
        rebuild();
    }

    /** A set from memory, from a file or from a member without a quorum, is stale from its first moment, not only from the first error on. */
    private void takeStale(EndpointSet next, @Nullable Throwable known) {
        Throwable cause = known != null
                ? known
                : new IllegalStateException(
                        next.source() + " has not vouched for its endpoints yet; they are as of " + next.asOf());
        LOG.warn("{}: {} endpoints are from memory: {}", name, next.endpoints().size(), SourceState.brief(cause));
        listener.onStale(name, next.age(time.now()), cause);
    }

    private void tellFresh(SourceState before, EndpointSet next) {
        if (before.stale()) {
            LOG.info("{}: {} answers{}", name, next.source(), before.erring() ? " again" : "");
            listener.onFresh(name);
        }
    }

    private void closeOldLeases() {
        membership.closeOldLeases(balancer.settings().leaseAgeLimit(), time.nanoTime());
    }

    /** Pickers ask the directory at each pick, so nothing has to be built again: whoever waits only has to look again. */
    private void directoryChanged() {
        wake();
        listener.onDirectory(name);
    }

    private void takeError(Throwable cause) {
        SourceState before = source;
        Instant now = time.now();
        source = before.failed(cause, now);
        EndpointSet set = before.set();
        String text = SourceState.brief(cause);
        if (!before.erring()) {
            errorsLogged.clear();
        }
        // One text once while the errors last: another one may be the cause that a person can mend, such as a 403
        // behind an outage.
        if (errorsLogged.size() < ERRORS_LOGGED && errorsLogged.add(text)) {
            LOG.warn(
                    "{}: {} cannot be asked{}: {}; {}",
                    name,
                    sourceName(before),
                    before.erring() ? " since " + before.erringSince() + ", now" : "",
                    text,
                    set == null
                            ? "no endpoint known yet"
                            : "the last good set of " + membership.members().size() + " stays in force");
        }
        listener.onStale(name, set == null ? Duration.ZERO : set.age(now), cause);
        if (membership.members().isEmpty()) {
            // Whoever waits for the first answer learns that there is none.
            wake();
        }
    }

    private void takeConfiguration(String json) {
        Function<String, BalancerSettings> parser = configurationParser;
        if (parser == null) {
            return;
        }
        if (json.isEmpty()) {
            ofSource = null;
            rejection = null;
            rejectedLast = null;
            sourceWasGood = true;
            takeGood(stated());
            return;
        }
        BalancerSettings next;
        try {
            next = requireNonNull(parser.apply(json), "the parser returned null, expected settings");
        } catch (Throwable refused) {
            refuseConfiguration(sourceName(source) + ": " + SourceState.brief(refused));
            return;
        }
        String refused = takeSettings(next);
        if (refused == null) {
            ofSource = next;
            rejection = null;
            rejectedLast = null;
            sourceWasGood = true;
        } else {
            refuseConfiguration(sourceName(source) + ": " + refused);
        }
    }

    /** Puts them in force; if their parts cannot be made, says why and changes nothing. */
    private @Nullable String takeSettings(BalancerSettings next) {
        BalancerView old = balancer.current();
        BalancerSettings before = old.settings();
        boolean unconfigured = old.unconfigured() != null;
        if (next.equals(before) && !unconfigured) {
            return null;
        }
        // Whatever the new parts may throw, they throw before anything has changed.
        Picker picker = old.picker();
        EjectionPolicy.Judge judge = membership.judge();
        RetryBudget budget = old.retryBudget();
        BalancerView now;
        try {
            if (unconfigured || !next.policy().equals(before.policy())) {
                picker = next.policy().newPicker(old.snapshot(), env);
            }
            if (!next.ejection().equals(before.ejection())) {
                judge = next.ejection().newJudge(env);
            }
            if (!next.retry().equals(before.retry())) {
                budget = new GuardedBudget(next.retry().newBudget(time), faults);
            }
            now = old.with(next, budget, picker);
        } catch (Throwable refused) {
            return SourceState.brief(refused);
        }
        // Requests read a node's load and then whether the clock is wanted. One that wants it must not be seen before
        // the view says so.
        if (now.timed()) {
            balancer.publish(now);
        }
        LoadMetric metric = next.policy().loadMetric();
        if (!metric.equals(before.policy().loadMetric())) {
            membership.measureBy(metric);
        }
        balancer.publish(now);
        if (judge != membership.judge()) {
            membership.judgeBy(judge);
        }
        leaseAge.limit(next.leaseAgeLimit());
        listener.onConfigured(name, next);
        admissionDue |= source.set() != null && !next.guard().equals(before.guard());
        rebuild();
        return null;
    }

    /** For people; null while the source's last configuration is in force or it states none. */
    @Nullable
    String rejectedConfiguration() {
        return rejectedLast;
    }

    private void refuseConfiguration(String reason) {
        rejectedLast = reason + ", at " + time.now();
        if (sourceWasGood) {
            reportRefused("the last good one stays", reason);
            return;
        }
        rejection = reason;
        if (own != null) {
            reportRefused("the application's own stays", reason);
        } else {
            listener.onConfigurationRefused(name, reason);
            refuseCalls(reason);
        }
    }

    private void reportRefused(String instead, String reason) {
        LOG.warn("{}: a configuration is refused, {}: {}", name, instead, reason);
        listener.onConfigurationRefused(name, reason);
    }

    /** In place of the defaults, which could send a key to another endpoint than its owner. */
    private void refuseCalls(String reason) {
        UnconfiguredPicker none = new UnconfiguredPicker(reason);
        LOG.error("{}: {}", name, none.text());
        BalancerView old = balancer.current();
        balancer.publish(old.with(old.settings(), old.retryBudget(), none));
        listener.onUnconfigured(name, reason);
        rebuild();
    }

    /** Makes the next version and publishes its picker. What throws on the way leaves the version before it in force, and is tried again. */
    private void rebuild() {
        long review = RETRY_NANOS;
        rebuilding = true;
        try {
            review = rebuildNow(time.nanoTime());
        } finally {
            if (rebuilding) {
                // It failed. Who was told to wait for it must not wait for the next try.
                rebuilding = false;
                wake();
            }
            timer.reviewIn(review);
        }
    }

    private long rebuildNow(long now) {
        timer.begins(now);
        EndpointSet set = source.set();
        BalancerSettings settings = balancer.current().settings();
        // Before its first picker, so that no call waits for a look-up whose end goes unnoticed.
        boolean followed = directory.follow(set == null ? null : set.directory());
        if (set != null && (admissionDue || membership.guardIsDue(now))) {
            membership.admit(set, settings, now);
            admissionDue = false;
        }
        long review = membership.review(now);
        Snapshot next = Snapshot.of(membership.members(), set == null ? null : set.shardMap())
                .withDirectory(set == null ? null : set.directory())
                .at(set == null ? Locality.UNKNOWN : set.client())
                .missing(set == null ? List.of() : set.missingOrdinals())
                .unnumbered(set == null ? null : set.unnumbered());
        for (Stage stage : settings.stages()) {
            next = applied(stage, next, now);
        }
        boolean built = publish(next);
        // Before anybody hears of it: whoever picks again now, on a wake-up or in the listener, gets refusals that are
        // final.
        rebuilding = false;
        wake();
        if (built) {
            listener.onRebuild(name, next);
        }
        return Math.min(followed && built ? review : Math.min(review, RETRY_NANOS), next.reviewInNanos());
    }

    /** A picker that cannot be carried over is made anew; if that fails too, the version before stays until it works or another policy is applied. */
    private boolean publish(Snapshot next) {
        BalancerView old = balancer.current();
        try {
            balancer.publish(old.over(next));
            return true;
        } catch (Throwable thrown) {
            String part = "the policy " + old.settings().policy().name();
            faults.report(part, "its picker for the new endpoints is made from nothing", thrown);
            try {
                Picker anew = old.settings().policy().newPicker(next, env);
                balancer.publish(new BalancerView(balancer, old.settings(), old.retryBudget(), anew, next));
                return true;
            } catch (Throwable again) {
                faults.report(part + ", asked for a new picker,", "the version before it stays in force", again);
                return false;
            }
        }
    }

    /** A stage that throws is passed over, for it may throw for ever while endpoints come and go. */
    private Snapshot applied(Stage stage, Snapshot in, long now) {
        try {
            return requireNonNull(stage.apply(in, now), "apply() returned null, expected a snapshot");
        } catch (Throwable thrown) {
            String part = "the stage " + ForeignFaults.nameOf(stage);
            faults.report(part, "it is passed over until it works", thrown);
            return in.with(
                    in.candidates(), RETRY_NANOS, part + " threw and was passed over: " + SourceState.brief(thrown));
        }
    }

    /** Lets those who wait for the next version look again. */
    private void wake() {
        CompletableFuture<Void> waiting = changed;
        changed = new CompletableFuture<>();
        waiting.complete(null);
    }
}

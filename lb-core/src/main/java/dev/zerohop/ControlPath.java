package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
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

    private final Balancer balancer;
    private final String name;
    private final Env env;
    private final Time time;
    private final ControlTasks tasks;
    private final Resolver resolver;
    private final BalancerListener listener;
    private final AtomicBoolean reviewAsked = new AtomicBoolean();
    private final Waiters waiters = new Waiters();
    private final PendingResolutions pending = new PendingResolutions();

    // Written by tasks, read by any thread.
    private volatile SourceState source = SourceState.UNASKED;

    /** From the first change of what is believed to the publication of the picker that knows it. */
    private volatile boolean rebuilding;

    // The tasks' own.
    private Resolution resolution = Resolution.NONE;
    private final Membership membership;
    private final RebuildTimer timer;
    private final DirectoryWatch directory;
    private final ForeignFaults faults;
    private final HealthSources health;
    private final NextVersion versions;
    private final LeaseAge leaseAge;
    private final SettingsChoice settings;
    private final SourceReports reports;
    private final VersionReports versionReports;

    /** Whether the last set has not become the membership yet: it is new, its guard is, or the guard or a detector threw. */
    private boolean admissionPending;

    ControlPath(Balancer balancer, Balancer.Builder builder, BalancerListener listener) {
        this.balancer = balancer;
        this.name = builder.name;
        this.env = builder.env.withProbes(builder.probeTransport);
        this.time = env.time();
        this.tasks = new ControlTasks(name, builder.serial);
        this.resolver = builder.source();
        this.listener = listener;
        this.faults = new ForeignFaults(name);
        this.versions = new NextVersion(balancer, env, tasks, faults, RETRY_NANOS);
        this.settings = new SettingsChoice(builder, listener, new Balancing());
        this.reports = new SourceReports(name, time, listener);
        this.versionReports = new VersionReports(name, time, listener);
        this.membership = new Membership(
                balancer,
                listener,
                List.copyOf(builder.healthSources),
                settings.configured().ejection().newDetector(env),
                faults,
                env.dice());
        membership.keepReports(settings.configured().stagesWantLoadReports());
        this.timer = new RebuildTimer(time, tasks, this::rebuild);
        this.health = new HealthSources(builder, settings.configured(), membership, timer, tasks, faults);
        this.directory = new DirectoryWatch(tasks, this::directoryChanged, faults);
        this.leaseAge = new LeaseAge(time, tasks, this::closeOldLeases);
    }

    // ---- what others read ----

    /** The version without members, of which everything starts. */
    BalancerView firstView() {
        BalancerSettings configured = settings.configured();
        return new BalancerView(
                balancer,
                configured,
                new GuardedBudget(configured.retry().newBudget(time), faults),
                configured.policy().newPicker(Snapshot.EMPTY, env),
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
        return set == null ? resolver.toString() : set.source();
    }

    @Nullable
    Instant panickingSince() {
        return versionReports.panickingSince();
    }

    boolean rebuilding() {
        return rebuilding;
    }

    boolean closed() {
        return tasks.closed();
    }

    CompletionStage<Void> nextChange() {
        return waiters.next();
    }

    // ---- what others ask for: any thread ----

    void start() {
        health.start();
        tasks.execute(() -> {
            health.startChecks();
            leaseAge.limit(balancer.current().settings().leaseAgeLimit());
        });
        try {
            resolver.start(now -> {
                requireNonNull(now, "resolution");
                if (!tasks.closed()) {
                    pending.add(now);
                    tasks.execute(() -> pending.takeBy(this::take));
                }
            });
        } catch (Throwable thrown) {
            // A source that does not start is one that cannot be read: calls learn why instead of waiting for it.
            tasks.execute(() -> take(resolution.failed(
                    new IllegalStateException("it did not start: " + SourceState.brief(thrown), thrown))));
        }
    }

    void refresh() {
        try {
            resolver.refresh();
        } catch (Throwable thrown) {
            faults.report("the source's refresh()", "it reports changes as before", thrown);
        }
    }

    /** Null takes back what the application configured. */
    void apply(@Nullable BalancerSettings next) {
        tasks.execute(() -> settings.ofApplication(next));
    }

    /** How the choice of settings comes into force. */
    private final class Balancing implements SettingsChoice.Balancing {
        @Override
        public @Nullable String use(BalancerSettings next) {
            return takeSettings(next);
        }

        /** In place of the defaults, which could send a key to another endpoint than its owner. */
        @Override
        public void refuseCalls(String reason) {
            UnconfiguredPicker none = new UnconfiguredPicker(reason);
            LOG.error("{}: {}", name, none.text());
            BalancerView old = balancer.current();
            balancer.publish(old.with(old.settings(), old.retryBudget(), none));
            listener.onUnconfigured(name, reason);
            rebuild();
        }
    }

    /** Request path: leaves the work to the scheduler. */
    void askForReview() {
        if (!tasks.closed() && reviewAsked.compareAndSet(false, true)) {
            time.schedule(
                    0,
                    () -> tasks.execute(() -> {
                        reviewAsked.set(false);
                        timer.soon();
                    }));
        }
    }

    void close() {
        if (!tasks.close()) {
            return;
        }
        faults.close(resolver);
        health.close();
        tasks.last(() -> {
            try {
                timer.cancel();
                health.closeChecks();
                versions.cancel();
                directory.cancel();
                leaseAge.cancel();
                reports.close();
                membership.clear();
                balancer.publish(balancer.current().over(Snapshot.EMPTY));
            } finally {
                waiters.wake();
                listener.onClose(name);
            }
        });
    }

    // ---- tasks: everything below runs on the serial executor ----

    /** Acts on what is new. What throws on the way keeps no other part from being taken. */
    private void take(Resolution given) {
        Resolution before = resolution;
        Resolution now = given.following(before);
        resolution = now;
        reports.rejected(before, now);
        if (now.configuration() != before.configuration()) {
            tasks.guarded(() ->
                    settings.ofSource(before.configuration(), now.configuration(), "source " + sourceName(source)));
        }
        if (now.verdicts() != before.verdicts()) {
            membership.takeVerdicts(now.verdicts(), time.nanoTime());
            timer.soon();
        }
        tasks.guarded(() -> takeEndpoints(before, now));
        Throwable cause = now.error();
        if (cause != null && cause != before.error()) {
            takeError(cause);
        }
    }

    private void takeEndpoints(Resolution before, Resolution now) {
        EndpointSet set = now.endpoints();
        SourceState known = source;
        if (set != null && now.hasNewEndpoints(before)) {
            rebuilding = true;
            source = known.answered(set.rememberingOrdinals(known.set()), time.now());
            reports.answered(known, set);
            admissionPending = true;
            settings.sourceAnswered();
            rebuild();
        } else if (set != null && !set.stale()) {
            // One without a date is of now.
            source = known.confirmed(set.asOf().equals(Instant.EPOCH) ? time.now() : set.asOf());
            EndpointSet confirmed = source.set();
            if (confirmed != null && !source.stale()) {
                reports.fresh(known, confirmed);
            }
        }
    }

    private void closeOldLeases() {
        membership.closeOldLeases(balancer.current().settings().leaseAgeLimit(), time.nanoTime());
    }

    /** Pickers ask the directory at each pick, so nothing has to be built again: calls that wait only have to look again. */
    private void directoryChanged() {
        waiters.wake();
        listener.onDirectory(name);
    }

    private void takeError(Throwable cause) {
        SourceState before = source;
        source = before.failed(cause, time.now());
        reports.failed(
                before,
                cause,
                "source " + sourceName(before),
                membership.members().size());
        if (membership.members().isEmpty()) {
            // Calls that wait for the first answer learn that there is none.
            waiters.wake();
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
        EjectionPolicy.Detector detector = membership.detector();
        RetryBudget budget = old.retryBudget();
        HealthSource checks = health.checks();
        boolean reports;
        BalancerView now;
        try {
            if (unconfigured || !next.policy().equals(before.policy())) {
                picker = next.policy().newPicker(old.snapshot(), env);
            }
            if (!next.ejection().equals(before.ejection())) {
                detector = next.ejection().newDetector(env);
            }
            if (!next.checks().equals(before.checks())) {
                checks = health.make(next.checks());
            }
            if (!next.retry().equals(before.retry())) {
                budget = new GuardedBudget(next.retry().newBudget(time), faults);
            }
            reports = next.stagesWantLoadReports();
            now = old.with(next, budget, picker);
        } catch (Throwable unusable) {
            return SourceState.brief(unusable);
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
        membership.keepReports(reports);
        balancer.publish(now);
        if (detector != membership.detector()) {
            membership.replaceDetector(detector);
        }
        health.useChecks(checks);
        leaseAge.limit(next.leaseAgeLimit());
        listener.onConfigured(name, next);
        admissionPending |= source.set() != null && !next.guard().equals(before.guard());
        rebuild();
        return null;
    }

    /** For explanations; null while the source's last configuration is in force or it states none. */
    @Nullable
    String rejectedConfiguration() {
        return settings.rejectedLast();
    }

    /** Makes the next version and publishes its picker. What throws on the way leaves the version before it in force, and is tried again. */
    private void rebuild() {
        long review = RETRY_NANOS;
        rebuilding = true;
        try {
            review = rebuildNow(time.nanoTime());
        } finally {
            if (rebuilding) {
                // It failed. Calls that wait for this version must not wait for the next try.
                rebuilding = false;
                waiters.wake();
            }
            timer.reviewIn(review);
        }
    }

    private long rebuildNow(long now) {
        timer.begins(now);
        EndpointSet set = source.set();
        BalancerSettings inForce = balancer.current().settings();
        // Before its first picker, so that no call waits for a look-up whose end goes unnoticed.
        boolean followed = directory.follow(set == null ? null : set.directory());
        if (set != null && (admissionPending || membership.guardIsDue(now))) {
            membership.admit(set, inForce, now);
            admissionPending = false;
        }
        long review = membership.review(now);
        Snapshot next = versions.of(membership.known(), set, inForce.stages(), now);
        boolean built = versions.publish(next);
        long took = time.nanoTime() - now;
        // Before the listener and the calls that wait are notified: a call that picks again gets a refusal that is
        // final.
        rebuilding = false;
        waiters.wake();
        health.follow(next);
        if (built) {
            versionReports.published(next, took);
        }
        return Math.min(followed && built ? review : Math.min(review, RETRY_NANOS), next.reviewInNanos());
    }
}

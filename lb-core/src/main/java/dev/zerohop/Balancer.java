package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Follows one service and picks an endpoint for each attempt.
 *
 * <p>Everything that changes (membership, health, configuration) runs on one serial executor and ends in one published {@linkplain #current
 * version}. {@link #acquire} and {@link #begin} read that and count; they never block, lock or wait for the control path.
 *
 * <p>Lifecycle: {@linkplain #builder built}, {@linkplain #start started} once, {@linkplain #close closed} once. A source that cannot be read never
 * empties the membership: the last good set stays in force, marked stale.
 */
public final class Balancer implements AutoCloseable {
    private final String name;
    private final String adapter;
    private final Time time;
    private final CompositeListener listener;

    /** For the listeners that observe attempts; null if none does, so that no clock is read for them. */
    private final @Nullable BalancerListener observer;

    private final ControlPath control;
    private final StateReader states;
    private final Reasons reasons;
    private final LeaseAccounting accounting;
    private final AtomicBoolean started = new AtomicBoolean();

    /** The one thing that a request reads of what changes. Written by the control path, and here so that a pick is one read away from it. */
    private volatile BalancerView view;

    private Balancer(Builder builder) {
        this.name = builder.name;
        this.time = builder.env.time();
        this.adapter = builder.adapter;
        this.listener = new CompositeListener();
        this.control = new ControlPath(this, builder, listener);
        this.states = new StateReader(this, control, time);
        this.reasons = new Reasons(this, control, states, control.faults());
        this.view = control.firstView();
        // When nothing else can fail: a factory is asked for no balancer that never comes to be, and can read the one
        // it is given.
        this.observer = listener.make(this, time, builder.listeners);
        this.accounting = new LeaseAccounting(name, time, listener, observer, control);
    }

    /** Starts a balancer of this name, which appears in every log line, metric and error. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** The name. */
    public String name() {
        return name;
    }

    /** What kind of client it balances for, such as {@code grpc} or {@code okhttp}; empty for one that is used by itself. */
    public String adapter() {
        return adapter;
    }

    /**
     * Begins to follow the source. Returns at once; picks are refused as {@link Refusal.Kind#NONE_KNOWN} until the first answer.
     *
     * @throws IllegalStateException if called twice, or after {@link #close}
     */
    public void start() {
        if (control.closed()) {
            throw new IllegalStateException(name + ": start() was called after close(), expected a new balancer");
        }
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException(name + ": start() was called twice, expected once");
        }
        BalancerRegistry.add(this);
        if (control.closed()) {
            // Closed meanwhile: one of the two takes it out.
            BalancerRegistry.remove(this);
        }
        control.start();
    }

    // ---- request path ----

    /** The version in force: settings, picker and membership. An attempt that needs more than one thing of it takes the view once. */
    public BalancerView current() {
        return view;
    }

    /**
     * {@link BalancerView#acquire} of the version in force. A refusal that does not {@linkplain Refusal#waits wait} is reported to the listener: the call ends by it. Of one that
     * waits only the caller knows whether it does, or ends the call by it and reports that as {@link #refused}.
     *
     * @throws NoEndpointException if there is no endpoint; it says which of the different answers this is
     */
    public Lease acquire(PickContext context) {
        try {
            return view.acquire(context);
        } catch (NoEndpointException none) {
            if (!none.refusal().waits()) {
                refused(none.refusal());
            }
            throw none;
        }
    }

    long nanoTime() {
        return time.nanoTime();
    }

    Reasons reasons() {
        return reasons;
    }

    // ---- what adapters report ----

    /** For adapters: see {@link BalancerListener#onRefusal}. Picks of a {@link BalancerView} do not report it. */
    public void refused(Refusal refusal) {
        listener.onRefusal(name, refusal);
    }

    /** For adapters: see {@link BalancerListener#onWait}. */
    public void waited(long nanos) {
        listener.onWait(name, nanos);
    }

    /** For adapters: see {@link BalancerListener#onRetry}. */
    public void retryDecided(Endpoint failed, Outcome outcome, RetryDecision decision) {
        listener.onRetry(name, failed, outcome, decision);
    }

    /** For adapters: see {@link BalancerListener#onHedge}. */
    public void hedgeDecided(RetryDecision decision) {
        listener.onHedge(name, decision);
    }

    /** For adapters: see {@link BalancerListener#onSpill}. */
    public void spilled(Endpoint endpoint) {
        listener.onSpill(name, endpoint);
    }

    /** Begins a lease on a node that {@link BalancerView#pick} gave, when the attempt really starts. */
    public Lease begin(Node node) {
        return begin(node, LeaseImpl.UNTIMED, ShardMap.NO_EPOCH);
    }

    Lease begin(Node node, long nowNanos, long shardEpoch) {
        LiveNode live = (LiveNode) node;
        // The load before the view: see takeSettings for why a load that wants the time then always gets it.
        LoadMetric.Load load = live.load;
        long start = nowNanos;
        if (start == LeaseImpl.UNTIMED && (observer != null || live.timed || view.timed())) {
            start = time.nanoTime();
        }
        if (load != null) {
            try {
                load.started(start == LeaseImpl.UNTIMED ? 0 : start);
            } catch (Throwable thrown) {
                accounting.loadFailed(thrown);
            }
        }
        int generation = live.begin();
        int phase = live.halfOpen ? live.phase() : 0;
        Lease lease = shardEpoch == ShardMap.NO_EPOCH
                ? new LeaseImpl(live, load, start, generation, phase)
                : new LeaseImpl.Routed(live, load, start, generation, phase, shardEpoch);
        if (observer != null) {
            observer.onPick(name, live.endpoint());
        }
        return lease;
    }

    LeaseAccounting accounting() {
        return accounting;
    }

    /** Reports what code of others threw. */
    void report(String part, String consequence, Throwable thrown) {
        control.faults().report(part, consequence, thrown);
    }

    /**
     * Completes when the next picker is published. Take it before a pick whose refusal {@linkplain Refusal#waits waits}, then wait for it within
     * the call's own deadline and pick again.
     */
    public CompletionStage<Void> nextChange() {
        return control.nextChange();
    }

    // ---- for the control path ----

    /** Control path only: the one writer. */
    void publish(BalancerView next) {
        view = next;
        try {
            next.picker().inForce();
        } catch (Throwable thrown) {
            report("inForce() of the policy " + next.settings().policy().name(), "calls are picked by it", thrown);
        }
    }

    // ---- what is known and done ----

    /** What is known and done at this instant. Reads what was published and counts; changes nothing. O(members), not for the request path. Thread-safe. */
    public BalancerState state() {
        return states.read(view);
    }

    /** What {@link #state} says of the source, without a look at each member. Thread-safe. */
    public BalancerState.Source source() {
        return states.source();
    }

    /** What is known, what each stage did with it, and where this context's attempt would go. Changes nothing. */
    public Explanation explain(PickContext context) {
        return reasons.explain(context);
    }

    /** Passes a hint to the source that its answer looks wrong; see {@link Resolver#refresh}. */
    public void refresh() {
        if (started.get() && !control.closed()) {
            control.refresh();
        }
    }

    /** Closes a lease that its holder lost, and reports it to the listener; for adapters that see what they hand out being garbage-collected. */
    public void leaked(Lease lease, Duration age) {
        accounting.leaked(lease, age);
    }

    /**
     * Puts other settings of the application's own in force; also where a rejected configuration of the source has kept calls from being routed. Calls that run are not
     * disturbed, and pickers that were given out stay valid. Asynchronous.
     */
    public void apply(BalancerSettings next) {
        control.apply(requireNonNull(next, "settings"));
    }

    /** Takes back what the application configured, in the builder or by {@link #apply}: what the source configures holds again, else the defaults. Asynchronous. */
    public void applyDefaults() {
        control.apply(null);
    }

    /** Stops following the source and the health sources and ends every timer. Leases that are open may still be completed. Idempotent. */
    @Override
    public void close() {
        BalancerRegistry.remove(this);
        control.close();
    }

    @Override
    public String toString() {
        BalancerView now = view;
        return "Balancer(" + name + ", " + now.settings().policy().name() + ", "
                + now.snapshot().members().size() + " members)";
    }

    /** Builds a {@link Balancer}. Not thread-safe. */
    public static final class Builder {
        String name;
        Env env = Env.system();

        @Nullable
        Executor serial;

        @Nullable
        Resolver resolver;

        @Nullable
        BalancerSettings settings;

        @Nullable
        BalancerSettings defaults;

        String adapter = "";
        final List<BalancerListener.Factory> listeners = new ArrayList<>();
        final List<HealthSource> healthSources = new ArrayList<>();

        ProbeTransport probeTransport = ProbeTransport.DEFAULT;

        @Nullable
        UnaryOperator<BalancerSettings> sourceSettings;

        private Builder(String name) {
            this.name = requireNonNull(name, "name");
        }

        /** Sets the name, which appears in every log line, metric and error. */
        public Builder name(String name) {
            this.name = requireNonNull(name, "name");
            return this;
        }

        /** Sets clock, dice and threads. Default: {@link Env#system}. */
        public Builder env(Env env) {
            this.env = requireNonNull(env, "env");
            return this;
        }

        /**
         * Sets the executor for the control path. It must run tasks one after another in order; it may run them on the caller's thread. Default: one of
         * its own.
         */
        public Builder serialExecutor(Executor serial) {
            this.serial = requireNonNull(serial, "serial");
            return this;
        }

        /** Sets the source of endpoints, not started yet; the balancer starts and closes it. Required. */
        public Builder resolver(Resolver resolver) {
            this.resolver = requireNonNull(resolver, "resolver");
            return this;
        }

        /**
         * Sets how the application wants to balance. A good configuration of the source takes its place; a rejected one does not. This or {@link #defaults} is
         * required.
         */
        public Builder settings(BalancerSettings settings) {
            this.settings = requireNonNull(settings, "settings");
            return this;
        }

        /**
         * Sets how to balance while neither the application ({@link #settings}, {@link Balancer#apply}) nor the source configures anything. If the source's first
         * configuration is rejected, these do not hold: calls fail with the reason ({@link Refusal.Kind#BAD_CONFIGURATION}) until there is a good one or the source takes it
         * back, for the defaults could send a key to another endpoint than its owner.
         */
        public Builder defaults(BalancerSettings defaults) {
            this.defaults = requireNonNull(defaults, "defaults");
            return this;
        }

        /** Adds a listener for what happens. They are called in the order in which they were added, those of {@link BalancerRegistry#observe} last. Default: those only. */
        public Builder listener(BalancerListener listener) {
            requireNonNull(listener, "listener");
            return listener(balancer -> listener);
        }

        /** {@link #listener(BalancerListener)} with one that is made for this balancer, when it is built. */
        public Builder listener(BalancerListener.Factory factory) {
            this.listeners.add(requireNonNull(factory, "factory"));
            return this;
        }

        /** Sets what kind of client it balances for; for adapters. Default: none. */
        public Builder adapter(String adapter) {
            this.adapter = requireNonNull(adapter, "adapter");
            return this;
        }

        /** Adds a source of verdicts; the balancer starts and closes it. */
        public Builder healthSource(HealthSource source) {
            this.healthSources.add(requireNonNull(source, "source"));
            return this;
        }

        /** Sets what active health checks and load probes go by; for adapters, whose calls they are to resemble. Default: {@link ProbeTransport#DEFAULT}. */
        public Builder probeTransport(ProbeTransport transport) {
            this.probeTransport = requireNonNull(transport, "transport");
            return this;
        }

        /** {@link #followSourceConfiguration(UnaryOperator)} that takes each good configuration as it is. */
        public Builder followSourceConfiguration() {
            return followSourceConfiguration(settings -> settings);
        }

        /**
         * Goes by the configuration that the source states ({@link Resolution#configuration}). One that is rejected leaves the last good one in force;
         * {@link #defaults} says what happens without one. A source that has answered without any configuration counts as one whose last is good. Default:
         * such configurations are ignored, the settings of the API stay.
         *
         * @param check what to go by, given what the source states; throws what it rejects
         */
        public Builder followSourceConfiguration(UnaryOperator<BalancerSettings> check) {
            this.sourceSettings = requireNonNull(check, "check");
            return this;
        }

        Resolver source() {
            return requireNonNull(resolver, () -> name + ": no resolver was set, expected a source of endpoints");
        }

        /**
         * Builds the balancer, which does nothing until it is started.
         *
         * @throws NullPointerException if the resolver is missing, or both settings and defaults are
         * @throws IllegalArgumentException if the settings ask for health checks that the {@link #probeTransport} cannot carry
         */
        public Balancer build() {
            return new Balancer(this);
        }
    }
}

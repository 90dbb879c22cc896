package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.SerialExecutor;
import java.util.concurrent.Executor;

/**
 * The environment of a balancer and its sources, injected: the clock with its timers, random numbers, and an executor for the few tasks that block (a
 * DNS query, a file).
 *
 * @param time clock and timers
 * @param dice chance
 * @param blocking runs tasks that may block; its threads are daemons. Not bounded in their number: one that waits behind others is late, whatever it was to do
 * @param probes how policies that probe endpoints for their load reach them; {@link Balancer} sets its own {@linkplain Balancer.Builder#probeTransport transport} here
 */
public record Env(Time time, Dice dice, Executor blocking, ProbeTransport probes) {

    private static final Log LOG = Log.of(Env.class);

    private static final long RETRY_NANOS = 1_000_000_000;
    private static final Env SYSTEM = new Env(Time.system(), Dice.threadLocal(), SystemTime.blockingExecutor());

    /** Checks for null. */
    public Env {
        requireNonNull(time, "time");
        requireNonNull(dice, "dice");
        requireNonNull(blocking, "blocking");
        requireNonNull(probes, "probes");
    }

    /** An environment with {@link ProbeTransport#DEFAULT}. */
    public Env(Time time, Dice dice, Executor blocking) {
        this(time, dice, blocking, ProbeTransport.DEFAULT);
    }

    /** The real clock, the threads' own generators, and the process's daemon threads. */
    public static Env system() {
        return SYSTEM;
    }

    /**
     * An executor that runs tasks one after another, in the order in which they came, on the threads of {@link #blocking}. A task that throws is logged and
     * keeps no other from running. Threads that are refused are asked for again every second, for up to ten minutes. {@code owner} is asked for its text in that message only.
     */
    public Executor serial(Object owner) {
        return new SerialExecutor(
                blocking,
                thrown -> LOG.error("{}: a step failed; what was known before stays in force", owner, thrown),
                again -> {
                    // Never cancelled: it has the turn.
                    Cancellable ignored = time.schedule(RETRY_NANOS, again);
                });
    }

    /** The same with other clock and timers. */
    public Env withTime(Time time) {
        return new Env(time, dice, blocking, probes);
    }

    /** The same with another way to probe endpoints. */
    public Env withProbes(ProbeTransport probes) {
        return new Env(time, dice, blocking, probes);
    }
}

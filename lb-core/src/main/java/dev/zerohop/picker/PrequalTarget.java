package dev.zerohop.picker;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.Prober;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One endpoint that is probed, with at most one probe under way. For tasks of the serial executor. */
final class PrequalTarget {
    /** A probe whose timeout is this long ago is lost: there was no thread for its tasks. */
    private static final long LOST_NANOS = Duration.ofSeconds(10).toNanos();

    /** An endpoint that has answered probes before answers none any more after this many refusals in a row. */
    private static final int MOST_REFUSALS = 10;

    private final Node node;
    private final Prober.Target target;
    private final PrequalProbes probes;
    private final Env env;
    private final Executor serial;

    /** Tasks of its probes that block now. While there is one no other probe is sent, so that an endpoint whose name cannot be looked up costs one thread at most. */
    private final AtomicInteger blocked = new AtomicInteger();

    /** Tasks that wait for a thread. Replaced when they have waited so long that they are lost. */
    private volatile AtomicInteger waiting = new AtomicInteger();

    private @Nullable Probe probe;
    private long begunNanos;
    private boolean answered;
    private int refusals;
    private Standing standing = Standing.UNKNOWN;

    /** Whether it answers probes, as far as is known. */
    private enum Standing {
        UNKNOWN,
        ANSWERING,
        MUTE
    }

    PrequalTarget(Node node, Prober.Target target, PrequalProbes probes, Env env, Executor serial) {
        this.node = node;
        this.target = target;
        this.probes = probes;
        this.env = env;
        this.serial = serial;
    }

    Node node() {
        return node;
    }

    /** Whether a probe of it is under way or still holds a thread. */
    boolean busy() {
        return probe != null || waiting.get() > 0 || blocked.get() > 0;
    }

    /** Begins a probe; it is not {@link #busy}. */
    void probe(long nowNanos) {
        Probe begun = new Probe(nowNanos);
        probe = begun;
        begunNanos = nowNanos;
        begun.begin();
    }

    /** It answered with its load. */
    void answered() {
        answered = true;
        refusals = 0;
        count(Standing.ANSWERING);
    }

    /** It was reached, and answered with something other than its load. */
    void refused() {
        refusals++;
        if (!answered || refusals >= MOST_REFUSALS) {
            count(Standing.MUTE);
        }
    }

    /** It is not probed for a while: what was known of it counts no longer. */
    void forget() {
        refusals = 0;
        count(Standing.UNKNOWN);
    }

    private void count(Standing next) {
        if (next != standing) {
            probes.answers().count(change(next, standing, Standing.ANSWERING), change(next, standing, Standing.MUTE));
            standing = next;
        }
    }

    private static int change(Standing next, Standing before, Standing counted) {
        return (next == counted ? 1 : 0) - (before == counted ? 1 : 0);
    }

    /** Ends a probe whose tasks are lost. */
    void endIfLost(long nowNanos) {
        if (nowNanos - begunNanos <= probes.timeoutNanos() + LOST_NANOS) {
            return;
        }
        if (probe != null) {
            probe.end(Prober.Result.SKIPPED);
        }
        if (waiting.get() > 0) {
            waiting = new AtomicInteger();
        }
    }

    /** Ends what is under way and closes the connection. Always true. */
    boolean close() {
        count(Standing.UNKNOWN);
        if (probe != null) {
            probe.end(Prober.Result.SKIPPED);
        }
        try {
            target.close();
        } catch (RuntimeException | Error thrown) {
            probes.fault(node, thrown);
        }
        return true;
    }

    private void block(Runnable task) {
        AtomicInteger of = waiting;
        of.incrementAndGet();
        try {
            env.blocking().execute(() -> {
                blocked.incrementAndGet();
                of.decrementAndGet();
                try {
                    task.run();
                } finally {
                    blocked.decrementAndGet();
                }
            });
        } catch (RuntimeException | Error rejected) {
            of.decrementAndGet();
            throw rejected;
        }
    }

    private final class Probe {
        private final long sentNanos;
        private @Nullable Cancellable timeout;
        private @Nullable Cancellable call;
        private boolean over;
        private boolean unanswered;

        Probe(long sentNanos) {
            this.sentNanos = sentNanos;
        }

        void begin() {
            try {
                timeout = env.time().schedule(probes.timeoutNanos(), () -> serial.execute(this::expire));
                call = target.probe(PrequalTarget.this::block, result -> serial.execute(() -> end(result)));
            } catch (RuntimeException | Error thrown) {
                end(Prober.Result.failure("cannot be probed: " + thrown));
            }
            if (over) {
                // It was answered before this knew how to cancel it.
                cancel(call);
            }
        }

        private void expire() {
            unanswered |= !over && !isUnsent();
            end(
                    isUnsent()
                            ? Prober.Result.SKIPPED
                            : Prober.Result.failure(
                                    "no answer within " + Options.text(Duration.ofNanos(probes.timeoutNanos()))));
        }

        private boolean isUnsent() {
            return call instanceof Prober.Running running && !running.sent();
        }

        void end(Prober.Result result) {
            if (over) {
                return;
            }
            over = true;
            // A connection that was refused does not show whether the server answers probes.
            unanswered |= result.kind() == Prober.Result.Kind.FAILURE && isUnsent();
            probe = null;
            cancel(timeout);
            cancel(call);
            if (unanswered) {
                probes.unanswered(node, result.reason());
            } else {
                probes.ended(PrequalTarget.this, result, sentNanos);
            }
        }

        private void cancel(@Nullable Cancellable running) {
            if (running == null) {
                return;
            }
            try {
                running.cancel();
            } catch (RuntimeException | Error thrown) {
                probes.fault(node, thrown);
            }
        }
    }
}

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
    /** How long after its time a probe ends at the latest, if its tasks were dropped for want of threads. */
    private static final long LOST_NANOS = Duration.ofSeconds(10).toNanos();

    private final Node node;
    private final Prober.Target target;
    private final PrequalProbes probes;
    private final Env env;
    private final Executor serial;

    /** What blocks for its probes: until it is back, no other is sent, so that an endpoint whose name is not found costs one thread. */
    private final AtomicInteger blocked = new AtomicInteger();

    /** What has no thread yet. Replaced when that takes so long that it was dropped. */
    private volatile AtomicInteger waiting = new AtomicInteger();

    /** Of one that has answered before, so many failures in a row are more than a moment's. */
    private static final int LOST = 10;

    private @Nullable Probe probe;
    private long begunNanos;
    private boolean answered;
    private int refusals;
    private Standing standing = Standing.UNKNOWN;

    /** What is known of it, as it is counted. */
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

    boolean busy() {
        return probe != null || waiting.get() > 0 || blocked.get() > 0;
    }

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

    /** It was reached, and did not answer with its load. */
    void refused() {
        refusals++;
        if (!answered || refusals >= LOST) {
            count(Standing.MUTE);
        }
    }

    /** It is not probed for a while. */
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

    /** Ends a probe whose end was lost. */
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

    /** Ends what is under way. Always true. */
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
                // The answer was there at once.
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
            // A connection that was refused shows nothing of what the server has for probes.
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

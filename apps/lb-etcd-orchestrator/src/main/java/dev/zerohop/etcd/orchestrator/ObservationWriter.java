package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.etcd.client.EtcdFailure;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.election.Candidacy;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes what one worker sees, under the worker's lease, whenever it is not what was written last: one write at a time and {@link #PAUSE} between them.
 * Used by tasks of one serial executor only.
 */
final class ObservationWriter {
    private static final Log LOG = Log.of(ObservationWriter.class);

    /** Flips that come together are written together. */
    static final Duration PAUSE = Duration.ofMillis(200);

    private final String key;
    private final Leases leases;
    private final Env env;
    private final Executor serial;
    private Candidacy.@Nullable Held held;
    private @Nullable Observation wanted;
    private @Nullable Written written;
    private boolean waiting;
    private boolean closed;
    private int failures;
    private @Nullable Cancellable timer;

    private long writtenRevision;

    private record Written(long lease, Observation observation) {}

    ObservationWriter(String key, Leases leases, Env env, Executor serial) {
        this.key = key;
        this.leases = leases;
        this.env = env;
        this.serial = serial;
    }

    /** Takes what is seen now; nothing is written without a lease. */
    void write(Candidacy.@Nullable Held holding, Observation seen) {
        held = holding;
        wanted = seen;
        if (!waiting) {
            next();
        }
    }

    /** etcd has no observation of this worker as of a revision: if one was written before, it is written again. */
    void missing(long revision) {
        if (revision >= writtenRevision) {
            written = null;
        }
    }

    /** What was written may not be there any more, in any revision. */
    void forget() {
        written = null;
    }

    private void next() {
        Candidacy.Held holding = held;
        Observation seen = wanted;
        if (closed || holding == null || seen == null) {
            return;
        }
        Written now = new Written(holding.lease().id(), seen);
        if (now.equals(written)) {
            return;
        }
        waiting = true;
        leases.put(key, seen.toJson(), holding.lease().id())
                .whenComplete((revision, thrown) -> serial.execute(() -> {
                    long pause = Backoff.jittered(PAUSE.toNanos(), env.dice());
                    if (thrown == null) {
                        written = now;
                        writtenRevision = revision;
                        failures = 0;
                    } else {
                        SourceFailure failure = EtcdFailure.of(thrown);
                        failures++;
                        pause = RangeWatch.BACKOFF.nanos(failure, failures, env.dice());
                        LOG.debug("{} cannot be written, trying on: {}", key, failure.getMessage());
                    }
                    later(pause);
                }));
    }

    private void later(long delayNanos) {
        if (closed) {
            return;
        }
        timer = env.time()
                .schedule(
                        delayNanos,
                        () -> serial.execute(() -> {
                            waiting = false;
                            next();
                        }));
    }

    void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}

package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.client.SerialCalls;
import dev.zerohop.etcd.election.Candidacy;
import dev.zerohop.watch.Backoff;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes a worker's observation under the worker's lease whenever it has changed: one write at a time and {@link #PAUSE} between them. For tasks of one
 * serial executor.
 */
final class ObservationWriter {
    private static final Log LOG = Log.of(ObservationWriter.class);

    /** The pause between writes, so that simultaneous changes are written together. */
    static final Duration PAUSE = Duration.ofMillis(200);

    private final String key;
    private final Leases leases;
    private final Env env;
    private final SerialCalls calls;
    private Candidacy.@Nullable Held held;
    private @Nullable Observation wanted;
    private @Nullable Written written;
    private boolean waiting;
    private int failures;
    private long writtenRevision;

    private record Written(long lease, Observation observation) {}

    ObservationWriter(String key, Leases leases, Env env, Executor serial) {
        this.key = key;
        this.leases = leases;
        this.env = env;
        this.calls = new SerialCalls(env.time(), serial);
    }

    /** Takes the present observation; nothing is written without a lease. */
    void write(Candidacy.@Nullable Held holding, Observation seen) {
        held = holding;
        wanted = seen;
        if (!waiting) {
            next();
        }
    }

    /** etcd had no observation of this worker at that revision: an observation that was written before it is written again. */
    void missing(long revision) {
        if (revision >= writtenRevision) {
            written = null;
        }
    }

    /** Forgets the last write, since etcd may have lost it. */
    void forget() {
        written = null;
    }

    private void next() {
        Candidacy.Held holding = held;
        Observation seen = wanted;
        if (calls.ended() || holding == null || seen == null) {
            return;
        }
        Written now = new Written(holding.lease().id(), seen);
        if (now.equals(written)) {
            return;
        }
        waiting = true;
        calls.then(
                leases.put(key, seen.toJson(), holding.lease().id()),
                revision -> {
                    written = now;
                    writtenRevision = revision;
                    failures = 0;
                    goOnIn(Backoff.jittered(PAUSE.toNanos(), env.dice()));
                },
                failure -> {
                    failures++;
                    LOG.debug("{} cannot be written, retrying: {}", key, failure.getMessage());
                    goOnIn(RangeWatch.BACKOFF.nanos(failure, failures, env.dice()));
                });
    }

    private void goOnIn(long delayNanos) {
        calls.schedule(delayNanos, () -> {
            waiting = false;
            next();
        });
    }

    void close() {
        calls.end();
    }
}

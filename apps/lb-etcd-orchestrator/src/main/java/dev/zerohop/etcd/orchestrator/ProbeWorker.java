package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.watch.Backoff;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Probes the endpoints that are assigned to one worker, each at its own interval from a random instant on, and keeps the results. Independent of etcd. For
 * tasks of one serial executor.
 */
final class ProbeWorker {
    /** A hundred verdicts with the reasons of two workers each must fit into one transaction. */
    private static final int REASON_LIMIT = 120;

    private static final String CUT = "...";

    private final OrchestratorSettings settings;
    private final Env env;
    private final Executor serial;
    private final Prober prober;
    private final Runnable onChange;
    private final Map<String, Probed> all = new HashMap<>();

    /** {@code onChange} is called, in a serial task, when {@link #observation} has changed by a probe. */
    ProbeWorker(OrchestratorSettings settings, Env env, Executor serial, Prober prober, Runnable onChange) {
        this.settings = settings;
        this.env = env;
        this.serial = serial;
        this.prober = prober;
        this.onChange = onChange;
    }

    /** Probes exactly these endpoints. An endpoint that is already probed keeps its state, unless its address has changed. */
    void assign(Map<String, Endpoint> share) {
        all.entrySet().removeIf(known -> {
            Endpoint endpoint = share.get(known.getKey());
            boolean gone = endpoint == null
                    || !endpoint.address().equals(known.getValue().endpoint.address());
            if (gone) {
                known.getValue().end();
            }
            return gone;
        });
        share.forEach((id, endpoint) -> {
            if (!all.containsKey(id)) {
                Probed probed = new Probed(endpoint);
                all.put(id, probed);
                // At a random instant, so that workers do not probe in step.
                probed.later((long) (settings.interval().toNanos() * env.dice().nextDouble()));
            }
        });
    }

    /** The present observation. */
    Observation observation(long assignmentRevision) {
        Map<String, Observation.Down> down = new HashMap<>();
        Set<String> pending = new HashSet<>();
        all.forEach((id, probed) -> {
            switch (probed.record.state()) {
                case DOWN -> down.put(id, new Observation.Down(probed.record.reason(), probed.record.since()));
                case PENDING -> pending.add(id);
                case UP -> {}
            }
        });
        return new Observation(assignmentRevision, down, pending);
    }

    int size() {
        return all.size();
    }

    void close() {
        all.values().forEach(Probed::end);
        all.clear();
    }

    private final class Probed {
        private final Endpoint endpoint;
        private final Prober.Target target;
        private final ProbeRecord record;
        private @Nullable Cancellable timer;
        private @Nullable Attempt attempt;
        private boolean over;

        Probed(Endpoint endpoint) {
            this.endpoint = endpoint;
            this.target = prober.connect(endpoint);
            this.record = new ProbeRecord(settings.healthyThreshold(), settings.unhealthyThreshold());
        }

        void later(long delayNanos) {
            timer = env.time().schedule(delayNanos, () -> serial.execute(this::tick));
        }

        private void tick() {
            if (over) {
                return;
            }
            later(Backoff.jittered(settings.interval().toNanos(), env.dice()));
            // Otherwise the previous attempt is still under way; it ends by its timeout.
            if (attempt == null) {
                Attempt begun = new Attempt(this);
                attempt = begun;
                begun.begin();
            }
        }

        void ended(@Nullable String failure) {
            attempt = null;
            boolean changed = record.record(
                    failure == null,
                    failure == null ? "" : bounded(failure),
                    env.time().now());
            if (changed) {
                onChange.run();
            }
        }

        void end() {
            over = true;
            if (timer != null) {
                timer.cancel();
            }
            if (attempt != null) {
                attempt.abandon();
            }
            target.close();
        }
    }

    private static String bounded(String reason) {
        if (reason.length() <= REASON_LIMIT) {
            return reason;
        }
        int end = REASON_LIMIT - CUT.length();
        return reason.substring(0, Character.isHighSurrogate(reason.charAt(end - 1)) ? end - 1 : end) + CUT;
    }

    /** One probe under way. */
    private final class Attempt {
        private final Probed probed;
        private @Nullable Cancellable timeout;
        private @Nullable Cancellable call;
        private boolean over;

        Attempt(Probed probed) {
            this.probed = probed;
        }

        void begin() {
            timeout = env.time()
                    .schedule(
                            settings.timeout().toNanos(),
                            () -> serial.execute(() ->
                                    end("no answer within " + settings.timeout().toMillis() + " ms")));
            // The probe may block to look up a name.
            env.blocking().execute(this::call);
        }

        private void call() {
            Consumer<@Nullable String> answer = failure -> serial.execute(() -> end(failure));
            try {
                Cancellable begun = probed.target.probe(answer);
                serial.execute(() -> {
                    call = begun;
                    if (over) {
                        begun.cancel();
                    }
                });
            } catch (RuntimeException thrown) {
                answer.accept("cannot be probed: " + Prober.reason(thrown));
            }
        }

        private void end(@Nullable String failure) {
            if (!over) {
                abandon();
                probed.ended(failure);
            }
        }

        void abandon() {
            over = true;
            if (timeout != null) {
                timeout.cancel();
            }
            if (call != null) {
                call.cancel();
            }
        }
    }
}

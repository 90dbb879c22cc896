package dev.zerohop.probe;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Options;
import dev.zerohop.Prober;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Probes endpoints, each at its own interval from a random instant on, and keeps what came of it. One probe of an endpoint is under way at a time; one that takes too
 * long has failed, and its endpoint is probed again once its thread is back.
 *
 * <p>For tasks of one serial executor, which may belong to the caller; nothing here blocks it.
 */
public final class ProbeLoop implements AutoCloseable {
    private final ProbeTiming timing;
    private final Env env;
    private final Executor serial;
    private final Prober prober;
    private final Listener listener;
    private final Map<String, Probed> all = new HashMap<>();

    /** Those whose turn it is, while as many as may be are under way. */
    private final Set<Probed> waiting = new LinkedHashSet<>();

    private int underWay;
    private boolean beginning;

    /** Learns what probes came to, in serial tasks. */
    public interface Listener {
        /**
         * A probe has succeeded or failed.
         *
         * @param changed whether the state of the record has changed with it
         */
        void onProbe(Endpoint endpoint, ProbeRecord record, boolean changed);

        /** The endpoint is probed no more, or begins anew at another address; not called by {@link ProbeLoop#close}. */
        default void onEnd(Endpoint endpoint, ProbeRecord record) {}
    }

    /** Probes nothing yet. */
    public ProbeLoop(ProbeTiming timing, Env env, Executor serial, Prober prober, Listener listener) {
        this.timing = requireNonNull(timing, "timing");
        this.env = requireNonNull(env, "env");
        this.serial = requireNonNull(serial, "serial");
        this.prober = requireNonNull(prober, "prober");
        this.listener = requireNonNull(listener, "listener");
    }

    /** Probes exactly these endpoints, whose ids differ. One that is probed already keeps its record, unless its address has changed. */
    public void follow(Collection<Endpoint> endpoints) {
        List<Endpoint> added = new ArrayList<>();
        Set<String> staying = new HashSet<>();
        for (Endpoint endpoint : endpoints) {
            Probed known = all.get(endpoint.id());
            if (known != null && known.endpoint.sameAddress(endpoint)) {
                staying.add(endpoint.id());
            } else {
                added.add(endpoint);
            }
        }
        List<Probed> gone = new ArrayList<>();
        all.values().removeIf(known -> !staying.contains(known.endpoint.id()) && gone.add(known));
        gone.forEach(waiting::remove);
        for (Probed known : gone) {
            known.end();
            listener.onEnd(known.endpoint, known.record);
        }
        for (Endpoint endpoint : added) {
            Probed probed = new Probed(endpoint);
            all.put(endpoint.id(), probed);
            probed.later(timing.firstNanos(env.dice()));
        }
    }

    /** Looks at every endpoint that is probed. */
    public void forEach(BiConsumer<Endpoint, ProbeRecord> look) {
        all.values().forEach(probed -> look.accept(probed.endpoint, probed.record));
    }

    /** How many endpoints are probed. */
    public int size() {
        return all.size();
    }

    /** Ends all probes and timers. Idempotent. */
    @Override
    public void close() {
        waiting.clear();
        all.values().forEach(Probed::end);
        all.clear();
    }

    private void beginNext() {
        if (beginning) {
            // One that ended at once, of a prober that does not wait: the loop below goes on.
            return;
        }
        beginning = true;
        try {
            while (underWay < timing.concurrency() && !waiting.isEmpty()) {
                Iterator<Probed> first = waiting.iterator();
                Probed next = first.next();
                first.remove();
                next.begin();
            }
        } finally {
            beginning = false;
        }
    }

    private final class Probed {
        private final Endpoint endpoint;
        private final Prober.Target target;
        private final ProbeRecord record = new ProbeRecord(timing.healthyThreshold(), timing.unhealthyThreshold());
        private @Nullable Cancellable timer;

        /** The probe that waits for its turn or is under way; until its threads are back, even when its time is over. */
        private @Nullable Attempt attempt;

        private boolean over;

        Probed(Endpoint endpoint) {
            this.endpoint = endpoint;
            this.target = prober.connect(endpoint);
        }

        void later(long delayNanos) {
            timer = env.time().schedule(delayNanos, () -> serial.execute(this::tick));
        }

        private void tick() {
            if (over) {
                return;
            }
            later(timing.nextNanos(env.dice()));
            // Otherwise the one before is not done yet.
            if (attempt == null) {
                attempt = new Attempt(this);
                waiting.add(this);
                beginNext();
            }
        }

        void begin() {
            Attempt due = attempt;
            if (!over && due != null) {
                due.begin();
            }
        }

        void ended(Prober.Result result) {
            if (over) {
                return;
            }
            if (result.kind() == Prober.Result.Kind.SKIPPED) {
                record.skip();
                return;
            }
            boolean ok = result.kind() == Prober.Result.Kind.OK;
            boolean changed = record.record(ok, result.reason(), env.time().now());
            listener.onProbe(endpoint, record, changed);
        }

        void end() {
            over = true;
            if (timer != null) {
                timer.cancel();
            }
            Attempt last = attempt;
            if (last != null) {
                last.abandon();
            }
            target.close();
        }
    }

    /** One probe. It holds its place until it has a result and none of its threads is out: a name server that does not answer costs one thread for each endpoint, not one for each interval. */
    private final class Attempt {
        private final Probed probed;
        private @Nullable Cancellable timeout;
        private @Nullable Cancellable call;
        private int threads;
        private boolean begun;
        private boolean over;
        private boolean released;

        Attempt(Probed probed) {
            this.probed = probed;
        }

        void begin() {
            begun = true;
            underWay++;
            timeout = env.time().schedule(timing.timeout().toNanos(), () -> serial.execute(this::expire));
            try {
                call = probed.target.probe(this::run, result -> serial.execute(() -> end(result)));
            } catch (Throwable thrown) {
                end(Prober.Result.failure("cannot be probed: " + SocketProber.reason(thrown)));
            }
            if (over) {
                // The answer was there at once.
                cancel(call);
            }
        }

        private void expire() {
            boolean unsent = call instanceof Prober.Running running && !running.sent();
            end(
                    unsent
                            ? Prober.Result.SKIPPED
                            : Prober.Result.failure("no answer within " + Options.text(timing.timeout())));
        }

        /** Runs what may block, and counts it. */
        private void run(Runnable task) {
            serial.execute(() -> {
                if (over) {
                    return;
                }
                threads++;
                try {
                    env.blocking().execute(() -> {
                        try {
                            task.run();
                        } finally {
                            serial.execute(this::back);
                        }
                    });
                } catch (Throwable rejected) {
                    threads--;
                    end(Prober.Result.failure("cannot be probed: " + SocketProber.reason(rejected)));
                }
            });
        }

        private void back() {
            threads--;
            releaseIfDone();
        }

        private void end(Prober.Result result) {
            if (!over) {
                abandon();
                probed.ended(result);
            }
        }

        void abandon() {
            over = true;
            cancel(timeout);
            cancel(call);
            releaseIfDone();
        }

        private void releaseIfDone() {
            if (!over || threads > 0 || released) {
                return;
            }
            released = true;
            if (probed.attempt == this) {
                probed.attempt = null;
            }
            if (begun) {
                underWay--;
                beginNext();
            } else {
                waiting.remove(probed);
            }
        }

        private static void cancel(@Nullable Cancellable running) {
            if (running != null) {
                running.cancel();
            }
        }
    }
}

package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Prober;
import dev.zerohop.probe.ProbeLoop;
import dev.zerohop.probe.ProbeRecord;
import dev.zerohop.probe.ProbeTiming;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/** The probes of the endpoints that are assigned to one worker, and what they come to. Independent of etcd. For tasks of one serial executor. */
final class ProbeWorker {
    /** A hundred verdicts with the reasons of two workers each must fit into one transaction. */
    private static final int REASON_LIMIT = 120;

    private static final String CUT = "...";

    private static final int JITTER_PERCENT = 15;

    /** A probe of a server that hangs takes a thread for the time-out, and those of the others must not wait for it: with the default times enough for 10,000 that hang. */
    private static final int CONCURRENCY = 4_096;

    private final ProbeLoop loop;

    /** {@code onChange} is called, in a serial task, when {@link #observation} has changed by a probe. */
    ProbeWorker(OrchestratorSettings settings, Env env, Executor serial, Prober prober, Runnable onChange) {
        ProbeTiming timing = new ProbeTiming(
                settings.interval(),
                JITTER_PERCENT,
                settings.timeout(),
                settings.healthyThreshold(),
                settings.unhealthyThreshold(),
                CONCURRENCY);
        this.loop = new ProbeLoop(timing, env, serial, prober, (endpoint, record, changed) -> {
            if (changed) {
                onChange.run();
            }
        });
    }

    /** Probes exactly these endpoints. An endpoint that is already probed keeps its state, unless its address has changed. */
    void assign(Map<String, Endpoint> share) {
        loop.follow(share.values());
    }

    /** The present observation. */
    Observation observation(long assignmentRevision) {
        Map<String, Observation.Down> down = new HashMap<>();
        Set<String> pending = new HashSet<>();
        loop.forEach((endpoint, record) -> {
            switch (record.state()) {
                case DOWN -> down.put(endpoint.id(), new Observation.Down(bounded(record), record.since()));
                case PENDING -> pending.add(endpoint.id());
                case UP -> {}
            }
        });
        return new Observation(assignmentRevision, down, pending);
    }

    int size() {
        return loop.size();
    }

    void close() {
        loop.close();
    }

    private static String bounded(ProbeRecord record) {
        String reason = record.reason();
        if (reason.length() <= REASON_LIMIT) {
            return reason;
        }
        int end = REASON_LIMIT - CUT.length();
        return reason.substring(0, Character.isHighSurrogate(reason.charAt(end - 1)) ? end - 1 : end) + CUT;
    }
}

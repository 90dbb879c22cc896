package dev.zerohop.probe;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Node;
import dev.zerohop.Prober;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The checks of one balancer. They have a serial executor of their own, so that neither requests nor the balancer's tasks wait for one; what goes to the balancer are
 * verdicts.
 */
final class CheckSource implements HealthSource, ProbeLoop.Listener {
    private final HealthChecks policy;
    private final Executor serial;
    private final ProbeLoop loop;
    private final CheckSample sample;

    /** The failure that the verdict on an endpoint names. */
    private final Map<String, String> reported = new HashMap<>();

    /** What was made last and is not taken yet: however long the threads are away, only the newest waits. */
    private final AtomicReference<@Nullable Snapshot> newest = new AtomicReference<>();

    private @Nullable List<Node> members;
    private boolean closed;
    private volatile @Nullable Sink sink;

    CheckSource(HealthChecks policy, Env env, Prober prober) {
        this.policy = policy;
        this.serial = env.serial(this);
        this.loop = new ProbeLoop(policy.timing(), env, serial, prober, this);
        this.sample = new CheckSample(policy.sample(), env.dice().nextLong());
    }

    @Override
    public String name() {
        return "check";
    }

    @Override
    public void start(Sink into) {
        sink = into;
    }

    @Override
    public void follow(Snapshot made) {
        if (newest.getAndSet(made) != null) {
            return;
        }
        try {
            serial.execute(this::takeNewest);
        } catch (Throwable refused) {
            // So that the next one is not taken to be waited for.
            newest.set(null);
            throw refused;
        }
    }

    @Override
    public void close() {
        serial.execute(() -> {
            closed = true;
            loop.close();
        });
    }

    private void takeNewest() {
        Snapshot made = newest.getAndSet(null);
        if (made != null) {
            take(made);
        }
    }

    private void take(Snapshot made) {
        // Those that a stage leaves unconnected are not checked either.
        List<Node> now = made.reached();
        boolean same = now == members || now.equals(members);
        // Of few members all are checked, whatever their health.
        if (closed || (same && now.size() <= policy.sample())) {
            return;
        }
        if (!same) {
            members = now;
            sample.take(now);
        }
        List<String> failing = new ArrayList<>();
        loop.forEach((endpoint, record) -> {
            if (record.state() == ProbeRecord.State.DOWN || record.failuresInARow() > 0) {
                failing.add(endpoint.id());
            }
        });
        loop.follow(sample.choose(failing, made.impaired()));
    }

    @Override
    public void onProbe(Endpoint endpoint, ProbeRecord record, boolean changed) {
        Sink into = sink;
        String id = endpoint.id();
        if (into == null) {
            return;
        }
        if (record.state() == ProbeRecord.State.DOWN && record.failuresInARow() > 0) {
            if (!record.lastFailure().equals(reported.put(id, record.lastFailure()))) {
                into.report(id, Verdict.lasting(Health.Status.UNHEALTHY, reason(endpoint, record)));
            }
        } else if (changed) {
            reported.remove(id);
            into.report(
                    id,
                    Verdict.lasting(
                            Health.Status.HEALTHY,
                            "the " + policy.kind() + " check of " + policy.addressOf(endpoint) + " succeeds"));
        }
    }

    private String reason(Endpoint endpoint, ProbeRecord record) {
        int failures = record.failuresInARow();
        return "the " + policy.kind() + " check of " + policy.addressOf(endpoint) + " failed "
                + (failures == 1 ? "at " : failures + " times in a row since ") + record.failingSince() + ": "
                + record.lastFailure();
    }

    @Override
    public void onEnd(Endpoint endpoint, ProbeRecord record) {
        reported.remove(endpoint.id());
        Sink into = sink;
        if (into != null && record.state() != ProbeRecord.State.PENDING) {
            into.withdraw(endpoint.id());
        }
    }

    @Override
    public String toString() {
        return "health checks (" + policy + ")";
    }
}

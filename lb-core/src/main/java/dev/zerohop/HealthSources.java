package dev.zerohop;

import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What gives verdicts on the members of a balancer: the sources that it was built with, and the active checks that its settings ask for. */
final class HealthSources {
    private final List<HealthSource> given;
    private final Env env;
    private final ProbeTransport transport;
    private final Membership membership;
    private final RebuildTimer timer;
    private final Executor tasks;
    private final ForeignFaults faults;

    // The tasks' own.
    private @Nullable HealthSource checks;
    private boolean checking;

    /** Throws what keeps the checks of the first settings from being made. */
    HealthSources(
            Balancer.Builder builder,
            BalancerSettings first,
            Membership membership,
            RebuildTimer timer,
            Executor tasks,
            ForeignFaults faults) {
        this.given = List.copyOf(builder.healthSources);
        this.env = builder.env;
        this.transport = builder.probeTransport;
        this.membership = membership;
        this.timer = timer;
        this.tasks = tasks;
        this.faults = faults;
        this.checks = make(first.checks());
    }

    /** Starts those that the balancer was built with. */
    void start() {
        for (HealthSource source : given) {
            start(source, tasks);
        }
    }

    private void start(HealthSource source, Executor as) {
        try {
            source.start(new VerdictSink(source, membership, timer, env.time(), as));
        } catch (Throwable thrown) {
            report(source, "it gives no verdicts", thrown);
        }
    }

    private void report(HealthSource source, String consequence, Throwable thrown) {
        faults.report("the health source " + ForeignFaults.nameOf(source), consequence, thrown);
    }

    /** Ends those that the balancer was built with. */
    void close() {
        given.forEach(faults::close);
    }

    // ---- for tasks of the control path only ----

    /** The active checks in force; null for none. */
    @Nullable
    HealthSource checks() {
        return checks;
    }

    /** Active checks of a policy, which do nothing yet; throws what keeps them from being made. */
    @Nullable
    HealthSource make(HealthCheckPolicy policy) {
        return policy.newSource(env, transport);
    }

    void startChecks() {
        checking = true;
        begin(checks);
    }

    /** Puts these checks in force. If they are others, what those before have found is withdrawn. */
    void useChecks(@Nullable HealthSource next) {
        HealthSource before = checks;
        if (next == before) {
            return;
        }
        checks = next;
        if (before != null) {
            faults.close(before);
            membership.withdraw(before);
        }
        if (checking) {
            begin(next);
        }
    }

    private void begin(@Nullable HealthSource source) {
        if (source != null) {
            // What is still on its way when the source is replaced must change nothing any more.
            start(
                    source,
                    task -> tasks.execute(() -> {
                        if (checks == source) {
                            task.run();
                        }
                    }));
        }
    }

    /** Names the members to all of them. */
    void follow(Snapshot made) {
        for (HealthSource source : given) {
            follow(source, made);
        }
        if (checks != null) {
            follow(checks, made);
        }
    }

    private void follow(HealthSource source, Snapshot made) {
        try {
            source.follow(made);
        } catch (Throwable thrown) {
            report(source, "it goes by the members before", thrown);
        }
    }

    void closeChecks() {
        HealthSource last = checks;
        checks = null;
        if (last != null) {
            faults.close(last);
        }
    }
}

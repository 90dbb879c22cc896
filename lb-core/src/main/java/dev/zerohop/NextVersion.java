package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Makes the next version of a balancer of its members. Parts that throw are passed over or made anew, so that endpoints can come and go. For tasks of the control path. */
final class NextVersion {
    private final Balancer balancer;
    private final Env env;
    private final ForeignFaults faults;
    private final long retryNanos;
    private final PickerRefresh refresh;

    /** What failed is tried again after {@code retryNanos}; {@code tasks} runs tasks of the control path. */
    NextVersion(Balancer balancer, Env env, Executor tasks, ForeignFaults faults, long retryNanos) {
        this.refresh = new PickerRefresh(balancer, env, tasks, faults);
        this.balancer = balancer;
        this.env = env;
        this.faults = faults;
        this.retryNanos = retryNanos;
    }

    /** What the stages make of the members. */
    Snapshot of(Snapshot.Members members, @Nullable EndpointSet set, List<Stage> stages, long now) {
        Snapshot next =
                Snapshot.of(members, set).carryingThatOf(balancer.current().snapshot());
        for (Stage stage : stages) {
            Snapshot in = next;
            next = applied(stage, in, now).after(name(stage), in);
        }
        return next;
    }

    private static String name(Stage stage) {
        try {
            return requireNonNull(stage.name(), "name() returned null, expected a name");
        } catch (Throwable unnamed) {
            return stage.getClass().getSimpleName();
        }
    }

    /** A stage that throws is passed over, for it may throw for ever while endpoints come and go. */
    private Snapshot applied(Stage stage, Snapshot in, long now) {
        try {
            return requireNonNull(stage.apply(in, now), "apply() returned null, expected a snapshot");
        } catch (Throwable thrown) {
            String part = "the stage " + ForeignFaults.nameOf(stage);
            faults.report(part, "it is passed over until it works", thrown);
            return in.with(
                    in.candidates(), retryNanos, part + " threw and was passed over: " + SourceState.brief(thrown));
        }
    }

    /** A picker that cannot be carried over is made anew; if that fails too, the version before stays until it works or another policy is applied. */
    boolean publish(Snapshot next) {
        boolean published = tryToPublish(next);
        refresh.follow();
        return published;
    }

    /** Nothing more comes. */
    void cancel() {
        refresh.cancel();
    }

    private boolean tryToPublish(Snapshot next) {
        BalancerView old = balancer.current();
        try {
            balancer.publish(old.over(next));
            return true;
        } catch (Throwable thrown) {
            String part = "the policy " + old.settings().policy().name();
            faults.report(part, "its picker for the new endpoints is made from nothing", thrown);
            try {
                Picker anew = old.settings().policy().newPicker(next, env);
                balancer.publish(new BalancerView(balancer, old.settings(), old.retryBudget(), anew, next));
                return true;
            } catch (Throwable again) {
                faults.report(part + ", asked for a new picker,", "the version before it stays in force", again);
                return false;
            }
        }
    }
}

package dev.zerohop.sim;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Time;
import dev.zerohop.resolver.AbstractResolver;
import java.util.Map;

/** The source of one client: says what the {@link ControlPlane} gives it. */
final class Feed extends AbstractResolver {
    private final Time time;

    Feed(Env env) {
        super("scenario", env, Runnable::run);
        this.time = env.time();
    }

    void give(EndpointSet set) {
        run(() -> publish(current().answered(set)));
    }

    /** What an orchestrator has published of the health of servers, as of now. */
    void give(Map<String, HealthSource.Verdict> verdicts) {
        run(() -> publish(current().with(new HealthSource.Verdicts(verdicts, time.nanoTime()))));
    }

    @Override
    protected void onStart() {}

    @Override
    protected void onClose() {}
}

package dev.zerohop.sim;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.resolver.AbstractResolver;

/** The source of one client: says what the {@link ControlPlane} gives it. */
final class Feed extends AbstractResolver {
    Feed(Env env) {
        super("scenario", env, Runnable::run);
    }

    void give(EndpointSet set) {
        run(() -> publish(current().answered(set)));
    }

    @Override
    protected void onStart() {}

    @Override
    protected void onClose() {}
}

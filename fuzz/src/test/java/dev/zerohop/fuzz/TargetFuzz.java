package dev.zerohop.fuzz;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import java.util.concurrent.atomic.AtomicReference;

/** Targets as they are written, up to the resolver that they name, which is not started but for one that asks nothing. */
public final class TargetFuzz {
    private TargetFuzz() {}

    /** One text. */
    public static void fuzzerTestOneInput(byte[] data) {
        String text = Input.of(data).text();
        String printable = Printable.text(text);
        Said.shown(printable);
        Said.same(printable, Printable.text(printable), text);
        try {
            Target target = Target.parse(text);
            ResolverProvider provider = target.provider();
            Said.shown(provider.tlsName(target));
            Resolver resolver = provider.newResolver(target, Env.system());
            if (target.scheme().equals("static")) {
                started(resolver);
            }
            resolver.close();
        } catch (IllegalArgumentException refused) {
            Said.by(refused);
        }
    }

    private static void started(Resolver resolver) {
        AtomicReference<Resolution> said = new AtomicReference<>(Resolution.NONE);
        resolver.start(said::set);
        Throwable error = said.get().error();
        if (error != null) {
            throw new AssertionError(error);
        }
        EndpointSet set = said.get().endpoints();
        if (set != null) {
            Said.shown(set.source());
            for (Endpoint endpoint : set.endpoints()) {
                Said.shown(endpoint.toString());
                Said.shown(endpoint.address());
            }
        }
    }
}

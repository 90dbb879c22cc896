package dev.zerohop.spring;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Targets by which clients follow a service of one application context: {@code zerohop-service://CONTEXT/NAME}. Made by {@link ZerohopServices#target}; a JVM may have several contexts, in tests above all, with services of the same
 * names. Found by {@link java.util.ServiceLoader}.
 */
public final class ServiceResolverProvider implements ResolverProvider {
    static final String SCHEME = "zerohop-service";

    private static final AtomicInteger CONTEXTS = new AtomicInteger();
    private static final Map<String, Map<String, ServiceResolver.Source>> BY_CONTEXT = new ConcurrentHashMap<>();

    /** For {@link java.util.ServiceLoader}. */
    public ServiceResolverProvider() {}

    static String nextContext() {
        return "context-" + CONTEXTS.incrementAndGet();
    }

    static void add(String context, Map<String, ServiceResolver.Source> sources) {
        BY_CONTEXT.put(context, sources);
    }

    static void remove(String context) {
        BY_CONTEXT.remove(context);
    }

    @Override
    public String scheme() {
        return SCHEME;
    }

    @Override
    public Resolver newResolver(Target target, Env env) {
        return new ServiceResolver(source(target), env);
    }

    @Override
    public String tlsName(Target target) {
        return source(target).tlsName();
    }

    private static ServiceResolver.Source source(Target target) {
        Map<String, ServiceResolver.Source> sources = BY_CONTEXT.get(target.authority());
        ServiceResolver.Source source = sources == null ? null : sources.get(target.path());
        if (source == null) {
            throw target.error(
                    target.authorityPosition(),
                    "found no running application context with this service, expected a service of zerohop.services");
        }
        return source;
    }
}

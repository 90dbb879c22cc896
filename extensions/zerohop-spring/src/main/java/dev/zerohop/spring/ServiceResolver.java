package dev.zerohop.spring;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.Target;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.resolver.SharedResolvers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Follows a service: the endpoints of its target, and its configuration where that source has none. Stated here and not by each client, it is the same under gRPC, OkHttp and Spring Cloud, a channel's own service config keeps its {@code
 * methodConfig}, and what changes reaches all of them.
 */
final class ServiceResolver extends AbstractResolver {
    private final Source service;
    private final Env env;

    // Touched by tasks only.
    private @Nullable Target followed;
    private @Nullable Resolver upstream;
    private Resolution latest = Resolution.NONE;
    private SourceConfiguration own = SourceConfiguration.NONE;

    /** A service of one context, and those who follow it. Thread-safe. */
    static final class Source {
        private final String name;
        private final Map<String, ResolverProvider> providers;
        private final List<ServiceResolver> followers = new CopyOnWriteArrayList<>();
        private volatile ServiceDefinition definition;

        Source(String name, Map<String, ResolverProvider> providers, ServiceDefinition definition) {
            this.name = name;
            this.providers = Map.copyOf(providers);
            this.definition = definition;
        }

        ServiceDefinition definition() {
            return definition;
        }

        /** Whether anything changed. */
        boolean define(ServiceDefinition next) {
            if (next.equals(definition)) {
                return false;
            }
            definition = next;
            followers.forEach(follower -> follower.run(follower::look));
            return true;
        }

        /** The name that TLS checks: that of the target, else the service's own, as in a URL. */
        String tlsName() {
            Target target = definition.target();
            ResolverProvider provider = providers.get(target.scheme());
            String stated = (provider == null ? target.provider() : provider).tlsName(target);
            return stated.isEmpty() ? name : stated;
        }

        private Resolver resolver(Target target, Env env) {
            ResolverProvider provider = providers.get(target.scheme());
            return provider == null ? SharedResolvers.of(target, env) : provider.newResolver(target, env);
        }
    }

    ServiceResolver(Source service, Env env) {
        super(service.name, env, Runnable::run);
        this.service = service;
        this.env = env;
    }

    @Override
    protected void onStart() {
        service.followers.add(this);
        look();
    }

    private void look() {
        ServiceDefinition definition = service.definition;
        if (definition.configuration() != null || own != SourceConfiguration.NONE) {
            own = own.configured(definition.configuration() == null ? "" : definition.configuration());
        }
        if (definition.target().equals(followed)) {
            publish();
            return;
        }
        Resolver before = upstream;
        Resolver next = service.resolver(definition.target(), env);
        followed = definition.target();
        upstream = next;
        latest = latest.with(SourceConfiguration.NONE);
        follow(next, now -> {
            if (upstream == next) {
                latest = now;
                publish();
            }
        });
        if (before != null) {
            closeSource(before);
        }
    }

    private void publish() {
        publish(latest.mapEndpoints(this::named).with(configuration()));
    }

    private EndpointSet named(EndpointSet set) {
        return EndpointSet.builder(service.name)
                .endpoints(set.endpoints())
                .after(set)
                .version(set.version())
                .asOf(set.asOf())
                .stale(set.stale())
                .removalsBySource(set.removalsBySource())
                .shardMap(set.shardMap())
                .slices(set.slices())
                .directory(set.directory())
                .client(set.client())
                .missingOrdinals(set.missingOrdinals())
                .note(set.note())
                .unnumbered(set.unnumbered())
                .build();
    }

    /** What the source configures goes before; one that it rejects, where there is no good one, leaves ours. */
    private SourceConfiguration configuration() {
        SourceConfiguration source = latest.configuration();
        return source.configures() || own == SourceConfiguration.NONE ? source.orGoodOf(own) : own;
    }

    @Override
    public void refresh() {
        run(() -> {
            if (upstream != null) {
                refreshSource(upstream);
            }
        });
    }

    @Override
    protected void onClose() {
        service.followers.remove(this);
        if (upstream != null) {
            closeSource(upstream);
        }
    }
}

package dev.zerohop.spring;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.CallTracer;
import dev.zerohop.Cancellable;
import dev.zerohop.Log;
import dev.zerohop.ResolverProvider;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ResourceLoader;

/**
 * The services of one application context, as {@code zerohop.services} configures them. Balancers are made by the clients that name a service; here is what they follow, and which there are.
 *
 * <p>Thread-safe. {@link #update} takes other properties while calls run.
 */
public final class ZerohopServices implements AutoCloseable {
    private static final Log LOG = Log.of(ZerohopServices.class);

    private final String id = ServiceResolverProvider.nextContext();
    private final ServiceDefinition.Reader reader;
    private final Map<String, ServiceResolver.Source> sources;
    private final List<Cancellable> observing = new ArrayList<>();
    private final Set<Balancer> balancers = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    ZerohopServices(
            ZerohopProperties properties,
            List<ResolverProvider> providers,
            List<BalancerListener.Factory> listeners,
            List<CallTracer> tracers,
            ResourceLoader resources) {
        Map<String, ResolverProvider> byScheme = new LinkedHashMap<>();
        providers.forEach(provider -> byScheme.put(provider.scheme(), provider));
        this.reader = new ServiceDefinition.Reader(byScheme, resources);
        Map<String, ServiceResolver.Source> made = new TreeMap<>();
        new TreeMap<>(properties.services())
                .forEach((name, service) ->
                        made.put(name, new ServiceResolver.Source(name, byScheme, reader.read(name, service))));
        this.sources = Collections.unmodifiableMap(made);
        ServiceResolverProvider.add(id, sources);
        listeners.forEach(factory -> observing.add(BalancerRegistry.observe(factory)));
        tracers.forEach(tracer -> observing.add(BalancerRegistry.trace(tracer)));
    }

    /** The names of the services, sorted. */
    public Set<String> names() {
        return sources.keySet();
    }

    /** Whether there is such a service that clients of this kind may take. */
    public boolean has(String name, ZerohopProperties.Adapter adapter) {
        ServiceResolver.Source source = sources.get(name);
        return source != null && mayTake(source, adapter);
    }

    private static boolean mayTake(ServiceResolver.Source source, ZerohopProperties.Adapter adapter) {
        ZerohopProperties.Adapter configured = source.definition().adapter();
        return configured == ZerohopProperties.Adapter.ANY || configured == adapter;
    }

    /**
     * A target by which clients of this kind follow the service, and its properties when these change.
     *
     * @throws IllegalArgumentException if there is no such service, or it is for clients of another kind
     */
    public String target(String name, ZerohopProperties.Adapter adapter) {
        ServiceResolver.Source source = sources.get(name);
        if (source == null) {
            throw new IllegalArgumentException("zerohop.services." + name
                    + ": was named by a client and is not configured, expected one of " + names());
        }
        if (!mayTake(source, adapter)) {
            throw new IllegalArgumentException("zerohop.services." + name + ".adapter: was "
                    + source.definition().adapter() + ", expected ANY or " + adapter
                    + ", since a client of that kind names the service");
        }
        return ServiceResolverProvider.SCHEME + "://" + id + "/" + name;
    }

    /** Whether the application is down without this service. */
    public boolean critical(String name) {
        ServiceResolver.Source source = sources.get(name);
        return source != null && source.definition().critical();
    }

    /** For those who make balancers of services: they are then among {@link #balancers}. */
    public BalancerListener.Factory tracker() {
        return balancer -> {
            balancers.add(balancer);
            return BalancerListener.NOOP;
        };
    }

    /** The running balancers that clients of this context have made for a service: one for each channel of gRPC, and at most one for all HTTP clients. */
    public List<Balancer> balancers(String name) {
        return BalancerRegistry.running().stream()
                .filter(balancer -> balancer.name().equals(name) && balancers.contains(balancer))
                .toList();
    }

    /**
     * Puts other properties in force, without disturbing calls. All of them are checked first. A service that is new has no clients yet, and one that is no longer configured goes on as it was, until the application is started
     * again; both are logged.
     *
     * @throws RuntimeException if a property cannot be used; the message is one sentence, and nothing has changed
     */
    public void update(ZerohopProperties properties) {
        Map<String, ServiceDefinition> next = new LinkedHashMap<>();
        Set<String> others = new TreeSet<>(sources.keySet());
        requireNonNull(properties, "properties").services().forEach((name, service) -> {
            ServiceDefinition read = reader.read(name, service);
            if (sources.containsKey(name)) {
                next.put(name, read);
                others.remove(name);
            } else {
                others.add(name);
            }
        });
        if (!others.isEmpty()) {
            LOG.warn(
                    "zerohop.services: {} were added or removed, which takes effect when the application is started again",
                    others);
        }
        next.forEach((name, definition) -> {
            if (requireNonNull(sources.get(name)).define(definition)) {
                LOG.info("{}: changed properties are in force: {}", name, definition);
            }
        });
    }

    /** The context is gone; clients that are still there go on as they are. */
    @Override
    public void close() {
        observing.forEach(Cancellable::cancel);
        ServiceResolverProvider.remove(id);
    }

    @Override
    public String toString() {
        return "ZerohopServices" + names();
    }

    @Nullable
    ServiceDefinition definition(String name) {
        ServiceResolver.Source source = sources.get(name);
        return source == null ? null : source.definition();
    }
}

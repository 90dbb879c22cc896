package dev.zerohop.etcd.service;

import com.google.common.net.HostAndPort;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.EtcdTarget;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the alias of one service and opens its target. Keeps the chain of services that led to it, to reject circles and long chains. Immutable. */
final class Aliases {

    /** How many aliases may follow each other. */
    static final int MAX_CHAIN = 4;

    private final List<Step> chain;

    /** A service of the chain; the alias of the last one is read. */
    private record Step(ClientSource source, String service) {
        boolean is(List<HostAndPort> servers, String name) {
            return service.equals(name) && source.sameCluster(servers);
        }
    }

    private Aliases(List<Step> chain) {
        this.chain = chain;
    }

    /** For a service that a target names directly. */
    static Aliases of(ClientSource source, String service) {
        return new Aliases(List.of(new Step(source, service)));
    }

    /**
     * Reads {@code {"target": "..."}}.
     *
     * @throws IOException if the value is rejected
     * @throws IllegalArgumentException if the target is
     */
    String parse(byte[] utf8) throws IOException {
        var given = new Object() {
            @Nullable
            String target;
        };
        JsonReader.object(utf8, (in, name) -> {
            if (!name.equals("target")) {
                throw JsonReader.unknown(name, "target");
            }
            given.target = in.anyText(name);
        });
        String target = given.target;
        if (target == null) {
            throw new IOException("target was missing, expected a target such as \"k8s:///shop/orders:http\"");
        }
        // Opened only to reject an invalid target now and not when it is used.
        open(target).close();
        return target;
    }

    /**
     * A resolver of what the alias names, not started.
     *
     * @throws IllegalArgumentException if the target is rejected, closes a circle, or makes the chain too long
     */
    Resolver open(String text) {
        Target target = Target.parse(text);
        Step last = chain.get(chain.size() - 1);
        if (!target.scheme().equals("etcd")) {
            return target.newResolver(last.source().env());
        }
        List<HostAndPort> servers = EtcdTarget.servers(target);
        String service = EtcdTarget.service(target);
        for (Step step : chain) {
            if (step.is(servers, service)) {
                throw new IllegalArgumentException(
                        "target leads in a circle: " + way(service) + ", expected a service that is not in the chain");
            }
        }
        if (chain.size() > MAX_CHAIN) {
            throw new IllegalArgumentException("target makes a chain of " + chain.size() + " aliases: " + way(service)
                    + ", expected at most " + MAX_CHAIN);
        }
        // The same cluster is read over the same client, which has its credentials.
        ClientSource source = last.source().sameCluster(servers)
                ? last.source()
                : ClientSource.shared(servers, last.source().env());
        List<Step> longer = new ArrayList<>(chain);
        longer.add(new Step(source, service));
        return new ServiceResolver(
                text, source, new ServiceKeys(service), new Aliases(List.copyOf(longer)), DirectoryOptions.DEFAULTS);
    }

    private String way(String next) {
        return Stream.concat(chain.stream().map(Step::service), Stream.of(next)).collect(Collectors.joining(" -> "));
    }
}

package dev.zerohop.etcd.service;

import com.google.common.net.HostAndPort;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.EtcdTarget;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.etcd.directory.DirectoryResolver;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and follows the aliases of one service. Knows the services that led to it: an alias that leads back to one of them is refused, and so is
 * one too many. Immutable.
 */
final class Aliases {

    /** How many aliases may follow each other. */
    static final int MAX_CHAIN = 4;

    private final List<Place> chain;

    /** A service on the way; the last one is the one whose alias is read. */
    private record Place(ClientSource source, String service) {
        boolean is(List<HostAndPort> servers, String name) {
            return service.equals(name) && source.sameCluster(servers);
        }
    }

    private Aliases(List<Place> chain) {
        this.chain = chain;
    }

    /** For a service that somebody named himself. */
    static Aliases of(ClientSource source, String service) {
        return new Aliases(List.of(new Place(source, service)));
    }

    /**
     * Reads {@code {"target": "..."}}.
     *
     * @throws IOException if the value is refused
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
        // RejectedValue now, not when it is used.
        open(target).close();
        return target;
    }

    /**
     * A resolver of what the alias names, not started.
     *
     * @throws IllegalArgumentException if the target is refused, leads back, or is one too many
     */
    Resolver open(String text) {
        Target target = Target.parse(text);
        Place last = chain.get(chain.size() - 1);
        if (!target.scheme().equals("etcd")) {
            return target.newResolver(last.source().env());
        }
        List<HostAndPort> servers = EtcdTarget.servers(target);
        String service = EtcdTarget.service(target);
        for (Place place : chain) {
            if (place.is(servers, service)) {
                throw new IllegalArgumentException(
                        "target leads back: " + way(service) + ", expected a service that is not on the way");
            }
        }
        if (chain.size() > MAX_CHAIN) {
            throw new IllegalArgumentException("target makes a chain of " + chain.size() + " aliases: " + way(service)
                    + ", expected at most " + MAX_CHAIN);
        }
        // The same cluster is asked over the same client, whose credentials are known to be right.
        ClientSource source = last.source().sameCluster(servers)
                ? last.source()
                : ClientSource.shared(servers, last.source().env());
        List<Place> longer = new ArrayList<>(chain);
        longer.add(new Place(source, service));
        // With a directory of its own: the keys of the service that led here say nothing about this one's.
        return new DirectoryResolver(
                new ServiceResolver(text, source, service, new Aliases(List.copyOf(longer))),
                source,
                new ServiceKeys(service),
                DirectoryOptions.DEFAULTS);
    }

    private String way(String next) {
        StringBuilder way = new StringBuilder();
        for (Place place : chain) {
            way.append(place.service()).append(" -> ");
        }
        return way.append(next).toString();
    }
}

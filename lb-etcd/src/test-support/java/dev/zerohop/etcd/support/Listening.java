package dev.zerohop.etcd.support;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hears a resolver out, from any thread. */
public final class Listening implements Resolver.Listener {
    public final List<EndpointSet> sets = new CopyOnWriteArrayList<>();
    public final List<Throwable> errors = new CopyOnWriteArrayList<>();
    public final List<String> configurations = new CopyOnWriteArrayList<>();
    public final List<String> refusals = new CopyOnWriteArrayList<>();
    final List<String> rejections = new CopyOnWriteArrayList<>();

    /** Weights by id of the last set; null before the first. */
    public Map<String, Integer> weights() {
        if (sets.isEmpty()) {
            return null;
        }
        Map<String, Integer> weights = new TreeMap<>();
        for (Endpoint endpoint : last().endpoints()) {
            weights.put(endpoint.id(), endpoint.weight());
        }
        return weights;
    }

    public EndpointSet last() {
        return sets.get(sets.size() - 1);
    }

    public void awaitWeights(Map<String, Integer> expected) {
        EtcdServer.await().until(this::weights, expected::equals);
    }

    @Override
    public void onEndpoints(EndpointSet all) {
        sets.add(all);
    }

    @Override
    public void onConfirmed(Instant asOf) {}

    @Override
    public void onError(Throwable cause) {
        errors.add(cause);
    }

    @Override
    public void onConfiguration(String json) {
        configurations.add(json);
    }

    @Override
    public void onConfigurationRejected(String reason) {
        rejections.add(reason);
    }

    @Override
    public void onRefused(String reason) {
        refusals.add(reason);
    }
}

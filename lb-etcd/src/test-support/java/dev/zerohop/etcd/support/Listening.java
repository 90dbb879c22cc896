package dev.zerohop.etcd.support;

import dev.zerohop.Endpoint;
import dev.zerohop.testing.ResolutionRecorder;
import java.util.Map;
import java.util.TreeMap;

/** Records what a resolver says, from any thread. */
public final class Listening extends ResolutionRecorder {
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

    public void awaitWeights(Map<String, Integer> expected) {
        EtcdServer.await().until(this::weights, expected::equals);
    }
}

package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetSpec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a StatefulSet that are used here. An immutable value.
 *
 * @param name its name, which its pods' names begin with
 * @param serviceName the service that governs it, or null
 * @param wanted the desired ordinals: {@code spec.replicas} from {@code spec.ordinals.start} on
 * @param existing the ordinals that may have pods: the desired ones, and those that still exist after a scale-down
 * @param shards the annotation {@value #SHARDS}, or null
 */
record StatefulSetView(
        String name,
        @Nullable String serviceName,
        OrdinalRange wanted,
        OrdinalRange existing,
        @Nullable String shards) {

    /** The annotation with the number of shards and its epoch. */
    static final String SHARDS = "zerohop.dev/shards";

    static StatefulSetView of(StatefulSet set) {
        StatefulSetSpec spec = set.getSpec();
        Integer replicas = spec == null ? null : spec.getReplicas();
        Integer start = spec == null || spec.getOrdinals() == null
                ? null
                : spec.getOrdinals().getStart();
        Integer present = set.getStatus() == null ? null : set.getStatus().getReplicas();
        Map<String, String> annotations = set.getMetadata().getAnnotations();
        int first = start == null ? 0 : Math.max(0, start);
        // The default of the API server for a manifest without replicas is 1.
        int count = replicas == null ? 1 : Math.max(0, replicas);
        int most = present == null ? count : Math.max(count, present);
        return new StatefulSetView(
                set.getMetadata().getName(),
                spec == null ? null : spec.getServiceName(),
                new OrdinalRange(first, first + count),
                new OrdinalRange(first, first + most),
                annotations == null ? null : annotations.get(SHARDS));
    }

    /**
     * The ordinal of a pod if it belongs to this set, else {@link Endpoint#NO_ORDINAL}. A pod with an ordinal that the set does not have may be a
     * ReplicaSet's of the same name, whose suffix happens to be all digits.
     */
    int ordinal(String pod) {
        int ordinal = PodOrdinal.of(pod, name);
        return existing.contains(ordinal) ? ordinal : Endpoint.NO_ORDINAL;
    }
}

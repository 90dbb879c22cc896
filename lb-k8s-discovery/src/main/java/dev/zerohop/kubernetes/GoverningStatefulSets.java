package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The StatefulSets that number the pods of a service: those that the target names; else the one whose {@code spec.serviceName} is the service; else the one
 * that the pods belong to by their names. An immutable value.
 *
 * @param sets the sets, sorted by name; empty if there are none or the choice is ambiguous
 * @param problem why they could not be used, or null
 */
record GoverningStatefulSets(
        List<StatefulSetView> sets, @Nullable String problem) {

    /** None, and no problem. */
    static final GoverningStatefulSets NONE = new GoverningStatefulSets(List.of(), null);

    GoverningStatefulSets {
        sets = List.copyOf(sets);
    }

    /**
     * Finds the sets of a service.
     *
     * @param service the service's name
     * @param named the names in the target; empty to search for the sets
     * @param all the StatefulSets of the namespace that can be seen
     * @param pods the names of the service's pods
     */
    static GoverningStatefulSets find(
            String service, List<String> named, Collection<StatefulSetView> all, Collection<String> pods) {
        if (!named.isEmpty()) {
            return named(named, all);
        }
        List<StatefulSetView> found = sorted(all, set -> service.equals(set.serviceName()));
        if (found.isEmpty()) {
            found = sorted(all, set -> pods.stream().anyMatch(pod -> set.ordinal(pod) != Endpoint.NO_ORDINAL));
        }
        if (found.size() > 1) {
            return new GoverningStatefulSets(
                    List.of(),
                    "the pods of service " + service + " may belong to the StatefulSets " + names(found)
                            + ", expected the target to name one of them, or all if they are replicas of the same shards:"
                            + " ?statefulSet="
                            + String.join(
                                    ",",
                                    found.stream().map(StatefulSetView::name).toList()));
        }
        return new GoverningStatefulSets(found, null);
    }

    private static GoverningStatefulSets named(List<String> names, Collection<StatefulSetView> all) {
        List<StatefulSetView> found = sorted(all, set -> names.contains(set.name()));
        String missing = names.stream()
                .filter(name -> found.stream().noneMatch(set -> set.name().equals(name)))
                .collect(Collectors.joining(", "));
        return new GoverningStatefulSets(
                found, missing.isEmpty() ? null : "the target names StatefulSet " + missing + ", which does not exist");
    }

    private static List<StatefulSetView> sorted(Collection<StatefulSetView> all, Predicate<StatefulSetView> chosen) {
        return all.stream()
                .filter(chosen)
                .sorted(Comparator.comparing(StatefulSetView::name))
                .toList();
    }

    /** The names of the sets, for messages. */
    String names() {
        return names(sets);
    }

    private static String names(List<StatefulSetView> sets) {
        return String.join(" and ", sets.stream().map(StatefulSetView::name).toList());
    }

    /** The ordinal of a pod, or {@link Endpoint#NO_ORDINAL} if it belongs to none of the sets. */
    int ordinal(String pod) {
        return sets.stream()
                .mapToInt(set -> set.ordinal(pod))
                .filter(ordinal -> ordinal != Endpoint.NO_ORDINAL)
                .findFirst()
                .orElse(Endpoint.NO_ORDINAL);
    }

    /** The smallest range that includes the desired ordinals of all sets. */
    OrdinalRange wanted() {
        return sets.stream().map(StatefulSetView::wanted).reduce(new OrdinalRange(0, 0), OrdinalRange::and);
    }
}

package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which StatefulSets number the pods of a service: those that the target names; else the one whose {@code spec.serviceName} is the service; else the one
 * that the pods belong to by their names. An immutable answer.
 *
 * @param sets the sets, sorted by name; empty if there are none or it is not clear which
 * @param problem why they could not be used, or null
 */
record GoverningSets(List<NumberedSet> sets, @Nullable String problem) {

    /** What is looked for. */
    static final GoverningSets NONE = new GoverningSets(List.of(), null);

    GoverningSets {
        sets = List.copyOf(sets);
    }

    /**
     * Finds them.
     *
     * @param service the service's name
     * @param named the names that the target states; empty to look for them
     * @param all the StatefulSets of the namespace that can be seen
     * @param pods the names of the service's pods
     */
    static GoverningSets find(
            String service, List<String> named, Collection<NumberedSet> all, Collection<String> pods) {
        if (!named.isEmpty()) {
            return named(named, all);
        }
        List<NumberedSet> found = new ArrayList<>();
        for (NumberedSet set : all) {
            if (service.equals(set.serviceName())) {
                found.add(set);
            }
        }
        if (found.isEmpty()) {
            for (NumberedSet set : all) {
                if (owns(set, pods)) {
                    found.add(set);
                }
            }
        }
        found.sort(Comparator.comparing(NumberedSet::name));
        if (found.size() > 1) {
            return new GoverningSets(
                    List.of(),
                    "the pods of service " + service + " may belong to the StatefulSets " + names(found)
                            + ", expected the target to name one of them, or all if they are replicas of the same shards:"
                            + " ?statefulSet="
                            + String.join(
                                    ",", found.stream().map(NumberedSet::name).toList()));
        }
        return new GoverningSets(found, null);
    }

    private static GoverningSets named(List<String> names, Collection<NumberedSet> all) {
        List<NumberedSet> found = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String name : names) {
            all.stream()
                    .filter(set -> set.name().equals(name))
                    .findFirst()
                    .ifPresentOrElse(found::add, () -> missing.add(name));
        }
        found.sort(Comparator.comparing(NumberedSet::name));
        return new GoverningSets(
                found,
                missing.isEmpty()
                        ? null
                        : "the target names StatefulSet " + String.join(", ", missing) + ", which does not exist");
    }

    private static boolean owns(NumberedSet set, Collection<String> pods) {
        for (String pod : pods) {
            if (set.ordinal(pod) != Endpoint.NO_ORDINAL) {
                return true;
            }
        }
        return false;
    }

    /** The names of the sets, for messages. */
    String names() {
        return names(sets);
    }

    private static String names(List<NumberedSet> sets) {
        return String.join(" and ", sets.stream().map(NumberedSet::name).toList());
    }

    /** The ordinal of a pod, or {@link Endpoint#NO_ORDINAL} if it belongs to none of the sets. */
    int ordinal(String pod) {
        for (NumberedSet set : sets) {
            int ordinal = set.ordinal(pod);
            if (ordinal != Endpoint.NO_ORDINAL) {
                return ordinal;
            }
        }
        return Endpoint.NO_ORDINAL;
    }

    /** The ordinals that are wanted by any of the sets. */
    OrdinalRange wanted() {
        OrdinalRange wanted = new OrdinalRange(0, 0);
        for (NumberedSet set : sets) {
            wanted = wanted.and(set.wanted());
        }
        return wanted;
    }
}

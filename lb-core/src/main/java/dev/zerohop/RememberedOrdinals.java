package dev.zerohop;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Which ordinals were named before and are no more; see {@link EndpointSet#rememberingOrdinals(EndpointSet, Predicate)}. */
final class RememberedOrdinals {
    private RememberedOrdinals() {}

    /** Those that {@code before} names or misses and {@code next} does not name, and those that {@code next} misses, ascending. */
    static List<MissingOrdinal> missing(EndpointSet before, EndpointSet next, Predicate<Endpoint> announced) {
        List<Endpoint> had = before.endpoints();
        List<Endpoint> has = next.endpoints();
        SortedMap<Integer, MissingOrdinal> missing = new TreeMap<>();
        next.missingOrdinals().forEach(each -> missing.put(each.ordinal(), each));
        before.missingOrdinals().forEach(each -> missing.putIfAbsent(each.ordinal(), each));
        // Most sets begin and end with the ordinals that the set before begins and ends with: those are named.
        int shorter = Math.min(has.size(), had.size());
        int from = 0;
        while (from < shorter && isSame(had.get(from), has.get(from))) {
            from++;
        }
        int to = had.size();
        int behind = has.size() - to;
        while (to > from && to + behind > from && isSame(had.get(to - 1), has.get(to + behind - 1))) {
            to--;
        }
        for (Endpoint endpoint : had.subList(from, to)) {
            if (endpoint.hasOrdinal() && !announced.test(endpoint)) {
                missing.putIfAbsent(
                        endpoint.ordinal(), new MissingOrdinal(endpoint.ordinal(), endpoint.id(), before.asOf()));
            }
        }
        // What before misses it does not name, so that only another endpoint can.
        boolean known = from == to && next.missingOrdinals().isEmpty();
        removeNamed(missing, known ? has.subList(from, to + behind) : has);
        return List.copyOf(missing.values());
    }

    /** Those of them that no endpoint has, ascending. */
    static List<MissingOrdinal> notNamed(List<MissingOrdinal> ordinals, List<Endpoint> endpoints) {
        if (ordinals.isEmpty()) {
            return List.of();
        }
        SortedMap<Integer, MissingOrdinal> missing = new TreeMap<>();
        ordinals.forEach(each -> missing.put(each.ordinal(), each));
        removeNamed(missing, endpoints);
        return List.copyOf(missing.values());
    }

    private static boolean isSame(Endpoint had, Endpoint has) {
        return had == has || had.ordinal() == has.ordinal();
    }

    private static void removeNamed(SortedMap<Integer, MissingOrdinal> missing, List<Endpoint> endpoints) {
        if (missing.isEmpty()) {
            return;
        }
        int first = missing.firstKey();
        int last = missing.lastKey();
        for (Endpoint endpoint : endpoints) {
            if (endpoint.ordinal() >= first && endpoint.ordinal() <= last) {
                missing.remove(endpoint.ordinal());
            }
        }
    }
}

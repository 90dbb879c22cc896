package dev.zerohop;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lists of endpoint sets, which follow each other: sorted by id, ids unique, and an endpoint that says the same as before is the same object. So only those
 * between the first and the last that is another object are looked at.
 */
final class EndpointLists {
    private static final Comparator<Endpoint> BY_ID = (a, b) -> a.id().compareTo(b.id());

    private EndpointLists() {}

    /**
     * The list that follows {@code known} and has the content of {@code given}.
     *
     * @throws IllegalArgumentException if an id was given twice; begins with the name of the source
     */
    static List<Endpoint> sorted(String source, List<Endpoint> known, List<Endpoint> given) {
        if (given == known) {
            return known;
        }
        Endpoint[] all = given.toArray(new Endpoint[0]);
        if (!settle(all, known)) {
            Arrays.sort(all, BY_ID);
            if (!settle(all, known)) {
                throw new IllegalArgumentException(source + ": " + twice(all));
            }
        }
        return Change.between(known, all).isNone() ? known : new Frozen<>(all);
    }

    /** A sorted list with the endpoints of {@code known} in place of those that say the same. */
    static List<Endpoint> keeping(List<Endpoint> known, List<Endpoint> sorted) {
        Change change = Change.between(known, sorted);
        if (change.replacesNothing()) {
            return change.isNone() ? known : sorted;
        }
        Endpoint[] all = sorted.toArray(new Endpoint[0]);
        settle(all, known);
        if (Change.between(known, all).isNone()) {
            return known;
        }
        return Change.between(sorted, all).isNone() ? sorted : new Frozen<>(all);
    }

    /** Puts those of {@code known} in the place of those that say the same. False if the ids do not ascend: then it did not come to the end. */
    private static boolean settle(Endpoint[] all, List<Endpoint> known) {
        Change change = Change.between(known, all);
        int at = change.from();
        // What is known ascends, so that one of it which follows another needs no look at both.
        boolean afterKnown = true;
        for (int i = change.from(); i < change.after(); i++) {
            Endpoint here = all[i];
            Endpoint had = at < change.before() ? known.get(at) : null;
            if (!here.equals(had)) {
                if (!ascends(all, i)) {
                    return false;
                }
                at = reached(known, at, change.before(), here);
                had = at < change.before() ? known.get(at) : null;
                afterKnown = here.equals(had);
            } else if (!afterKnown) {
                if (!ascends(all, i)) {
                    return false;
                }
                afterKnown = true;
            }
            if (afterKnown && had != null) {
                all[i] = had;
                at++;
            }
        }
        return change.after() == all.length || ascends(all, change.after());
    }

    private static boolean ascends(Endpoint[] all, int i) {
        return i == 0 || all[i - 1].id().compareTo(all[i].id()) < 0;
    }

    /** The place of the first known endpoint from {@code at} on whose id is not less. */
    private static int reached(List<Endpoint> known, int at, int end, Endpoint here) {
        int reached = at;
        while (reached < end && known.get(reached).id().compareTo(here.id()) < 0) {
            reached++;
        }
        return reached;
    }

    private static @Nullable String twice(Endpoint[] sorted) {
        for (int i = 1; i < sorted.length; i++) {
            Endpoint before = sorted[i - 1];
            Endpoint here = sorted[i];
            if (before.id().equals(here.id())) {
                return "endpoint id '" + here.id() + "' was given twice (" + before.address() + " and " + here.address()
                        + "), expected unique ids";
            }
        }
        return null;
    }
}

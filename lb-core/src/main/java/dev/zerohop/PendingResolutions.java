package dev.zerohop;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * What a source has said since it was last listened to. Of sets that followed each other meanwhile only the last is taken, so that a source which changes faster than
 * pickers are made is never far behind. Thread-safe; one thread takes.
 */
final class PendingResolutions {
    private final Queue<Resolution> said = new ConcurrentLinkedQueue<>();

    /** To be followed by a task that takes. */
    void add(Resolution now) {
        said.add(now);
    }

    /** Takes the next one, and no more: the tasks behind this one have their turn, however fast the source is. */
    void takeBy(Consumer<Resolution> taker) {
        Resolution now = said.poll();
        if (now == null) {
            return;
        }
        for (Resolution next = said.peek(); next != null && replaces(now, next); next = said.peek()) {
            said.poll();
            now = next;
        }
        taker.accept(now);
    }

    /** Whether what hears {@code next} need not have heard {@code now}: they differ in their endpoints, and {@code now} gives no notice that only counts together with it. */
    private static boolean replaces(Resolution now, Resolution next) {
        EndpointSet set = now.endpoints();
        EndpointSet after = next.endpoints();
        return set != null
                && after != null
                && now.error() == null
                && next.error() == null
                && now.configuration().equals(next.configuration())
                && now.verdicts().equals(next.verdicts())
                && now.rejected().equals(next.rejected())
                && set.source().equals(after.source())
                && set.removalsBySource().equals(after.removalsBySource())
                && Objects.equals(set.shardMap(), after.shardMap())
                && (set.slices() == null) == (after.slices() == null)
                && losesNoNotice(set, after);
    }

    /** An endpoint that says before it leaves that it is about to, and the last word of an ordinal whose number is not stated, are to be heard. */
    private static boolean losesNoNotice(EndpointSet set, EndpointSet after) {
        Change change = Change.between(set.endpoints(), after.endpoints());
        List<Endpoint> were = set.endpoints().subList(change.from(), change.before());
        Map<String, Endpoint> are = new HashMap<>();
        for (Endpoint endpoint : after.endpoints().subList(change.from(), change.after())) {
            are.put(endpoint.id(), endpoint);
        }
        for (Endpoint endpoint : were) {
            boolean plain = endpoint.readiness() == Endpoint.Readiness.READY
                    && (!endpoint.hasOrdinal() || set.shardMap() != null);
            if (!plain && !are.containsKey(endpoint.id())) {
                return false;
            }
        }
        return true;
    }
}

package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Printable;
import dev.zerohop.etcd.service.HealthVerdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides from the observations of the workers which endpoints are marked down. A pure function.
 *
 * @param down the endpoints to mark
 * @param undecided endpoints that are marked and for which no worker has a result: their mark is neither written again nor lifted, so it expires unless there
 * is a result soon
 * @param overLimit endpoints that are down and stay unmarked, because too many are
 * @param limit how many may be marked
 */
record QuorumDecision(SortedMap<String, DownMark> down, List<String> undecided, List<String> overLimit, int limit) {

    /** Why an endpoint is marked. */
    record DownMark(String reason, List<String> agreed, Instant since) {

        /** Makes the reason printable, as a verdict does, so that the two can be compared. */
        DownMark {
            reason = Printable.text(reason);
        }
    }

    private record Suspect(String id, DownMark mark, boolean standing) {}

    /**
     * Decides.
     *
     * <p>An endpoint is marked down when both its workers find it down, or its only worker if there is no other. It stays down while one of them finds it
     * down and none finds it up. If more are down than the limit, those that are already marked come first, then those that are down for longest.
     *
     * @param members the ids of the endpoints that may be marked: those that are ready
     * @param revision of the assignment
     * @param observations by worker
     * @param standing the present marks, by endpoint
     */
    static QuorumDecision of(
            Collection<String> members,
            Assignment assignment,
            long revision,
            Map<String, Observation> observations,
            Map<String, HealthVerdict> standing,
            int maxDownPercent) {
        List<Suspect> suspects = new ArrayList<>();
        List<String> undecided = new ArrayList<>();
        for (String id : members) {
            List<String> workers = assignment.workersOf(id);
            HealthVerdict mark = standing.get(id);
            Map<String, Observation.Down> seenDown = new TreeMap<>();
            boolean seenUp = false;
            for (String worker : workers) {
                Observation observation = observations.get(worker);
                if (observation == null) {
                    continue;
                }
                switch (observation.vote(id, revision)) {
                    case UP -> seenUp = true;
                    case DOWN -> seenDown.put(worker, observation.down().get(id));
                    case UNKNOWN -> {}
                }
            }
            boolean agreed = !workers.isEmpty() && seenDown.size() == workers.size();
            if (agreed || (mark != null && !seenUp && !seenDown.isEmpty())) {
                suspects.add(new Suspect(id, mark(seenDown, workers.size(), mark), mark != null));
            } else if (mark != null && !seenUp) {
                undecided.add(id);
            }
        }
        int limit = (int) ((long) members.size() * maxDownPercent / 100);
        suspects.sort(Comparator.comparing((Suspect suspect) -> !suspect.standing())
                .thenComparing(suspect -> suspect.mark().since())
                .thenComparing(Suspect::id));
        int room = Math.max(0, limit - undecided.size());
        SortedMap<String, DownMark> down = new TreeMap<>();
        List<String> overLimit = new ArrayList<>();
        for (Suspect suspect : suspects) {
            if (down.size() < room) {
                down.put(suspect.id(), suspect.mark());
            } else {
                overLimit.add(suspect.id());
            }
        }
        overLimit.sort(null);
        return new QuorumDecision(down, List.copyOf(undecided), List.copyOf(overLimit), limit);
    }

    private static DownMark mark(
            Map<String, Observation.Down> seenDown, int workers, @Nullable HealthVerdict standing) {
        Map<String, List<String>> byReason = new LinkedHashMap<>();
        Instant since = Instant.MAX;
        for (Map.Entry<String, Observation.Down> each : seenDown.entrySet()) {
            byReason.computeIfAbsent(each.getValue().reason(), reason -> new ArrayList<>())
                    .add(each.getKey());
            since = since.isBefore(each.getValue().since())
                    ? since
                    : each.getValue().since();
        }
        List<String> parts = new ArrayList<>();
        byReason.forEach((reason, by) -> parts.add(reason + " (" + String.join(", ", by) + ")"));
        String alone = workers == 1 ? "; seen by the only worker" : "";
        // A mark keeps its instant, even if other workers confirm it.
        return new DownMark(
                String.join("; ", parts) + alone,
                List.copyOf(seenDown.keySet()),
                standing == null ? since : standing.since());
    }
}

package dev.zerohop.sim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one run of one policy with one seed gave.
 *
 * @param ends how calls ended
 * @param latency of the calls that were answered or ran into their deadline, in ns
 * @param inFlight calls at each server at regular instants
 * @param shares where the attempts went
 * @param costs what it took
 * @param course the same over time
 */
record RunResult(Ends ends, Histogram latency, Histogram inFlight, Shares shares, Costs costs, Course course) {

    /** Counted calls, those that were answered well, and the others by their outcome; {@code REFUSED} are those for which there was no endpoint. */
    record Ends(long calls, long ok, Map<String, Long> failures) {}

    /** Attempts after the first, first calls of a client to a server, and keys whose calls went to another server than before. */
    record Costs(long retries, long connections, long keysMoved) {}

    /** What happened when: in slices of equal length, in the phases of the arrivals if there are several, and after servers came or came back. */
    record Course(Timeline timeline, List<PhaseCounts.Counted> phases, List<FairShares.Newcomer> newcomers) {}

    /** Counted attempts by the id of the server. */
    record Shares(Map<String, Long> picks) {
        static Shares of(List<Server> servers, long[] picks) {
            Map<String, Long> byId = new LinkedHashMap<>();
            for (int i = 0; i < picks.length; i++) {
                byId.merge(servers.get(i).id, picks[i], Long::sum);
            }
            return new Shares(byId);
        }
    }
}

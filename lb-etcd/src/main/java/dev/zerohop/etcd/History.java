package dev.zerohop.etcd;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Notices that etcd was restored to an earlier state. What it says afterwards counts revisions that were given before, to other changes, and may be past the
 * revision that was known by the time it is asked again; so the cluster, the Raft term and what the keys hold are compared as well. Used by one thread at
 * a time.
 */
final class History {
    private long number;
    private boolean begun;
    private long cluster;
    private long term;

    /** How many restores were noticed. */
    long number() {
        return number;
    }

    /**
     * Takes a reading that etcd vouched for, or the first one of all.
     *
     * @param known what the same ranges held before
     * @param readRevision the revision as of which all of them were known; 0 for none
     * @param revision the highest revision that was heard of
     * @return how the reading shows a restore, for people; null if it goes on where the one before it ended
     */
    @Nullable
    String restored(KeyStore.Reading reading, Map<String, KeyStore.Entry> known, long readRevision, long revision) {
        String shown = begun ? shown(reading, known, readRevision, revision) : null;
        begun = true;
        cluster = reading.cluster();
        term = reading.term();
        if (shown != null) {
            number++;
        }
        return shown;
    }

    private @Nullable String shown(
            KeyStore.Reading reading, Map<String, KeyStore.Entry> known, long readRevision, long revision) {
        if (reading.cluster() != cluster) {
            return "its cluster id was " + Long.toHexString(reading.cluster()) + ", expected "
                    + Long.toHexString(cluster);
        }
        if (reading.term() < term) {
            return "its Raft term was " + reading.term() + ", expected at least " + term;
        }
        if (reading.revision() < revision) {
            return "its revision was " + reading.revision() + ", expected at least " + revision;
        }
        for (KeyStore.Entry entry : reading.entries().values()) {
            KeyStore.Entry before = known.get(entry.key());
            long since = before == null ? readRevision : Math.max(readRevision, before.modRevision());
            // What was not written since is as it was.
            if (entry.modRevision() <= since && !entry.equals(before)) {
                return entry.key() + " was another one at revision " + entry.modRevision();
            }
        }
        return null;
    }
}

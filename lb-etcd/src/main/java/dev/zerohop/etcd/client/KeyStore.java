package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import dev.zerohop.Cancellable;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The reads and watches of etcd for local copies and directories. No method throws or waits for the network; every read ends in bounded time. */
public interface KeyStore {

    /** Reads all ranges at one revision. Fails with a {@link SourceFailure}. */
    CompletableFuture<Reading> read(List<KeyRange> ranges);

    /** The same from one member's own data, which may be old but needs no quorum: of the first that answers, each asked for 2 s. */
    CompletableFuture<Reading> serializableRead(List<KeyRange> ranges);

    /** How many keys the ranges hold, and when one of them was written last. */
    CompletableFuture<Summary> summary(List<KeyRange> ranges);

    /** After how many failed reads in a row every server was tried. */
    int servers();

    /** Follows the changes of all ranges after a version until it ends or is cancelled. The watcher may still be called for a while after that. */
    Watch watch(List<KeyRange> ranges, Version from, ListWatch.Watcher<Entry, Version> watcher);

    /** A watch that runs until it is cancelled. */
    interface Watch extends Cancellable {
        /** Whether the client has moved to another server, so that this watch ends soon. */
        default boolean leftBehind() {
            return false;
        }
    }

    /**
     * A point in a cluster's history.
     *
     * @param cluster etcd's id of the cluster that answered; a restore with a new cluster token changes it
     * @param term the Raft term of the revision, which decreases only by a restore
     */
    record Version(long cluster, long term, long revision) {

        /** The same history at another revision. */
        Version at(long other) {
            return other == revision ? this : new Version(cluster, term, other);
        }

        /** The same history, at this revision or a later one. */
        Version atLeast(long other) {
            return at(Math.max(revision, other));
        }

        /** Why this version, compared with an earlier one, shows that etcd was restored to an older state; null if it does not. */
        @Nullable
        String rollback(Version known) {
            if (cluster != known.cluster) {
                return "its cluster id was " + Long.toHexString(cluster) + ", expected "
                        + Long.toHexString(known.cluster);
            }
            if (term < known.term) {
                return "its Raft term was " + term + ", expected at least " + known.term;
            }
            return revision < known.revision
                    ? "its revision was " + revision + ", expected at least " + known.revision
                    : null;
        }

        @Override
        public String toString() {
            return Long.toString(revision);
        }
    }

    /** What the ranges hold at a version, by key. */
    record Reading(Version version, Map<String, Entry> entries) {
        Reading(long revision, long cluster, long term, Map<String, Entry> entries) {
            this(new Version(cluster, term, revision), entries);
        }

        public long revision() {
            return version.revision();
        }
    }

    /** How many keys the ranges hold at a version, and the highest revision at which one of them was written, 0 without keys. */
    record Summary(Version version, long keys, long newest) {

        /** Whether this summary agrees with a copy. */
        boolean describes(Version copy, Map<String, Entry> entries) {
            return version.rollback(copy) == null
                    && entries.size() == keys
                    && entries.values().stream()
                                    .mapToLong(Entry::modRevision)
                                    .max()
                                    .orElse(0)
                            == newest;
        }
    }

    /** A key with its value. */
    record Entry(String key, ByteString value, long modRevision) {

        /** The bytes that count towards the bound of a copy: at most its size in an answer, which has the same bound. */
        long bytes() {
            return (long) key.length() + value.size();
        }
    }
}

package dev.zerohop.etcd;

import com.google.protobuf.ByteString;
import dev.zerohop.Cancellable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the {@link Reflector} needs of etcd. Nothing here throws or blocks for the network; every read ends in bounded time. */
interface KeyStore {

    /** Reads all ranges at one revision. Fails with an {@link EtcdFailure}. */
    CompletableFuture<Reading> read(List<KeyRange> ranges);

    /** The same from what one member has, which may be old: it answers also when the cluster has no quorum. */
    CompletableFuture<Reading> readMaybeOld(List<KeyRange> ranges);

    /** How many failed reads in a row have asked everybody who could answer. */
    int servers();

    /** Follows all ranges from a revision on until it ends or is cancelled. The watcher may still be called for a while after that. */
    Cancellable watch(List<KeyRange> ranges, long fromRevision, Watcher watcher);

    /**
     * What the ranges hold at a revision, by key.
     *
     * @param cluster etcd's number for the cluster that answered: another one where a restore was given a token of its own
     * @param term the Raft term that the revision belongs to: never falls, unless the cluster was restored
     */
    record Reading(long revision, long cluster, long term, Map<String, Entry> entries) {}

    /** A key with its value. */
    record Entry(String key, ByteString value, long modRevision) {

        /** What it takes of what a copy may hold. Not more than in an answer, which is bounded likewise. */
        long bytes() {
            return (long) key.length() + value.size();
        }
    }

    /** A change of one key; {@code put} is null when the key was deleted. */
    record Event(String key, @Nullable Entry put, long modRevision) {}

    /** Told by one thread at a time. */
    interface Watcher {
        /** The server follows every range now. */
        void onCreated();

        /** Changes up to {@code revision}, in order; none if it is only a sign of life. */
        void onEvents(long revision, List<Event> events);

        /** The watch is over. */
        void onEnd(EtcdFailure cause);
    }
}

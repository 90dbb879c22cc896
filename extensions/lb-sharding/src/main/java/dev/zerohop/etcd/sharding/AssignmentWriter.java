package dev.zerohop.etcd.sharding;

import com.google.protobuf.ByteString;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.SliceHistory.Stored;
import dev.zerohop.resolver.SliceDelta;
import dev.zerohop.resolver.SliceHead;
import dev.zerohop.resolver.SliceMapJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes assignments, each in one transaction that is bound to the head that was seen and to the candidacy that was elected: of several that write at once, one does, and a leader that was
 * deposed without noticing changes nothing. Stateless; thread-safe.
 */
final class AssignmentWriter {

    /** A delta that would make all deltas together longer than so many bases is written as a base: who starts reads at most five times a base, and a base is written seldom. */
    static final int DELTAS_PER_BASE = 4;

    /** There is one; etcd allows 128 changes in a transaction. */
    private static final int MAX_BASES = 100;

    private final ServiceKeys keys;
    private final Leases leases;

    AssignmentWriter(ServiceKeys keys, Leases leases) {
        this.keys = keys;
        this.leases = leases;
    }

    /**
     * What the store holds as far as the writer knows.
     *
     * @param entries all keys of the assignment
     * @param stored the assignment that they are; null for none, or one that cannot be read
     * @param floor a generation that what is written has to be above: what members and clients have followed
     */
    record Present(Map<String, Entry> entries, @Nullable Stored stored, long floor) {

        /** Whether the store has lost what somebody knows. */
        boolean isBehind() {
            return floor > (stored == null ? SliceMap.DRAFT : stored.map().generation());
        }
    }

    /**
     * Writes an assignment: as a delta of what is stored, or as a base where there is none, or a newer one than the stored one is known, or the deltas have become long.
     *
     * @return whether it was written; fails if etcd did not answer, and it may then be written or not
     */
    CompletableFuture<Boolean> write(Present present, SliceMap next, Leases.Guard candidacy) {
        Entry entry = present.entries().get(keys.assignmentHead());
        long seen = entry == null ? 0 : entry.modRevision();
        SliceHead head = entry == null ? null : parsed(entry);
        Stored stored = present.stored();
        long number = (head == null ? 0 : head.number()) + 1;
        ByteString delta = head == null || stored == null || present.isBehind() ? null : delta(stored, next);
        ByteString value;
        SliceHead heading;
        String key;
        List<Leases.Write> writes = new ArrayList<>();
        if (delta != null && head != null) {
            value = delta;
            key = keys.assignmentDelta(number);
            heading = new SliceHead(head.epoch(), head.base(), number);
        } else {
            value = ByteString.copyFrom(SliceMapJson.base(next));
            key = keys.assignmentBase(number);
            heading = new SliceHead(epoch(head, present), number, number);
            deleteOthers(present, key, writes);
        }
        writes.add(Leases.Write.put(key, value, 0));
        writes.add(Leases.Write.put(keys.assignmentHead(), ByteString.copyFrom(heading.write()), 0));
        return leases.write(List.of(Leases.Guard.written(keys.assignmentHead(), seen), candidacy), writes)
                .thenApply(revision -> revision > 0)
                .exceptionallyCompose(thrown -> resolve(seen, key, value, thrown));
    }

    private @Nullable SliceHead parsed(Entry entry) {
        try {
            return SliceHead.parse(entry.value().toByteArray());
        } catch (IllegalArgumentException rejected) {
            // Whatever was put there is replaced by a head under a new epoch.
            return null;
        }
    }

    private static long epoch(@Nullable SliceHead head, Present present) {
        long known = SliceHead.epoch(present.floor());
        if (head != null && present.stored() != null && !present.isBehind()) {
            return head.epoch();
        }
        return Math.max(head == null ? 0 : head.epoch(), known) + 1;
    }

    /** Null if the deltas have become long. */
    private static @Nullable ByteString delta(Stored stored, SliceMap next) {
        ByteString delta = ByteString.copyFrom(SliceDelta.of(stored.map(), next));
        long limit = (long) DELTAS_PER_BASE * stored.base().value().size();
        return stored.deltaBytes() + delta.size() > limit ? null : delta;
    }

    private void deleteOthers(Present present, String base, List<Leases.Write> writes) {
        String bases = keys.assignment() + "base/";
        for (String key : present.entries().keySet()) {
            if (key.startsWith(bases) && !key.equals(base) && writes.size() < MAX_BASES) {
                writes.add(Leases.Write.delete(key));
            }
        }
        writes.add(Leases.Write.delete(KeyRange.under(keys.assignmentDeltas())));
        writes.add(Leases.Write.delete(keys.assignmentWanted()));
    }

    /** The answer is lost: what the store holds says whether it was written, unless it may still arrive. */
    private CompletableFuture<Boolean> resolve(long seen, String key, ByteString value, Throwable thrown) {
        return leases.find(keys.assignmentHead()).thenCompose(head -> {
            long now = head.map(Leases.Stored::revision).orElse(0L);
            if (now == seen) {
                return CompletableFuture.failedFuture(thrown);
            }
            return leases.find(key)
                    .thenApply(found -> found.isPresent() && found.get().value().equals(value));
        });
    }
}

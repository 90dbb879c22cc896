package dev.zerohop.etcd.service;

import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.SliceDelta;
import dev.zerohop.resolver.SliceHead;
import dev.zerohop.resolver.SliceMapJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The assignment of keys to endpoints, as its keys tell it: a base, the deltas after it, and the head that says which of them are in force. What was read before is not read again: of a
 * new delta, only the delta.
 *
 * <p>What is incomplete or wrong is rejected, and the last good assignment stays; so it does when the keys are gone. An assignment of a lower generation than one that was followed is
 * rejected too: etcd was put back to an earlier state then, and the members write their newest assignment again, under a higher epoch. For one thread at a time.
 */
public final class SliceHistory {
    private final ServiceKeys keys;

    /** What is stored. */
    private @Nullable Stored stored;

    /** The newest that was followed. */
    private @Nullable SliceMap known;

    /** The head that was read last, with all that it names or not. */
    private @Nullable Entry seen;

    private @Nullable RejectedValue rejected;

    /**
     * What the store holds: a whole assignment, and what it was read of.
     *
     * @param epoch that of the head
     * @param head the head's entry
     * @param base the base's entry
     * @param number that of the last delta, or of the base without one
     * @param deltas the entries of the deltas, in their order
     * @param map the assignment
     */
    public record Stored(long epoch, Entry head, Entry base, long number, List<Entry> deltas, SliceMap map) {

        /** The bytes of all deltas. */
        public long deltaBytes() {
            return deltas.stream().mapToLong(delta -> delta.value().size()).sum();
        }
    }

    /** The history of a service, of which nothing is known yet. */
    public SliceHistory(ServiceKeys keys) {
        this.keys = keys;
    }

    /** The assignment in force; null if there never was one. What is rejected at present is added to {@code rejections}. */
    public @Nullable SliceMap read(Map<String, Entry> entries, List<RejectedValue> rejections) {
        Entry head = entries.get(keys.assignmentHead());
        if (head == null) {
            stored = null;
            rejected = null;
        } else if (!head.equals(seen) || rejected != null) {
            rejected = null;
            take(head, entries);
        }
        seen = head;
        if (rejected != null) {
            rejections.add(rejected);
        }
        return known;
    }

    /** What the store holds, also if it is not followed since it is of a lower generation; null if nothing, or it is wrong. */
    public @Nullable Stored stored() {
        return stored;
    }

    /** The assignment in force; null if there never was one. */
    public @Nullable SliceMap known() {
        return known;
    }

    /** Follows an assignment that was not read from the store, if it is newer. */
    public void learn(SliceMap map) {
        if (known == null || map.generation() > known.generation()) {
            known = map;
        }
    }

    private void take(Entry entry, Map<String, Entry> entries) {
        Stored before = stored;
        stored = null;
        try {
            SliceHead head = SliceHead.parse(entry.value().toByteArray());
            if (!head.hasBase()) {
                return;
            }
            stored = read(entry, head, entries, before);
            SliceMap now = stored.map();
            SliceMap last = known;
            if (last == null || now.generation() > last.generation()) {
                known = now;
            } else if (!now.equals(last)) {
                reject(
                        entry.key(),
                        entry.modRevision(),
                        "generation was " + SliceHead.name(now.generation()) + ", expected more than "
                                + SliceHead.name(last.generation())
                                + ", the last one that was followed: etcd was restored. Members that know that one write it"
                                + " again; if none does, put {\"epoch\": "
                                + (SliceHead.epoch(last.generation()) + 1) + "} there");
            }
        } catch (IllegalArgumentException bad) {
            if (rejected == null) {
                reject(entry.key(), entry.modRevision(), String.valueOf(bad.getMessage()));
            }
        }
    }

    private Stored read(Entry entry, SliceHead head, Map<String, Entry> entries, @Nullable Stored before) {
        Entry base = required(entry, entries, keys.assignmentBase(head.base()));
        List<Entry> deltas = new ArrayList<>();
        for (long number = head.base() + 1; number <= head.number(); number++) {
            deltas.add(required(entry, entries, keys.assignmentDelta(number)));
        }
        SliceMap map;
        int from;
        if (before != null && goesOn(before, head, base, deltas)) {
            map = before.map();
            from = before.deltas().size();
        } else {
            map = checked(
                    base, () -> SliceMapJson.parseBase(base.value().toByteArray(), generation(head.epoch(), base)));
            from = 0;
        }
        for (Entry delta : deltas.subList(from, deltas.size())) {
            SliceMap last = map;
            map = checked(
                    delta, () -> SliceDelta.apply(last, delta.value().toByteArray(), generation(head.epoch(), delta)));
        }
        return new Stored(head.epoch(), entry, base, head.number(), List.copyOf(deltas), map);
    }

    /** Whether the deltas only go on from what was read before. */
    private static boolean goesOn(Stored before, SliceHead head, Entry base, List<Entry> deltas) {
        int known = before.deltas().size();
        return before.epoch() == head.epoch()
                && before.base().equals(base)
                && known <= deltas.size()
                && before.deltas().equals(deltas.subList(0, known));
    }

    private static long generation(long epoch, Entry entry) {
        return SliceHead.generation(epoch, entry.modRevision());
    }

    private Entry required(Entry head, Map<String, Entry> entries, String key) {
        Entry entry = entries.get(key);
        if (entry == null) {
            throw reject(key, head.modRevision(), "it is missing, expected what " + head.key() + " names");
        }
        return entry;
    }

    /** Names the value that is wrong. */
    private SliceMap checked(Entry entry, Supplier<SliceMap> reader) {
        try {
            return reader.get();
        } catch (IllegalArgumentException bad) {
            throw reject(entry.key(), entry.modRevision(), String.valueOf(bad.getMessage()));
        }
    }

    private IllegalArgumentException reject(String key, long revision, String reason) {
        rejected = new RejectedValue(key, revision, reason, known != null);
        return new IllegalArgumentException(reason);
    }
}

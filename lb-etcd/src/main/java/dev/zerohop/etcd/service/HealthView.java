package dev.zerohop.etcd.service;

import dev.zerohop.HealthSource;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.watch.Reflector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client's view of the verdicts on a service's endpoints.
 *
 * <p>Verdicts count in the order in which etcd took them: one with a lower fence than one before it comes from a deposed leader and is rejected. The time
 * to live of a verdict begins when this view first read it, by this machine's monotonic clock: no other clock is trusted, and reading the same
 * revision again prolongs nothing. Used by one thread at a time.
 */
final class HealthView {
    private final String directory;
    private Map<String, Seen> seen = new HashMap<>();
    private long history;
    private long highestFence;

    /** The last entry of one endpoint, the last good verdict, and why the entry is rejected, if it is. */
    private record Seen(
            KeyStore.Entry entry,
            @Nullable HealthVerdict good,
            long sinceNanos,
            @Nullable String rejected) {}

    HealthView(ServiceKeys keys) {
        this.directory = keys.health();
    }

    /** Reads a state, and adds the values that are rejected at present. Returns whether {@link #live} has changed. */
    boolean read(Reflector.State<Entry, Version> state, long nowNanos, List<String> rejected) {
        boolean changed = state.history() != history && forgetLost(state);
        history = state.history();
        List<KeyStore.Entry> inOrder = new ArrayList<>(state.values().values());
        inOrder.sort(Comparator.comparingLong(KeyStore.Entry::modRevision).thenComparing(KeyStore.Entry::key));
        Map<String, Seen> next = new HashMap<>();
        for (KeyStore.Entry entry : inOrder) {
            String id = entry.key().substring(directory.length());
            Seen before = seen.get(id);
            if (before != null && before.entry().modRevision() == entry.modRevision()) {
                next.put(id, before);
                continue;
            }
            List<String> why = new ArrayList<>(1);
            HealthVerdict fresh = read(entry, why);
            if (fresh != null) {
                next.put(id, new Seen(entry, fresh, nowNanos, null));
                changed = true;
            } else if (before == null) {
                next.put(id, new Seen(entry, null, nowNanos, why.get(0)));
            } else {
                next.put(id, new Seen(entry, before.good(), before.sinceNanos(), why.get(0)));
            }
        }
        for (Map.Entry<String, Seen> before : seen.entrySet()) {
            changed |= before.getValue().good() != null && !next.containsKey(before.getKey());
        }
        seen = next;
        next.values().forEach(each -> {
            if (each.rejected() != null) {
                rejected.add(each.rejected());
            }
        });
        return changed;
    }

    /** After a restore only entries of both states count, and only their fences. Returns whether anything is forgotten. */
    private boolean forgetLost(Reflector.State<Entry, Version> restored) {
        boolean forgotten = seen.values()
                .removeIf(each ->
                        !each.entry().equals(restored.values().get(each.entry().key())));
        highestFence = 0;
        for (Seen each : seen.values()) {
            HealthVerdict left = each.good();
            if (left != null) {
                highestFence = Math.max(highestFence, left.fence());
            }
        }
        return forgotten;
    }

    private @Nullable HealthVerdict read(KeyStore.Entry entry, List<String> rejected) {
        HealthVerdict verdict;
        try {
            verdict = HealthVerdict.parse(entry.value().toByteArray());
        } catch (IOException bad) {
            reject(rejected, entry, " is rejected, the verdict before it holds until it expires: " + bad.getMessage());
            return null;
        }
        if (verdict.fence() > entry.modRevision()) {
            // If accepted, it would lock out every real leader.
            reject(
                    rejected,
                    entry,
                    " is rejected: its fence was " + verdict.fence() + ", expected at most " + entry.modRevision()
                            + ", because a fence is the revision at which its writer, " + verdict.writer()
                            + ", was elected");
            return null;
        }
        if (verdict.fence() < highestFence) {
            reject(
                    rejected,
                    entry,
                    " is rejected: its fence was " + verdict.fence() + ", expected at least " + highestFence
                            + "; its writer, "
                            + verdict.writer()
                            + ", no longer led");
            return null;
        }
        highestFence = verdict.fence();
        return verdict;
    }

    private static void reject(List<String> rejected, KeyStore.Entry entry, String why) {
        rejected.add(Printable.text(entry.key() + " at revision " + entry.modRevision() + why));
    }

    /** The verdicts that hold now, each with its remaining time to live. */
    Map<String, HealthSource.Verdict> live(long nowNanos) {
        Map<String, HealthSource.Verdict> live = new HashMap<>();
        seen.forEach((id, last) -> {
            HealthVerdict good = last.good();
            HealthSource.Verdict rest = good == null ? null : good.toVerdict().after(nowNanos - last.sinceNanos());
            if (rest != null) {
                live.put(id, rest);
            }
        });
        return live;
    }
}

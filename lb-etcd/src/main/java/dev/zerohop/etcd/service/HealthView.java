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
 * <p>Verdicts count in the order in which etcd took them: one whose fence is lower than another's before it was written by somebody who no longer led,
 * and is not believed. The time to live of a verdict begins when this view first saw that very writing of it, by this machine's monotonic clock: no
 * other machine's clock is trusted, and reading the same again prolongs nothing. Used by one thread at a time; the clock is the caller's.
 */
final class HealthView {
    private final String directory;
    private Map<String, Seen> seen = new HashMap<>();
    private long history;
    private long highestFence;

    /** The last writing of one verdict, what of it and those before is believed, and why it is not. */
    private record Seen(
            KeyStore.Entry writing,
            @Nullable HealthVerdict believed,
            long sinceNanos,
            @Nullable String rejected) {}

    HealthView(ServiceKeys keys) {
        this.directory = keys.health();
    }

    /**
     * Takes what etcd says now.
     *
     * @param rejected where values that cannot be used at present are named
     * @return whether {@link #live} is to be told anew
     */
    boolean read(Reflector.State<Entry, Version> state, long nowNanos, List<String> rejected) {
        boolean changed = state.history() != history && forgetWhatWasLost(state);
        history = state.history();
        List<KeyStore.Entry> inOrder = new ArrayList<>(state.values().values());
        inOrder.sort(Comparator.comparingLong(KeyStore.Entry::modRevision).thenComparing(KeyStore.Entry::key));
        Map<String, Seen> next = new HashMap<>();
        for (KeyStore.Entry entry : inOrder) {
            String id = entry.key().substring(directory.length());
            Seen before = seen.get(id);
            if (before != null && before.writing().modRevision() == entry.modRevision()) {
                next.put(id, before);
                continue;
            }
            List<String> why = new ArrayList<>(1);
            HealthVerdict fresh = believed(entry, why);
            if (fresh != null) {
                next.put(id, new Seen(entry, fresh, nowNanos, null));
                changed = true;
            } else if (before == null) {
                next.put(id, new Seen(entry, null, nowNanos, why.get(0)));
            } else {
                next.put(id, new Seen(entry, before.believed(), before.sinceNanos(), why.get(0)));
            }
        }
        for (Map.Entry<String, Seen> before : seen.entrySet()) {
            changed |= before.getValue().believed() != null && !next.containsKey(before.getKey());
        }
        seen = next;
        next.values().forEach(each -> {
            if (each.rejected() != null) {
                rejected.add(each.rejected());
            }
        });
        return changed;
    }

    /** After a restore only what both states hold counts; fences begin again with those of what is left. Says whether anything is forgotten. */
    private boolean forgetWhatWasLost(Reflector.State<Entry, Version> restored) {
        boolean forgotten = seen.values()
                .removeIf(each -> !each.writing()
                        .equals(restored.values().get(each.writing().key())));
        highestFence = 0;
        for (Seen each : seen.values()) {
            HealthVerdict left = each.believed();
            if (left != null) {
                highestFence = Math.max(highestFence, left.fence());
            }
        }
        return forgotten;
    }

    private @Nullable HealthVerdict believed(KeyStore.Entry entry, List<String> rejections) {
        HealthVerdict verdict;
        try {
            verdict = HealthVerdict.parse(entry.value().toByteArray());
        } catch (IOException refused) {
            refuse(
                    rejections,
                    entry,
                    " is refused, what was said before it holds until its time is over: " + refused.getMessage());
            return null;
        }
        if (verdict.fence() > entry.modRevision()) {
            // Believed, it would shut out every true leader.
            refuse(
                    rejections,
                    entry,
                    " is not believed: its fence was "
                            + verdict.fence() + ", expected at most " + entry.modRevision()
                            + ", because a fence is the revision at which its writer, " + verdict.writer()
                            + ", was elected");
            return null;
        }
        if (verdict.fence() < highestFence) {
            refuse(
                    rejections,
                    entry,
                    " is not believed: its fence was "
                            + verdict.fence() + ", expected at least " + highestFence + "; its writer, "
                            + verdict.writer()
                            + ", no longer led");
            return null;
        }
        highestFence = verdict.fence();
        return verdict;
    }

    private static void refuse(List<String> rejections, KeyStore.Entry entry, String why) {
        rejections.add(Printable.text(entry.key() + " at revision " + entry.modRevision() + why));
    }

    /** What is believed now, each with the rest of its time; those whose time is over are left out. */
    Map<String, HealthSource.Verdict> live(long nowNanos) {
        Map<String, HealthSource.Verdict> live = new HashMap<>();
        seen.forEach((id, last) -> {
            HealthVerdict believed = last.believed();
            HealthSource.Verdict rest =
                    believed == null ? null : believed.toVerdict().after(nowNanos - last.sinceNanos());
            if (rest != null) {
                live.put(id, rest);
            }
        });
        return live;
    }
}

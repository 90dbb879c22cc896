package dev.zerohop.etcd.election;

import dev.zerohop.Printable;
import dev.zerohop.etcd.client.KeyStore;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The leader: of all present candidates the one whose key was created first. A key exists as long as its owner's lease and is never written twice, so its
 * revision is that of its creation.
 *
 * @param leader the leader's id, in its printable form; null if there is no candidate
 * @param candidate the leader's key; empty if there is none
 * @param fence the revision at which it was created: grows from leader to leader
 */
public record ElectionState(@Nullable String leader, String candidate, long fence) {

    static final ElectionState NONE = new ElectionState(null, "", 0);

    public static ElectionState of(Collection<KeyStore.Entry> candidates) {
        KeyStore.Entry first = null;
        for (KeyStore.Entry candidate : candidates) {
            if (first == null || candidate.modRevision() < first.modRevision()) {
                first = candidate;
            }
        }
        if (first == null) {
            return NONE;
        }
        String leader = Printable.text(first.value().toStringUtf8(), Printable.MAX_NAME);
        return new ElectionState(leader, first.key(), first.modRevision());
    }
}

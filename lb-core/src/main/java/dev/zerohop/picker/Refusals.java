package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Says why a snapshot has nobody to offer. Off the fast path: it counts when asked. */
final class Refusals {

    private Refusals() {}

    /** The answer of every policy whose picks may go to any candidate. */
    static Refusal of(Snapshot snapshot) {
        List<Node> members = snapshot.members();
        if (members.isEmpty()) {
            return new Refusal(Refusal.Kind.NONE_KNOWN, false, "no endpoint known");
        }
        Set<Node> candidates = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Candidate candidate : snapshot.candidates()) {
            candidates.add(candidate.node());
        }
        Map<Health.Status, Integer> byStatus = new EnumMap<>(Health.Status.class);
        int weightless = 0;
        int leftOut = 0;
        for (Node node : members) {
            if (candidates.contains(node)) {
                continue;
            }
            Health.Status status = node.health().status();
            if (node.endpoint().weight() == 0) {
                weightless++;
            } else if (status.usable()) {
                leftOut++;
            } else {
                byStatus.merge(status, 1, Integer::sum);
            }
        }
        List<String> causes = new ArrayList<>();
        byStatus.forEach((status, count) -> causes.add(count + " " + words(status)));
        if (weightless > 0) {
            causes.add(weightless + " of weight 0");
        }
        if (leftOut > 0) {
            causes.add(leftOut + " left out by stages");
        }
        if (!candidates.isEmpty()) {
            causes.add(candidates.size() + " waiting for the answer to a probe call");
        }
        boolean connecting = candidates.isEmpty() && byStatus.containsKey(Health.Status.CONNECTING);
        return new Refusal(
                connecting ? Refusal.Kind.CONNECTING : Refusal.Kind.NONE_USABLE,
                connecting,
                "0 of " + members.size() + " endpoints usable (" + String.join(", ", causes) + ")");
    }

    /** The owner of a key is known but no candidate. {@code who} names it. */
    static Refusal ownerDown(String who, Node owner) {
        Health health = owner.health();
        if (owner.endpoint().weight() == 0) {
            return new Refusal(Refusal.Kind.OWNER_DOWN, false, who + " has weight 0 and takes no traffic");
        }
        if (health.status() == Health.Status.CONNECTING) {
            return new Refusal(Refusal.Kind.CONNECTING, true, who + " is " + health.status() + ": " + health.reason());
        }
        if (health.status() == Health.Status.HALF_OPEN) {
            return new Refusal(
                    Refusal.Kind.OWNER_DOWN,
                    false,
                    who + " is HALF_OPEN: " + health.reason() + "; its one probe call is under way");
        }
        return new Refusal(
                Refusal.Kind.OWNER_DOWN,
                false,
                who + " is " + health.status()
                        + (health.usable() ? " but was left out by stages" : ": " + health.reason()));
    }

    private static String words(Health.Status status) {
        return status.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}

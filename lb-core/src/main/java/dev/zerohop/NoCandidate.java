package dev.zerohop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Says why a snapshot has no endpoint to offer, and what to do about it. Off the fast path: it counts when asked. */
final class NoCandidate {
    /** A few are enough to see a pattern. */
    private static final int NAMED = 5;

    private final Snapshot snapshot;
    private final long nowNanos;
    private final Set<Node> candidates = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<Health.Status, Integer> byStatus = new EnumMap<>(Health.Status.class);
    private final List<Node> named = new ArrayList<>(NAMED);
    private int weightless;
    private int leftOut;

    private NoCandidate(Snapshot snapshot, long nowNanos) {
        this.snapshot = snapshot;
        this.nowNanos = nowNanos;
        for (Candidate candidate : snapshot.candidates()) {
            candidates.add(candidate.node());
        }
        for (Node node : snapshot.reached()) {
            count(node);
        }
    }

    static Refusal refusal(Snapshot snapshot, long nowNanos) {
        return snapshot.members().isEmpty()
                ? new Refusal(Refusal.Kind.NONE_KNOWN, false, "no endpoint known")
                : new NoCandidate(snapshot, nowNanos).refusal();
    }

    private void count(Node node) {
        if (named.size() < NAMED) {
            named.add(node);
        }
        if (candidates.contains(node)) {
            return;
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

    private Refusal refusal() {
        boolean connecting = candidates.isEmpty() && byStatus.containsKey(Health.Status.CONNECTING);
        return new Refusal(
                connecting ? Refusal.Kind.CONNECTING : Refusal.Kind.NONE_USABLE,
                connecting,
                "0 of " + snapshot.reached().size() + " endpoints usable (" + counts() + "): " + names() + advice());
    }

    private String counts() {
        List<String> causes = new ArrayList<>();
        byStatus.forEach((status, count) -> causes.add(count + " " + words(status)));
        if (weightless > 0) {
            causes.add(weightless + " of weight 0");
        }
        if (leftOut > 0) {
            causes.add(leftOut + " left out by stages");
        }
        if (!candidates.isEmpty()) {
            causes.add(candidates.size() + " that the policy does not pick");
        }
        return String.join(", ", causes);
    }

    private String names() {
        StringBuilder names = new StringBuilder();
        for (Node node : named) {
            names.append(names.isEmpty() ? "" : "; ")
                    .append(node.endpoint())
                    .append(' ')
                    .append(node.describe(nowNanos));
        }
        int more = snapshot.reached().size() - named.size();
        return more == 0
                ? names.toString()
                : names.append("; and ").append(more).append(" more").toString();
    }

    /** Of what is so of most of them. */
    private String advice() {
        Health.Status most = null;
        int count = 0;
        for (Map.Entry<Health.Status, Integer> entry : byStatus.entrySet()) {
            if (entry.getValue() > count) {
                most = entry.getKey();
                count = entry.getValue();
            }
        }
        if (most == null) {
            return weightless == 0 ? "" : "; give one of them a weight";
        }
        return switch (most) {
            case EJECTED -> "; their calls failed: look at the logs of these endpoints";
            case UNHEALTHY -> "; their health checks fail: look at what these endpoints report";
            case UNREACHABLE, DISCONNECTED ->
                "; check that they listen there, and that no network policy is in between";
            case NOT_READY -> "; their source calls them not ready: look at their readiness probes";
            default -> "";
        };
    }

    private static String words(Health.Status status) {
        return status.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}

package dev.zerohop;

import static java.util.stream.Collectors.joining;

import dev.zerohop.internal.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Logs what an operator cares about of one balancer: a line for each change of its members, their health and its settings, in full sentences, and one line for all
 * changes of a kind that come in great numbers. What concerns the source itself is logged by {@link SourceReports}. Never on the request path.
 */
final class ChangeLog implements BalancerListener {
    private static final Log LOG = Log.of(Balancer.class);

    /** How many ids a line names. */
    private static final int NAMED = 5;

    private final String name;
    private final Time time;
    private final LogBurst whole;
    private final LogBurst membership;
    private final LogBurst out;
    private final LogBurst back;
    private final LogBurst configurations;

    // Touched by the control path only.

    /** The members that are out of use, by id. */
    private final Map<String, Out> outs = new HashMap<>();

    /** Since when an endpoint is out of use. */
    private record Out(Endpoint endpoint, long sinceNanos) {}

    private Snapshot last = Snapshot.EMPTY;

    /** Whether the members have changed since the last version. */
    private boolean changed;

    private int held;

    private @Nullable Long noneSince;
    private long panickingSince;

    ChangeLog(String name, Time time) {
        this.name = name;
        this.time = time;
        this.whole = new LogBurst(LOG, name, "changes of the whole service", time);
        this.membership = new LogBurst(LOG, name, "changes of the endpoints", time);
        this.out = new LogBurst(LOG, name, "endpoints were taken out of use", time);
        this.back = new LogBurst(LOG, name, "endpoints are in use again", time);
        this.configurations = new LogBurst(LOG, name, "configurations came into force", time);
    }

    @Override
    public boolean observesAttempts() {
        return false;
    }

    // ---- members ----

    @Override
    public void onMembership(String service, int members, int added, int removed, int held) {
        changed |= added + removed > 0;
        if (held > this.held) {
            whole.warn(
                    () -> "the source no longer names " + held + " of " + members
                            + " endpoints; a removal of so many at once is suspicious; they are kept until they fail or the hold ends");
        }
        this.held = held;
    }

    @Override
    public void onRebuild(String service, Snapshot next, Duration took) {
        Snapshot before = last;
        last = next;
        if (changed) {
            changed = false;
            membership.info(() -> difference(before.members(), next.members()));
            if (!outs.isEmpty()) {
                Set<String> impaired = new HashSet<>();
                next.impaired().forEach(node -> impaired.add(node.endpoint().id()));
                outs.keySet().retainAll(impaired);
            }
        }
        usable(next);
    }

    private String difference(List<Node> before, List<Node> after) {
        List<String> added = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        int i = 0;
        int j = 0;
        // Both are sorted by id.
        while (i < before.size() && j < after.size()) {
            Endpoint old = before.get(i).endpoint();
            Endpoint now = after.get(j).endpoint();
            int order = old.id().compareTo(now.id());
            if (order == 0 && !old.sameAddress(now)) {
                added.add(now.id() + " with another address");
            } else if (order < 0) {
                removed.add(old.id());
            } else if (order > 0) {
                added.add(now.id());
            }
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        before.subList(i, before.size())
                .forEach(node -> removed.add(node.endpoint().id()));
        after.subList(j, after.size()).forEach(node -> added.add(node.endpoint().id()));
        return after.size() + " endpoints" + named(added, "added") + named(removed, "removed")
                + (held == 0 ? "" : ", " + held + " kept that the source no longer names");
    }

    private static String named(List<String> ids, String what) {
        if (ids.isEmpty()) {
            return "";
        }
        String names = ids.stream().limit(NAMED).collect(joining(", "));
        int more = ids.size() - NAMED;
        return ", " + ids.size() + " " + what + " (" + names + (more > 0 ? " and " + more + " more" : "") + ")";
    }

    /** No endpoint is well, or one is again. While connections are made calls wait, and that is no news. */
    private void usable(Snapshot version) {
        int members = version.members().size();
        int candidates = version.candidates().size();
        // One that leaves and still serves is well.
        int well = members
                - (int) version.impaired().stream()
                        .filter(node -> node.health().status() != Health.Status.DRAINING)
                        .count();
        boolean none = members > 0
                && (candidates == 0 || well == 0)
                && !version.refusal(time.nanoTime()).waits();
        if (none && noneSince == null) {
            noneSince = time.nanoTime();
            whole.error(() -> candidates == 0
                    ? "no endpoint can be used, calls fail: "
                            + version.refusal(time.nanoTime()).message()
                    : "none of " + members + " endpoints is well, calls go to " + candidates + " of them all the same");
        } else if (noneSince != null && candidates > 0 && well > 0) {
            long since = noneSince;
            noneSince = null;
            whole.info(() -> well + " of " + members + " endpoints are well, after " + since(since) + " without any");
        }
    }

    // ---- health ----

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        Health.Status status = after.status();
        Out known = outs.get(endpoint.id());
        // One that came back elsewhere is another one.
        Out standing = known != null && known.endpoint().sameAddress(endpoint) ? known : null;
        if (isOut(status) && standing == null) {
            outs.put(endpoint.id(), new Out(endpoint, after.sinceNanos()));
            out.warn(() ->
                    endpoint + " is " + status + " since now: " + after.reason() + " (was " + before.status() + ")");
        } else if (standing != null && !after.impaired()) {
            outs.remove(endpoint.id());
            back.info(() -> endpoint + " is in use again after " + since(standing.sinceNanos()) + " (" + status
                    + ", was " + before + ")");
        } else {
            LOG.debug("{}: {} is {}: {} (was {})", name, endpoint, status, after.reason(), before.status());
        }
    }

    /** Out for a fault. What is being connected, draining or not ready by its source is not. */
    private static boolean isOut(Health.Status status) {
        return status.liftedByPanic() || status == Health.Status.UNREACHABLE || status == Health.Status.DISCONNECTED;
    }

    @Override
    public void onPanic(String service, boolean panicking, String reason) {
        if (panicking) {
            panickingSince = time.nanoTime();
            whole.warn(() -> reason);
        } else {
            long since = panickingSince;
            whole.info(() -> "the panic is over after " + since(since)
                    + (noneSince == null ? "" : ", and still no endpoint is well"));
        }
    }

    // ---- settings ----

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        configurations.info(() -> "a configuration is in force: policy " + settings.policy() + ", stages "
                + settings.stages().stream().map(Stage::name).collect(joining(", ", "[", "]")));
    }

    @Override
    public void onClose(String service) {
        last = Snapshot.EMPTY;
        whole.close();
        membership.close();
        out.close();
        back.close();
        configurations.close();
        LOG.debug("{}: closed", name);
    }

    private String since(long nanos) {
        return Durations.text(time.nanoTime() - nanos);
    }
}

package dev.zerohop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The live nodes of one balancer: the members, those held although the source no longer names them, and what is believed about each.
 *
 * <p>Belongs to the {@link ControlPath} and is touched on its serial executor only. Requests see its nodes, whose fields are safe to read, through snapshots.
 */
final class Membership {
    /** The name under which the source's verdicts are shown. */
    private static final String SHARED_HEALTH = "shared health";

    /** The instant at which no hold ends. */
    private static final long NEVER = Long.MAX_VALUE;

    private static final MembershipGuard.Decision NONE_MISSING = new MembershipGuard.Decision(List.of(), NEVER);

    private static final Comparator<LiveNode> BY_ID =
            Comparator.comparing(node -> node.endpoint().id());

    private final Balancer owner;
    private final BalancerListener listener;
    private final List<HealthSource> healthSources;
    /** Nodes that left with attempts under way, which are still counted and which count again if the endpoint returns. */
    private final Map<Place, LiveNode> departed = new HashMap<>();

    private Roster roster = Roster.EMPTY;

    private final Beginnings beginnings;
    private final MemberHealth health;
    private final OldLeases oldLeases;

    /** The verdicts of the source. */
    private HealthSource.Verdicts sourceVerdicts = HealthSource.Verdicts.NONE;

    /** Whether an admission did not come to its end, so that some members have left and some nodes are no members yet. */
    private boolean admissionIncomplete;

    /** Those that have come since the last admission that did come to its end. */
    private final List<LiveNode> joined = new ArrayList<>();

    private final ForeignFaults faults;
    private final GuardedDetector detector;
    private long guardReviewNanos = NEVER;
    private final GuardedGuard guard;

    /** Whether stages go by what endpoints report of their load. */
    private boolean keepsReports;

    /** What makes an endpoint the same one when it returns. */
    private record Place(String id, String host, int port) {
        static Place of(Endpoint endpoint) {
            return new Place(endpoint.id(), endpoint.host(), endpoint.port());
        }
    }

    Membership(
            Balancer owner,
            BalancerListener listener,
            List<HealthSource> healthSources,
            EjectionPolicy.Detector detector,
            ForeignFaults faults,
            Dice dice) {
        this.faults = faults;
        this.guard = new GuardedGuard(faults, dice);
        this.beginnings = new Beginnings(new ClientSeed(dice));
        this.owner = owner;
        this.listener = listener;
        this.healthSources = healthSources;
        this.oldLeases = new OldLeases(owner.name(), listener, faults);
        this.health = new MemberHealth(owner.name(), listener, faults, BY_ID, beginnings);
        this.detector = new GuardedDetector(detector, faults, health::changed);
    }

    /** All members, sorted by id. Replaced as a whole, never changed. */
    List<LiveNode> members() {
        return roster.members();
    }

    /** The members and what is known of them since the last review. */
    Snapshot.Members known() {
        return new Snapshot.Members(
                Frozen.widened(roster.members()),
                roster.weighted(),
                health.impaired(),
                roster.hasAttributes(),
                true,
                beginnings.origin());
    }

    /** Changes what is known of a member; false if there is none of this id. */
    boolean change(String endpointId, Consumer<LiveNode> change) {
        LiveNode node = member(endpointId);
        if (node == null) {
            return false;
        }
        change.accept(node);
        health.changed(node);
        return true;
    }

    /** Null if there is none of this id. */
    private @Nullable LiveNode member(String id) {
        LiveNode node = roster.find(id);
        return node == null || node.left ? null : node;
    }

    EjectionPolicy.Detector detector() {
        return detector.inForce();
    }

    /**
     * Makes the members what the set and the guard say. If a part of the user's throws on the way, the members are those from before, and the same
     * call can be made again.
     */
    void admit(EndpointSet next, BalancerSettings settings, long now) {
        List<Endpoint> endpoints = next.endpoints();
        joined.removeIf(node -> node.left);
        Roster before = present();
        Change change = before.changeTo(endpoints);
        List<Endpoint> given = endpoints.subList(change.from(), change.after());
        Map<String, LiveNode> gone = new LinkedHashMap<>();
        @Nullable
        LiveNode[] known = Roster.match(before.members().subList(change.from(), change.before()), given, gone);
        MembershipGuard.Decision decision = gone.isEmpty()
                ? NONE_MISSING
                : guard.admit(settings.guard(), roster.forGuard(), next, now, gone.values());
        LiveNode[] nodes = new LiveNode[known.length];
        int added = 0;
        int replaced = 0;
        LoadMetric metric = settings.policy().loadMetric();
        Health unknown = Health.unknown(now);
        admissionIncomplete = true;
        beginnings.admits(now);
        for (int i = 0; i < known.length; i++) {
            Endpoint endpoint = given.get(i);
            LiveNode node = known[i];
            if (node != null && !node.endpoint().sameAddress(endpoint)) {
                depart(node);
                node = null;
                replaced++;
            }
            if (node == null) {
                node = join(endpoint, metric, unknown);
                added++;
            } else {
                update(node, endpoint);
            }
            nodes[i] = node;
        }
        Roster after = before.with(change, nodes, endpoints);
        List<LiveNode> held = held(decision.held(), gone);
        gone.values().forEach(this::depart);
        departed.values().removeIf(node -> node.inFlight() == 0);
        if (!held.isEmpty()) {
            after = sorted(after.members(), held);
        }
        roster = after;
        joined.clear();
        admissionIncomplete = false;
        if (!next.stale()) {
            beginnings.vouchedFor();
        }
        guardReviewNanos = decision.reviewInNanos() == Long.MAX_VALUE ? NEVER : now + decision.reviewInNanos();
        listener.onMembership(owner.name(), members().size(), added, gone.size() + replaced, held.size());
    }

    private void update(LiveNode node, Endpoint endpoint) {
        Endpoint before = node.endpoint();
        if (node.setEndpoint(endpoint)) {
            health.changed(node);
        }
        if (before != endpoint && !before.isBeside(endpoint)) {
            detector.moved(node);
        }
        if (node.held()) {
            node.setHeldSince(MembershipGuard.Member.NOT_HELD);
            health.changed(node);
        }
    }

    private void depart(LiveNode node) {
        node.left = true;
        detector.forget(node);
        health.forget(node);
        departed.put(Place.of(node.endpoint()), node);
    }

    private LoadMetric.@Nullable Load loadOf(LoadMetric metric) {
        try {
            return LiveNode.loadOf(metric);
        } catch (Throwable thrown) {
            faults.report("newLoad() of the load metric", "calls under way are counted instead", thrown);
            return null;
        }
    }

    private void putInitial(LiveNode node, HealthSource source, long now) {
        try {
            HealthSource.Verdict initial = source.initial();
            if (initial != null) {
                node.putVerdict(source, source.name(), initial, now);
            }
        } catch (Throwable thrown) {
            faults.report(
                    "the health source " + ForeignFaults.nameOf(source), "it says nothing of new endpoints", thrown);
        }
    }

    private LiveNode join(Endpoint endpoint, LoadMetric metric, Health unknown) {
        long now = unknown.sinceNanos();
        LiveNode node = departed.isEmpty() ? null : departed.remove(Place.of(endpoint));
        if (node == null) {
            node = new LiveNode(owner, endpoint, unknown, loadOf(metric));
        } else {
            node.rejoin(endpoint, unknown, loadOf(metric));
        }
        node.keepReports(keepsReports);
        joined.add(node);
        detector.watch(node);
        for (HealthSource source : healthSources) {
            putInitial(node, source, now);
        }
        HealthSource.Verdict left = sourceVerdicts.on(endpoint.id(), now);
        if (left != null) {
            node.putVerdict(SHARED_HEALTH, SHARED_HEALTH, left, now);
        }
        beginnings.joined(node, now);
        return node;
    }

    /** Replaces the verdicts of the source. */
    void takeVerdicts(HealthSource.Verdicts verdicts, long now) {
        Set<String> judged = new HashSet<>(sourceVerdicts.byEndpoint().keySet());
        judged.addAll(verdicts.byEndpoint().keySet());
        for (String id : judged) {
            LiveNode node = member(id);
            if (node == null) {
                continue;
            }
            HealthSource.Verdict left = verdicts.on(id, now);
            if (left == null) {
                node.removeVerdict(SHARED_HEALTH);
            } else {
                node.putVerdict(SHARED_HEALTH, SHARED_HEALTH, left, now);
            }
            health.changed(node);
        }
        sourceVerdicts = verdicts;
    }

    /** Takes back all that a source has said. */
    void withdraw(HealthSource source) {
        for (LiveNode node : present().members()) {
            node.removeVerdict(source);
            health.changed(node);
        }
    }

    /** Takes those that are to be held out of {@code gone}. */
    private List<LiveNode> held(List<MembershipGuard.Member> held, Map<String, LiveNode> gone) {
        List<LiveNode> kept = new ArrayList<>(held.size());
        for (MembershipGuard.Member member : held) {
            String id = member.endpoint().id();
            LiveNode node = gone.get(id);
            // Held endpoints are served while they answer: the first failure settles the doubt.
            if (node != null && mayBeHeld(node)) {
                gone.remove(id);
                node.setHeldSince(member.heldSinceNanos());
                health.changed(node);
                kept.add(node);
            }
        }
        return kept;
    }

    private static Roster sorted(Collection<LiveNode> some, Collection<LiveNode> others) {
        List<LiveNode> all = new ArrayList<>(some.size() + others.size());
        all.addAll(some);
        all.addAll(others);
        all.sort(BY_ID);
        return Roster.of(all);
    }

    /** All nodes but those departed. */
    private Roster present() {
        if (!admissionIncomplete) {
            return roster;
        }
        Set<LiveNode> all = new LinkedHashSet<>(roster.members());
        all.addAll(joined);
        all.removeIf(node -> node.left);
        return sorted(all, List.of());
    }

    /** Whether the guard is to be asked again about the set it has seen: a hold is over, or a held endpoint does not answer. */
    boolean guardIsDue(long now) {
        return guardReviewNanos != NEVER && (guardReviewNanos - now <= 0 || anyHeldFailed());
    }

    private boolean anyHeldFailed() {
        for (LiveNode node : members()) {
            if (node.held() && !mayBeHeld(node)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Settles anew what is believed about the members of which something was reported, or has ended.
     *
     * @return nanoseconds until something may change although nothing is reported; {@link Long#MAX_VALUE} for never
     */
    long review(long now) {
        long next = detector.review(members(), now);
        if (guardReviewNanos != NEVER) {
            next = Math.min(next, guardReviewNanos - now);
        }
        return Math.min(next, health.review(now));
    }

    private static boolean mayBeHeld(LiveNode node) {
        try {
            return node.mayBeHeld();
        } catch (Throwable thrown) {
            // Its record does not say how it fared: the guard's own time ends the hold.
            return true;
        }
    }

    /** Begins the next generation of leases; what is left of the one before the last has leaked. */
    void closeOldLeases(Duration limit, long now) {
        present().members().forEach(node -> oldLeases.close(node, limit, now));
        departed.values().forEach(node -> oldLeases.close(node, limit, now));
        departed.values().removeIf(node -> node.inFlight() == 0);
    }

    void measureBy(LoadMetric metric) {
        for (LiveNode node : present().members()) {
            node.setLoad(loadOf(metric));
        }
    }

    /** Whether nodes keep what is reported of their load, for stages. */
    void keepReports(boolean keeps) {
        if (keeps != keepsReports) {
            keepsReports = keeps;
            present().members().forEach(node -> node.keepReports(keeps));
        }
    }

    /** Hands every member's record to another detector, which goes on from it. */
    void replaceDetector(EjectionPolicy.Detector next) {
        detector.replaceBy(next, present().members());
    }

    void clear() {
        for (LiveNode node : present().members()) {
            detector.forget(node);
        }
        joined.clear();
        departed.clear();
        roster = Roster.EMPTY;
        health.clear();
        guardReviewNanos = NEVER;
    }
}

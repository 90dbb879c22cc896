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
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The live nodes of one balancer: the members, those held although the source no longer names them, and what is believed about each.
 *
 * <p>Belongs to the {@link ControlPath} and is touched on its serial executor only; nothing here is safe for another thread. Requests see its nodes,
 * whose fields are safe to read, and only through the snapshots that the control path publishes.
 */
final class Membership {
    private static final Log LOG = Log.of(Membership.class);

    /** The name under which the source's verdicts are shown. */
    private static final String SHARED_HEALTH = "shared health";

    /** When a guard that threw is asked again. */
    private static final long GUARD_RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    /** The instant at which no hold ends. */
    private static final long NEVER = Long.MAX_VALUE;

    private static final MembershipGuard.Decision NONE_MISSING = new MembershipGuard.Decision(List.of(), NEVER);

    private static final Comparator<LiveNode> BY_ID =
            Comparator.comparing(node -> node.endpoint().id());

    private final Balancer owner;
    private final BalancerListener listener;
    private final List<HealthSource> healthSources;
    private final Map<String, LiveNode> nodes = new HashMap<>();

    /** Nodes that left with attempts under way, which are still counted and which count again if the endpoint returns. */
    private final Map<Place, LiveNode> departed = new HashMap<>();

    private List<LiveNode> members = List.of();

    /** A candidate for each member of a weight above 0. */
    private List<Candidate> weighted = List.of();

    /** Whether any member's endpoint has attributes. */
    private boolean attributes;

    /** The members whose health has to be settled anew: something was reported of them. */
    private final List<LiveNode> news = new ArrayList<>();

    /** The members with a verdict that ends by itself. */
    private final Set<LiveNode> expiring = new LinkedHashSet<>();

    /** See {@link Snapshot#impaired}. */
    private final SortedSet<LiveNode> impaired = new TreeSet<>(BY_ID);

    /** The verdicts of the source. */
    private HealthSource.Verdicts sourceVerdicts = HealthSource.Verdicts.NONE;

    /** Whether an admission did not come to its end, so that there may be nodes that are no members. */
    private boolean admissionIncomplete;

    private final ForeignFaults faults;
    private final GuardedDetector detector;
    private long guardReviewNanos = NEVER;

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
            ForeignFaults faults) {
        this.faults = faults;
        this.owner = owner;
        this.listener = listener;
        this.healthSources = healthSources;
        this.detector = new GuardedDetector(detector, faults);
    }

    /** All members, sorted by id. Replaced as a whole, never changed. */
    List<LiveNode> members() {
        return members;
    }

    /** The members and what is known of them since the last review. */
    Snapshot.Members known() {
        return new Snapshot.Members(List.copyOf(members), weighted, List.copyOf(impaired), attributes);
    }

    /** The member's health is settled anew by the next review. */
    void changed(LiveNode node) {
        if (!node.hasNews) {
            node.hasNews = true;
            news.add(node);
        }
    }

    @Nullable
    LiveNode find(String endpointId) {
        return nodes.get(endpointId);
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
        Map<String, LiveNode> gone = new LinkedHashMap<>();
        @Nullable LiveNode[] known = known(endpoints, gone);
        MembershipGuard.Decision decision = gone.isEmpty() ? NONE_MISSING : guarded(settings.guard(), next, now);
        List<LiveNode> after =
                new ArrayList<>(endpoints.size() + decision.held().size());
        int added = 0;
        int replaced = 0;
        boolean anyAttributes = false;
        admissionIncomplete = true;
        for (int i = 0; i < known.length; i++) {
            Endpoint endpoint = endpoints.get(i);
            LiveNode node = known[i];
            if (node != null && !node.endpoint().sameAddress(endpoint)) {
                depart(node);
                node = null;
                replaced++;
            }
            if (node == null) {
                node = join(endpoint, settings.policy().loadMetric(), now);
                added++;
            } else {
                update(node, endpoint);
            }
            after.add(node);
            anyAttributes |= !endpoint.attributes().isEmpty();
        }
        int held = hold(decision.held(), gone, after);
        for (LiveNode node : gone.values()) {
            nodes.remove(node.endpoint().id());
            depart(node);
        }
        departed.values().removeIf(node -> node.inFlight() == 0);
        if (held > 0) {
            LOG.warn(
                    "{}: {} no longer names {} of {} endpoints; a removal of so many at once is suspicious; they are kept until they fail or the hold ends",
                    owner.name(),
                    next.source(),
                    held,
                    members.size());
            for (LiveNode node : after) {
                anyAttributes |= !node.endpoint().attributes().isEmpty();
            }
        }
        members = List.copyOf(after);
        weighted = weighted(members);
        attributes = anyAttributes;
        admissionIncomplete = false;
        guardReviewNanos = decision.reviewInNanos() == Long.MAX_VALUE ? NEVER : now + decision.reviewInNanos();
        listener.onMembership(owner.name(), after.size(), added, gone.size() + replaced, held);
    }

    /** The nodes of these endpoints, null for one that is new; the nodes that have no endpoint among them are put into {@code gone}. */
    private @Nullable LiveNode[] known(List<Endpoint> endpoints, Map<String, LiveNode> gone) {
        @Nullable LiveNode[] known = new LiveNode[endpoints.size()];
        // Both are sorted by id.
        List<LiveNode> before = admissionIncomplete ? sorted(nodes.values()) : members;
        int at = 0;
        for (LiveNode node : before) {
            Endpoint had = node.endpoint();
            int order = -1;
            while (at < known.length) {
                Endpoint has = endpoints.get(at);
                order = has == had ? 0 : has.id().compareTo(had.id());
                if (order >= 0) {
                    break;
                }
                at++;
            }
            if (order == 0) {
                known[at++] = node;
            } else {
                gone.put(had.id(), node);
            }
        }
        return known;
    }

    private void update(LiveNode node, Endpoint endpoint) {
        if (node.setEndpoint(endpoint)) {
            changed(node);
        }
        if (node.held()) {
            node.setHeldSince(MembershipGuard.Member.NOT_HELD);
            changed(node);
        }
    }

    private static List<Candidate> weighted(List<LiveNode> members) {
        List<Candidate> weighted = new ArrayList<>(members.size());
        for (LiveNode node : members) {
            Candidate candidate = node.candidate();
            if (candidate != null) {
                weighted.add(candidate);
            }
        }
        return List.copyOf(weighted);
    }

    private void depart(LiveNode node) {
        detector.forget(node);
        expiring.remove(node);
        impaired.remove(node);
        departed.put(Place.of(node.endpoint()), node);
    }

    /** A guard that throws keeps whatever the source no longer names, and is asked again: what it would have held is not lost for its fault. */
    private MembershipGuard.Decision guarded(MembershipGuard guard, EndpointSet next, long now) {
        List<MembershipGuard.Member> today = new ArrayList<>(members.size());
        for (LiveNode node : members) {
            today.add(new MembershipGuard.Member(node.endpoint(), node.heldSince()));
        }
        try {
            return guard.admit(today, next, now);
        } catch (Throwable thrown) {
            faults.report(
                    "the mass-removal guard", "endpoints that are no longer named are held while they answer", thrown);
            Set<String> named = new HashSet<>();
            next.endpoints().forEach(endpoint -> named.add(endpoint.id()));
            List<MembershipGuard.Member> held = new ArrayList<>();
            for (MembershipGuard.Member member : today) {
                if (!named.contains(member.endpoint().id())) {
                    long since = member.heldSinceNanos();
                    held.add(
                            since == MembershipGuard.Member.NOT_HELD
                                    ? new MembershipGuard.Member(member.endpoint(), now)
                                    : member);
                }
            }
            return new MembershipGuard.Decision(held, GUARD_RETRY_NANOS);
        }
    }

    private LoadMetric.@Nullable Load loadOf(LoadMetric metric) {
        try {
            return LiveNode.loadOf(metric);
        } catch (Throwable thrown) {
            faults.report("newLoad() of the load metric", "calls under way are counted instead", thrown);
            return null;
        }
    }

    private HealthSource.@Nullable Verdict initial(HealthSource health) {
        try {
            return health.initial();
        } catch (Throwable thrown) {
            faults.report(
                    "the health source " + ForeignFaults.nameOf(health), "it says nothing of new endpoints", thrown);
            return null;
        }
    }

    private LiveNode join(Endpoint endpoint, LoadMetric metric, long now) {
        LiveNode node = departed.isEmpty() ? null : departed.remove(Place.of(endpoint));
        if (node == null) {
            node = new LiveNode(owner, endpoint, now, loadOf(metric));
        } else {
            node.rejoin(endpoint, now, loadOf(metric));
        }
        LiveNode member = node;
        node.setRecord(detector.recordOf(endpoint, () -> changed(member)));
        changed(node);
        for (HealthSource health : healthSources) {
            HealthSource.Verdict initial = initial(health);
            if (initial != null) {
                node.putVerdict(health, health.name(), initial, now);
            }
        }
        HealthSource.Verdict left = sourceVerdicts.on(endpoint.id(), now);
        if (left != null) {
            node.putVerdict(SHARED_HEALTH, SHARED_HEALTH, left, now);
        }
        nodes.put(endpoint.id(), node);
        return node;
    }

    /** Replaces the verdicts of the source. */
    void takeVerdicts(HealthSource.Verdicts verdicts, long now) {
        Set<String> judged = new HashSet<>(sourceVerdicts.byEndpoint().keySet());
        judged.addAll(verdicts.byEndpoint().keySet());
        for (String id : judged) {
            LiveNode node = nodes.get(id);
            if (node == null) {
                continue;
            }
            HealthSource.Verdict left = verdicts.on(id, now);
            if (left == null) {
                node.removeVerdict(SHARED_HEALTH);
            } else {
                node.putVerdict(SHARED_HEALTH, SHARED_HEALTH, left, now);
            }
            changed(node);
        }
        sourceVerdicts = verdicts;
    }

    /** Moves those that are to be held from {@code gone} to {@code after}. */
    private int hold(List<MembershipGuard.Member> held, Map<String, LiveNode> gone, List<LiveNode> after) {
        int count = 0;
        for (MembershipGuard.Member member : held) {
            String id = member.endpoint().id();
            LiveNode node = gone.get(id);
            // Held endpoints are served while they answer: the first failure settles the doubt.
            if (node != null && mayBeHeld(node)) {
                gone.remove(id);
                node.setHeldSince(member.heldSinceNanos());
                changed(node);
                after.add(node);
                count++;
            }
        }
        if (count > 0) {
            after.sort(BY_ID);
        }
        return count;
    }

    private static List<LiveNode> sorted(Collection<LiveNode> nodes) {
        List<LiveNode> sorted = new ArrayList<>(nodes);
        sorted.sort(BY_ID);
        return sorted;
    }

    /** Whether the guard is to be asked again about the set it has seen: a hold is over, or a held endpoint does not answer. */
    boolean guardIsDue(long now) {
        return guardReviewNanos != NEVER && (guardReviewNanos - now <= 0 || anyHeldFailed());
    }

    private boolean anyHeldFailed() {
        for (LiveNode node : members) {
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
        long next = detector.review(members, now, this::changed);
        if (guardReviewNanos != NEVER) {
            next = Math.min(next, guardReviewNanos - now);
        }
        for (LiveNode node : expiring) {
            if (node.verdictEndsNanos - now <= 0) {
                changed(node);
            } else {
                next = Math.min(next, node.verdictEndsNanos - now);
            }
        }
        List<LiveNode> reviewed = List.copyOf(news);
        news.clear();
        for (LiveNode node : reviewed) {
            node.hasNews = false;
            // Not one that has left since.
            if (nodes.get(node.endpoint().id()) == node) {
                next = Math.min(next, review(node, now));
            }
        }
        return next;
    }

    private long review(LiveNode node, long now) {
        Health before = node.health();
        long ends;
        try {
            ends = node.refreshHealth(now);
        } catch (Throwable thrown) {
            faults.report("the ejection's track record", "what was believed of the endpoint stays", thrown);
            changed(node);
            return Long.MAX_VALUE;
        }
        node.verdictEndsNanos = ends;
        if (ends == Long.MAX_VALUE) {
            expiring.remove(node);
        } else {
            expiring.add(node);
        }
        Health after = node.health();
        if (Snapshot.Members.isImpaired(after)) {
            impaired.add(node);
        } else {
            impaired.remove(node);
        }
        if (before.status() != after.status()) {
            report(node.endpoint(), before, after);
        }
        return ends == Long.MAX_VALUE ? ends : ends - now;
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
        for (LiveNode node : nodes.values()) {
            closeOldLeases(node, limit, now);
        }
        for (LiveNode node : departed.values()) {
            closeOldLeases(node, limit, now);
        }
        departed.values().removeIf(node -> node.inFlight() == 0);
    }

    private void closeOldLeases(LiveNode node, Duration limit, long now) {
        int leaked = node.nextGeneration();
        if (leaked == 0) {
            return;
        }
        LOG.warn(
                "{}: {} calls to {} were never ended and made no progress for {} or longer; they are no longer counted",
                owner.name(),
                leaked,
                node.endpoint(),
                limit);
        LoadMetric.Load load = node.load;
        for (int i = 0; i < leaked; i++) {
            if (load != null) {
                try {
                    load.ended(now, limit.toNanos(), Outcome.LEAKED, false);
                } catch (Throwable thrown) {
                    faults.report("the load metric", "the leak is counted out all the same", thrown);
                }
            }
            listener.onLeak(owner.name(), node.endpoint(), limit);
        }
    }

    private void report(Endpoint endpoint, Health before, Health after) {
        if (after.status().liftedByPanic() || after.status() == Health.Status.UNREACHABLE) {
            LOG.warn(
                    "{}: {} is {} since now: {} (was {})",
                    owner.name(),
                    endpoint,
                    after.status(),
                    after.reason(),
                    before.status());
        } else {
            LOG.debug(
                    "{}: {} is {}: {} (was {})",
                    owner.name(),
                    endpoint,
                    after.status(),
                    after.reason(),
                    before.status());
        }
        listener.onHealth(owner.name(), endpoint, before, after);
    }

    void measureBy(LoadMetric metric) {
        for (LiveNode node : members) {
            node.setLoad(loadOf(metric));
        }
    }

    /** Hands every member's record to another detector, which goes on from it. */
    void replaceDetector(EjectionPolicy.Detector next) {
        detector.replaceBy(next, members, this::changed);
    }

    void clear() {
        for (LiveNode node : members) {
            detector.forget(node);
        }
        nodes.clear();
        departed.clear();
        members = List.of();
        weighted = List.of();
        news.clear();
        expiring.clear();
        impaired.clear();
        guardReviewNanos = NEVER;
    }
}

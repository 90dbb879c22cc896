package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.SliceMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the members of one service share, in the memory of this process: for tests, and for trying out. Each member gets its own access by {@link #member}. It keeps the rules of the store in etcd: leases, the
 * election (of those that can be reached, the one that entered first leads), generations that only rise, and one writer at a time. What goes wrong in production is a method here: a member that {@link #crash crashes}
 * or is {@link #cutOff cut off}, a store that is {@link #stop away}, was {@link #restore put back}, or {@link #wipe lost all}.
 *
 * <p>Leases go by the time of the {@link Env}. Thread-safe.
 */
public final class InProcessSliceStore {

    /** How long a member that died counts as alive. */
    public static final Duration LEASE = Duration.ofSeconds(5);

    private final Env env;
    private final Object lock = new Object();

    // All below is guarded by the lock.

    /** All that were started and have not left, by id: at most one that lives for each. */
    private final Map<String, InProcessAccess> members = new LinkedHashMap<>();

    /** Those that may lead, the first of which does. */
    private final List<InProcessAccess> candidates = new ArrayList<>();

    private final Map<String, LoadReport> reports = new LinkedHashMap<>();
    private @Nullable SliceMap assignment;
    private long highest;
    private long incarnations;
    private boolean away;

    private InProcessSliceStore(Env env) {
        this.env = requireNonNull(env, "env");
    }

    /** An empty store in real time. */
    public static InProcessSliceStore create() {
        return create(Env.system());
    }

    /** An empty store in the time of {@code env}, which publishes on its threads. */
    public static InProcessSliceStore create(Env env) {
        return new InProcessSliceStore(env);
    }

    /** The access of one more member, which is a candidate. */
    public SliceStore member() {
        return member(true);
    }

    /** The access of one more member. */
    public SliceStore member(boolean candidate) {
        return new InProcessAccess(this, candidate);
    }

    // ---- what goes wrong ----

    /** Ends a member as if its process were killed: it hears no more, and is forgotten when its lease ends. Nothing if there is none with that id. */
    public void crash(String id) {
        change(() -> {
            InProcessAccess member = members.get(id);
            if (member != null) {
                member.dead = true;
                member.expireAfter(LEASE);
            }
        });
    }

    /** Cuts a member off from the store: what it knows stays, and the others forget it when its lease ends, unless it is {@link #reconnect connected} again before. */
    public void cutOff(String id) {
        change(() -> {
            InProcessAccess member = members.get(id);
            if (member != null && !member.cut) {
                member.cut = true;
                member.expireAfter(LEASE);
            }
        });
    }

    /** Ends what {@link #cutOff} began. A member that was forgotten meanwhile registers again, and is the last of the candidates. */
    public void reconnect(String id) {
        change(() -> {
            InProcessAccess member = members.get(id);
            if (member != null && member.cut) {
                member.cut = false;
                member.renew();
                offer();
            }
        });
    }

    /** Takes the store away: nobody reaches it, and nothing in it changes, leases neither. A leader that cannot renew its lease leads no longer when it ends. */
    public void stop() {
        change(() -> {
            away = true;
            members.values().forEach(member -> member.expireAfter(LEASE));
        });
    }

    /** Ends what {@link #stop} began. Members that were not dead before are still registered. */
    public void start() {
        change(() -> {
            away = false;
            members.values().forEach(member -> {
                if (member.reaches()) {
                    member.renew();
                } else {
                    member.expireAfter(LEASE);
                }
            });
            offer();
        });
    }

    /** Loses all that the store holds. Those that reach it register and enter the election again, and the leader writes the newest assignment that one of them knows. */
    public void wipe() {
        change(() -> {
            reports.clear();
            assignment = null;
            offer();
        });
    }

    /** Puts the store back to an earlier assignment; what follows is as after {@link #wipe}. */
    public void restore(SliceMap earlier) {
        requireNonNull(earlier, "earlier");
        change(() -> {
            assignment = earlier;
            offer();
        });
    }

    /** The assignment that the store holds; null if none. */
    public @Nullable SliceMap assignment() {
        synchronized (lock) {
            return assignment;
        }
    }

    /** The id of the member that leads, whether it can be reached or not; null if none does. */
    public @Nullable String leader() {
        synchronized (lock) {
            return candidates.isEmpty() ? null : candidates.get(0).id();
        }
    }

    // ---- for the members' access ----

    Env env() {
        return env;
    }

    Object lock() {
        return lock;
    }

    boolean away() {
        return away;
    }

    /** Changes the state under the lock and tells all what they know now, outside it. */
    void change(Runnable step) {
        List<InProcessAccess> told;
        synchronized (lock) {
            step.run();
            told = List.copyOf(members.values());
        }
        told.forEach(InProcessAccess::publishSoon);
    }

    /** Under the lock. A process that lives replaces one with the same id that came before it. */
    long enter(InProcessAccess member) {
        InProcessAccess before = members.put(member.id(), member);
        if (before != null) {
            before.dead = true;
            forget(before);
        }
        return ++incarnations;
    }

    /** Under the lock. */
    void campaign(InProcessAccess member) {
        if (!candidates.contains(member)) {
            candidates.add(member);
        }
        offer();
    }

    /** Under the lock. */
    void withdraw(InProcessAccess member) {
        candidates.remove(member);
        offer();
    }

    /** Under the lock: the registration and all that was under its lease. */
    void forget(InProcessAccess member) {
        member.registered = false;
        candidates.remove(member);
        if (members.get(member.id()) == member) {
            reports.remove(member.id());
        }
        offer();
    }

    /** Under the lock: for good. */
    void remove(InProcessAccess member) {
        forget(member);
        members.remove(member.id(), member);
    }

    /** Under the lock. */
    void keep(LoadReport report) {
        reports.put(report.member(), report);
    }

    /** Under the lock. */
    boolean writes(InProcessAccess member, @Nullable SliceMap before, SliceMap next) {
        if (!leads(member)
                || (before == null
                        ? assignment != null
                        : assignment == null || assignment.generation() != before.generation())) {
            return false;
        }
        assignment = next.as(++highest);
        return true;
    }

    /** Under the lock. */
    boolean leads(InProcessAccess member) {
        return !candidates.isEmpty() && candidates.get(0) == member;
    }

    /** Under the lock: the newest view of a member that reaches the store. */
    StoreView view(InProcessAccess of, @Nullable SliceMap known) {
        boolean leads = leads(of);
        List<Member> all = members.values().stream()
                .filter(member -> member.registered)
                .map(InProcessAccess::member)
                .sorted(Comparator.comparing(Member::id))
                .toList();
        return new StoreView(
                leads ? all : List.of(),
                known,
                leader(),
                leads,
                leads ? List.copyOf(reports.values()) : List.of(),
                null,
                true);
    }

    /** Under the lock: where a member that can be reached knows a newer assignment than the store has, the leader writes it again. */
    private void offer() {
        if (away || candidates.isEmpty() || !candidates.get(0).reaches()) {
            return;
        }
        SliceMap newest = assignment;
        for (InProcessAccess member : members.values()) {
            SliceMap known = member.known();
            if (member.reaches() && known != null && (newest == null || known.generation() > newest.generation())) {
                newest = known;
            }
        }
        if (newest != null && newest != assignment) {
            highest = Math.max(highest, newest.generation()) + 1;
            assignment = again(newest, highest);
        }
    }

    private static SliceMap again(SliceMap map, long generation) {
        SliceMap.Builder builder = SliceMap.builder().owners(map.owners());
        for (int i = 0; i < map.size(); i++) {
            int[] owners = new int[map.replicas(i)];
            for (int replica = 0; replica < owners.length; replica++) {
                owners[replica] = map.owner(i, replica);
            }
            builder.slice(map.low(i), map.since(i), map.load(i), owners);
        }
        return builder.build(generation);
    }
}

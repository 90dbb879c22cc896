package dev.zerohop.sharding;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.SliceMap;
import dev.zerohop.sharding.plan.LoadMap;
import dev.zerohop.sharding.plan.Plan;
import dev.zerohop.sharding.plan.PlanInput;
import dev.zerohop.sharding.plan.PlanMember;
import dev.zerohop.sharding.plan.PlanMemory;
import dev.zerohop.sharding.plan.PlanSettings;
import dev.zerohop.sharding.plan.Planner;
import dev.zerohop.sharding.store.Member;
import dev.zerohop.sharding.store.MemberState;
import dev.zerohop.sharding.store.MemberState.Phase;
import dev.zerohop.sharding.store.SliceStore;
import dev.zerohop.sharding.store.StoreView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Makes the assignments while its member leads: soon after members come or go, and once a minute by load. For tasks of one serial executor.
 *
 * <p>Changes of members are gathered for a moment, so that ten that start together are assigned together. Of the load a minute is measured before it counts. Where nothing is to be changed,
 * nothing is written.
 */
final class Assigner {
    private static final Log LOG = Log.of(Assigner.class);

    private static final long GATHER = Duration.ofSeconds(1).toNanos();
    private static final long GATHER_LEAVING = Duration.ofMillis(200).toNanos();

    /** Between two plans, but for members that leave or are lost. */
    private static final long LEAST = Duration.ofSeconds(10).toNanos();

    private static final long INTERVAL = Duration.ofSeconds(60).toNanos();

    private final String id;
    private final SliceStore store;
    private final Env env;
    private final Executor serial;
    private final PlanSettings settings;

    private StoreView view = StoreView.NONE;
    private PlanMemory memory = PlanMemory.NONE;
    private boolean leads;
    private boolean writing;
    private boolean stopped;
    private @Nullable String problem;

    /** When the last plan was made, or the lead was taken. */
    private long lastNanos;

    /** The members that the last plan was made for; null before the first. */
    private @Nullable List<Member> plannedFor;

    private @Nullable Cancellable timer;
    private long dueNanos;

    Assigner(String id, SliceStore store, Env env, Executor serial, PlanSettings settings) {
        this.id = id;
        this.store = store;
        this.env = env;
        this.serial = serial;
        this.settings = settings;
    }

    void onView(StoreView now) {
        view = now;
        if (!now.leading() || stopped) {
            leads = false;
            cancel();
            return;
        }
        long nanos = env.time().nanoTime();
        if (!leads) {
            leads = true;
            memory = PlanMemory.NONE;
            plannedFor = null;
            lastNanos = nanos;
            LOG.info("{}: assigns the slices from now on; {}", this, words(now.assignment()));
        }
        if (!writing) {
            planBy(due(now, nanos), nanos);
        }
    }

    void stop() {
        stopped = true;
        cancel();
    }

    // ---- when ----

    private long due(StoreView now, long nanos) {
        SliceMap map = now.assignment();
        if (map == null) {
            return nanos + GATHER;
        }
        if (standing(now.members()).equals(plannedFor)) {
            return lastNanos + INTERVAL;
        }
        Map<String, Member> members = new HashMap<>();
        now.members().forEach(member -> members.put(member.id(), member));
        boolean lost = false;
        for (SliceMap.Owner owner : map.owners()) {
            Member member = members.get(owner.id());
            if (member != null && member.state().phase() == Phase.DRAINING && hasSlices(map, owner.id())) {
                return nanos + GATHER_LEAVING;
            }
            lost |= member == null && hasSlices(map, owner.id());
        }
        return lost ? nanos + GATHER : Math.max(nanos + GATHER, plannedFor == null ? nanos : lastNanos + LEAST);
    }

    /** The members without what changes with each assignment. */
    private static List<Member> standing(List<Member> members) {
        List<Member> standing = new ArrayList<>(members.size());
        for (Member member : members) {
            MemberState state = member.state();
            standing.add(new Member(
                    new MemberState(state.id(), state.phase(), state.weight(), state.zone(), SliceMap.DRAFT),
                    member.incarnation()));
        }
        return standing;
    }

    private static boolean hasSlices(SliceMap map, String id) {
        int owner = map.ownerOf(id);
        for (int slice = 0; slice < map.size(); slice++) {
            if (map.owns(owner, slice)) {
                return true;
            }
        }
        return false;
    }

    /** A plan that is due already is not put off: changes that go on and on do not keep it waiting. */
    private void planBy(long due, long nanos) {
        if (timer != null && dueNanos - due <= 0) {
            return;
        }
        cancel();
        dueNanos = due;
        timer = env.time().schedule(Math.max(0, due - nanos), () -> serial.execute(this::plan));
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    // ---- what ----

    private void plan() {
        timer = null;
        long nanos = env.time().nanoTime();
        if (!leads || writing || stopped) {
            return;
        }
        if (view.error() != null) {
            // Who is gone cannot be told from who cannot be seen.
            planBy(nanos + GATHER, nanos);
            return;
        }
        SliceMap before = view.assignment();
        List<Member> members = view.members();
        Plan plan = Planner.plan(new PlanInput(
                before,
                false,
                members.stream().map(Assigner::planned).toList(),
                before == null ? LoadMap.NONE : ReportedLoads.of(before, view.reports()),
                settings,
                memory,
                nanos / 1_000_000));
        lastNanos = nanos;
        plannedFor = standing(members);
        note(plan.problem());
        SliceMap next = plan.next();
        if (next == null || next == before) {
            memory = plan.memory();
            planBy(next(plan, nanos), nanos);
            return;
        }
        writing = true;
        store.write(before, next)
                .whenComplete((written, thrown) ->
                        serial.execute(() -> written(plan, thrown == null && Boolean.TRUE.equals(written), thrown)));
    }

    private static PlanMember planned(Member member) {
        PlanMember.Takes takes = switch (member.state().phase()) {
            case STARTING -> PlanMember.Takes.NOTHING_YET;
            case READY -> PlanMember.Takes.SLICES;
            case DRAINING -> PlanMember.Takes.NOTHING_MORE;
        };
        return new PlanMember(
                member.owner(), takes, member.state().weight(), member.state().zone());
    }

    private static long next(Plan plan, long nanos) {
        long review = plan.reviewInMillis();
        return nanos + (review >= INTERVAL / 1_000_000 ? INTERVAL : Math.max(1, review) * 1_000_000);
    }

    private void written(Plan plan, boolean done, @Nullable Throwable thrown) {
        writing = false;
        long nanos = env.time().nanoTime();
        if (!leads || stopped) {
            return;
        }
        if (done) {
            memory = plan.memory();
            LOG.info(
                    "{}: {}; moved {} % of the load",
                    this, plan.next(), Math.round(1000 * plan.churn().total()) / 10.0);
            planBy(next(plan, nanos), nanos);
        } else {
            if (thrown != null) {
                LOG.warn("{}: the assignment may not be written, it is made again: {}", this, thrown.getMessage());
            }
            plannedFor = null;
            planBy(nanos + GATHER, nanos);
        }
        // Members may have changed meanwhile.
        onView(view);
    }

    private void note(@Nullable String now) {
        if (now != null && !now.equals(problem)) {
            LOG.error("{}: a plan was not made, the assignment stays as it is: {}", this, now);
        }
        problem = now;
    }

    private static String words(@Nullable SliceMap map) {
        return map == null ? "there is no assignment yet" : map.toString();
    }

    @Override
    public String toString() {
        return "assigner " + id;
    }
}

package dev.zerohop.sharding.plan;

import dev.zerohop.SliceMap;
import dev.zerohop.sharding.plan.PlanMember.Takes;
import dev.zerohop.sharding.plan.PlanMemory.Presence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is there for a plan: members that take slices, those that keep what they have although they are gone, those that leave, and which of the new ones takes over whose place.
 *
 * <p>A member that has just come may be one more, or the successor of one that is about to leave: a rolling update starts the new one first. So it waits with one slice, for
 * {@link PlanSettings#pairing}, and for two minutes once an update was seen, unless the others have more than they can take.
 */
final class Roster {
    /** A loss of more than half of the owners at once is held: the store may be at fault, and not they. */
    static final long MASS_LOSS_MILLIS = 30_000;

    /** How long an update is taken to go on after a member has taken over the place of another. */
    static final long UPDATE_MILLIS = 120_000;

    /** The share of what members can take above which new ones are filled at once. */
    private static final double BUSY = 0.8;

    /** One that waits has one slice, which may have been cut. */
    private static final int STILL_NEW = 2;

    final List<Seat> seats = new ArrayList<>();

    /** By place among the owners of the assignment before: the seat; null if the member leaves or is gone. */
    final @Nullable Seat[] seatOf;

    /** By place as well: who takes over its place; null for all together. */
    final @Nullable Seat[] heirOf;

    /** By place as well: whether it is gone without notice, and is not kept. */
    final boolean[] crashed;

    private final PlanInput input;
    private final long now;
    private final Map<String, Long> goneSince = new HashMap<>();
    private final Map<SliceMap.Owner, Long> joined = new HashMap<>();
    private long massSince = PlanMemory.NEVER;
    private long pairedAt;
    private long reviewInMillis = Long.MAX_VALUE;

    Roster(PlanInput input) {
        this.input = input;
        this.now = input.nowMillis();
        this.pairedAt = input.memory().presence.pairedAt();
        int owners = input.before() == null ? 0 : input.before().owners().size();
        this.seatOf = new Seat[owners];
        this.heirOf = new Seat[owners];
        this.crashed = new boolean[owners];
        double[] had = had();
        boolean[] absent = new boolean[owners];
        boolean[] leaving = new boolean[owners];
        Map<String, PlanMember> byId = byId();
        look(byId, had, absent, leaving);
        boolean[] kept = kept(absent, had);
        sit(byId, had, kept);
        pair(had, leaving);
    }

    Presence presence() {
        return new Presence(goneSince, massSince, joined, pairedAt);
    }

    long reviewInMillis() {
        return reviewInMillis;
    }

    boolean hasTarget() {
        return seats.stream().anyMatch(seat -> seat.target);
    }

    private Map<String, PlanMember> byId() {
        Map<String, PlanMember> byId = new HashMap<>();
        for (PlanMember member : input.members()) {
            if (byId.put(member.id(), member) != null) {
                throw new IllegalArgumentException("member " + member.id() + " was named twice, expected once");
            }
        }
        return byId;
    }

    /** The load that each owner has under the assignment before; negative for one without a slice. */
    private double[] had() {
        SliceMap before = input.before();
        double[] had = new double[seatOf.length];
        java.util.Arrays.fill(had, -1);
        for (int slice = 0; before != null && slice < before.size(); slice++) {
            double load =
                    input.loads().load(before.low(slice), before.high(slice)) / Math.max(1, before.replicas(slice));
            for (int i = 0; i < before.replicas(slice); i++) {
                int owner = before.owner(slice, i);
                had[owner] = Math.max(0, had[owner]) + load;
            }
        }
        return had;
    }

    private void look(Map<String, PlanMember> byId, double[] had, boolean[] absent, boolean[] leaving) {
        SliceMap before = input.before();
        for (int i = 0; before != null && i < had.length; i++) {
            PlanMember member = byId.get(before.owners().get(i).id());
            leaving[i] = member != null && member.takes() == Takes.NOTHING_MORE && had[i] >= 0;
            absent[i] = had[i] >= 0 && (member == null || member.takes() == Takes.NOTHING_YET);
            if (absent[i]) {
                String id = before.owners().get(i).id();
                Long since = input.memory().presence.goneSince().get(id);
                goneSince.put(id, since == null ? now : since);
            }
        }
    }

    /** Which of the absent keep their slices. */
    private boolean[] kept(boolean[] absent, double[] had) {
        int owners = 0;
        int gone = 0;
        for (int i = 0; i < absent.length; i++) {
            owners += had[i] >= 0 ? 1 : 0;
            gone += absent[i] ? 1 : 0;
        }
        boolean mass = 2 * gone > owners && owners > 1;
        if (mass) {
            long since = input.memory().presence.massSince();
            massSince = since == PlanMemory.NEVER ? now : since;
        }
        boolean held = mass && reviewIn(massSince + MASS_LOSS_MILLIS);
        boolean[] kept = new boolean[absent.length];
        for (int i = 0; i < absent.length; i++) {
            if (absent[i]) {
                Long since = goneSince.get(ids(i));
                kept[i] = (since != null
                                && reviewIn(since + input.settings().hold().toMillis()))
                        || held;
                crashed[i] = !kept[i];
            }
        }
        return kept;
    }

    /** Whether a member has no more than one that waits; a single hot key is more. */
    private boolean stillNew(int owner, double[] had) {
        SliceMap before = input.before();
        int owned = 0;
        for (int slice = 0; before != null && slice < before.size(); slice++) {
            owned += before.owns(owner, slice) ? 1 : 0;
        }
        return owned <= STILL_NEW && had[owner] <= input.loads().total() / had.length / 4;
    }

    /** Whether a member that is gone had got most of its slices so lately that one of them may be what it crashed on: they are spread, so that fewer are under suspicion the next time. */
    private boolean suspicious(int owner) {
        SliceMap before = input.before();
        int owned = 0;
        int suspects = 0;
        for (int slice = 0; before != null && slice < before.size(); slice++) {
            if (before.owns(owner, slice)) {
                owned++;
                suspects += Outcome.strikes(input.memory().notes, before.low(slice), true, now) > 0 ? 1 : 0;
            }
        }
        return 2 * suspects > owned;
    }

    private String ids(int owner) {
        SliceMap before = input.before();
        return before == null ? "" : before.owners().get(owner).id();
    }

    /** Whether an instant is still to come; if so the plan is to be looked at again then. */
    private boolean reviewIn(long at) {
        if (at - now <= 0) {
            return false;
        }
        reviewInMillis = Math.min(reviewInMillis, at - now);
        return true;
    }

    private void sit(Map<String, PlanMember> byId, double[] had, boolean[] kept) {
        SliceMap before = input.before();
        Map<String, PlanMember> sitting = new HashMap<>();
        byId.forEach((id, member) -> {
            if (member.takes() == Takes.SLICES) {
                sitting.put(id, member);
            }
        });
        for (int i = 0; before != null && i < kept.length; i++) {
            if (kept[i]) {
                PlanMember known = byId.get(ids(i));
                SliceMap.Owner owner = before.owners().get(i);
                sitting.put(
                        owner.id(),
                        new PlanMember(
                                owner,
                                Takes.NOTHING_YET,
                                known == null ? 1 : known.weight(),
                                known == null ? "" : known.zone()));
            }
        }
        double mean =
                sitting.values().stream().mapToInt(PlanMember::weight).average().orElse(1);
        List<PlanMember> sorted = new ArrayList<>(sitting.values());
        sorted.sort(Comparator.comparing(PlanMember::id));
        for (PlanMember member : sorted) {
            int place = before == null ? -1 : before.ownerOf(member.id());
            boolean waited = input.memory().presence.joined().containsKey(member.owner());
            boolean fresh = place < 0 || had[place] < 0 || (waited && stillNew(place, had));
            Seat seat = new Seat(member, member.weight() / mean, fresh, member.takes() == Takes.SLICES);
            seats.add(seat);
            if (place >= 0) {
                seatOf[place] = seat;
            }
            if (fresh && seat.target) {
                Long since = input.memory().presence.joined().get(member.owner());
                joined.put(member.owner(), since == null ? now : since);
            }
        }
    }

    private void pair(double[] had, boolean[] leaving) {
        if (input.before() == null || input.settings().pairing().isZero()) {
            return;
        }
        List<Integer> leavers = new ArrayList<>();
        for (int i = 0; i < had.length; i++) {
            if (leaving[i] || (crashed[i] && !suspicious(i))) {
                leavers.add(i);
            }
        }
        leavers.sort(Comparator.comparingDouble((Integer i) -> -had[i]));
        List<Seat> fresh = new ArrayList<>();
        for (Seat seat : seats) {
            if (seat.fresh && seat.target) {
                fresh.add(seat);
            }
        }
        fresh.sort(Comparator.comparing((Seat seat) -> joined.get(seat.member.owner())));
        for (int leaver : leavers) {
            if (!fresh.isEmpty()) {
                heirOf[leaver] = fresh.remove(0);
                pairedAt = now;
            }
        }
        boolean all = fresh.size() == seats.size();
        long patience = now - pairedAt < UPDATE_MILLIS
                ? Math.max(UPDATE_MILLIS, input.settings().pairing().toMillis())
                : input.settings().pairing().toMillis();
        for (Seat seat : fresh) {
            Long since = joined.get(seat.member.owner());
            seat.waiting = !all && !busy() && since != null && reviewIn(since + patience);
        }
    }

    /** Whether those that have the keys have so much that new ones must not wait. */
    private boolean busy() {
        double capacity = 0;
        for (Seat seat : seats) {
            capacity += seat.fresh ? 0 : seat.capacity;
        }
        double most = input.settings().maxLoad();
        return capacity == 0 || (most > 0 && input.loads().total() > BUSY * most * capacity);
    }
}

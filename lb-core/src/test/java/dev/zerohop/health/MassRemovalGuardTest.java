package dev.zerohop.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.MembershipGuard;
import dev.zerohop.MembershipGuard.Decision;
import dev.zerohop.MembershipGuard.Member;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MassRemovalGuardTest {
    private static final long NOW = Duration.ofSeconds(100).toNanos();
    private static final long HOLD = Duration.ofSeconds(30).toNanos();
    private final MassRemovalGuard guard = new MassRemovalGuard();

    private static Endpoint endpoint(int ordinal, Endpoint.Readiness readiness) {
        return Endpoint.builder("10.0.0." + (ordinal + 1), 80)
                .id("a-" + ordinal)
                .ordinal(ordinal)
                .readiness(readiness)
                .build();
    }

    private static List<Member> members(int count) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(new Member(endpoint(i, Endpoint.Readiness.READY), Member.NOT_HELD));
        }
        return members;
    }

    private static EndpointSet firstOf(int count, EndpointSet.Removals removals, @Nullable ShardCount shards) {
        return EndpointSet.builder("test")
                .endpoints(members(count).stream().map(Member::endpoint).toList())
                .removals(removals)
                .shards(shards)
                .build();
    }

    private static EndpointSet firstOf(int count) {
        return firstOf(count, EndpointSet.Removals.GUARDED, null);
    }

    private static List<String> ids(Decision decision) {
        return decision.held().stream().map(member -> member.endpoint().id()).toList();
    }

    @Test
    void moreThanHalfIsHeldAndExactlyHalfIsObeyed() {
        assertThat(guard.admit(members(4), firstOf(2), NOW).held()).isEmpty();
        Decision decision = guard.admit(members(4), firstOf(1), NOW);
        assertThat(ids(decision)).containsExactly("a-1", "a-2", "a-3");
        assertThat(decision.reviewInNanos()).isEqualTo(HOLD);
    }

    @Test
    void anEmptyUpdateIsHeldWhateverTheShare() {
        assertThat(ids(guard.admit(members(1), firstOf(0), NOW))).containsExactly("a-0");
        MassRemovalGuard lenient = new MassRemovalGuard(100, MassRemovalGuard.DEFAULT_HOLD);
        assertThat(ids(lenient.admit(members(2), firstOf(0), NOW))).containsExactly("a-0", "a-1");
        assertThat(lenient.admit(members(2), firstOf(1), NOW).held()).isEmpty();
    }

    /** Members are looked for behind each other in a sorted list; none may be missed because others came, went or are in another order. */
    @Test
    void exactlyWhoIsMissingIsHeldWhateverElseChanged() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            List<Member> before = members(12);
            if (round % 2 == 1) {
                Collections.shuffle(before, random);
            }
            List<Endpoint> next = new ArrayList<>();
            List<String> missing = new ArrayList<>();
            for (Member member : before) {
                if (random.nextInt(10) < 2) {
                    next.add(member.endpoint());
                } else {
                    missing.add(member.endpoint().id());
                }
            }
            for (int i = random.nextInt(5); i > 0; i--) {
                next.add(Endpoint.builder("10.0.1." + i, 80)
                        .id("a-" + i + "-new")
                        .build());
            }
            EndpointSet set = EndpointSet.builder("test")
                    .endpoints(next)
                    .removals(EndpointSet.Removals.GUARDED)
                    .build();
            List<String> held = ids(guard.admit(before, set, NOW));
            assertThat(held).isEqualTo(missing.size() > 6 || next.isEmpty() ? missing : List.of());
        }
    }

    @Test
    void whatIsMeantIsObeyedAtOnce() {
        assertThat(guard.admit(members(4), firstOf(0, EndpointSet.Removals.MEANT, null), NOW))
                .isEqualTo(new Decision(List.of(), Long.MAX_VALUE));
    }

    @Test
    void endpointsThatSaidTheyLeaveMayLeave() {
        List<Member> members = new ArrayList<>();
        members.add(new Member(endpoint(0, Endpoint.Readiness.READY), Member.NOT_HELD));
        for (int i = 1; i < 6; i++) {
            members.add(new Member(endpoint(i, Endpoint.Readiness.DRAINING), Member.NOT_HELD));
        }
        members.add(new Member(endpoint(6, Endpoint.Readiness.NOT_READY), Member.NOT_HELD));
        assertThat(guard.admit(members, firstOf(1), NOW).held()).isEmpty();
        assertThat(ids(guard.admit(members, firstOf(0), NOW))).containsExactly("a-0");
    }

    @Test
    void thoseThatLeaveDoNotMakeTheLossOfTheRestLookSmall() {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            members.add(new Member(
                    endpoint(i, i < 3 ? Endpoint.Readiness.READY : Endpoint.Readiness.DRAINING), Member.NOT_HELD));
        }
        assertThat(ids(guard.admit(members, firstOf(1), NOW))).containsExactly("a-1", "a-2");
    }

    @Test
    void aLowerShardCountExplainsALoss() {
        EndpointSet scaledDown = firstOf(2, EndpointSet.Removals.GUARDED, new ShardCount(2, 0));
        assertThat(guard.admit(members(10), scaledDown, NOW).held()).isEmpty();
        EndpointSet notScaled = firstOf(2, EndpointSet.Removals.GUARDED, new ShardCount(10, 0));
        assertThat(guard.admit(members(10), notScaled, NOW).held()).hasSize(8);
        EndpointSet partly = firstOf(2, EndpointSet.Removals.GUARDED, new ShardCount(5, 0));
        assertThat(ids(guard.admit(members(10), partly, NOW))).containsExactly("a-2", "a-3", "a-4");
    }

    /** From 2 shards to 10: a loss of the new ones is no more meant than one of the old, whatever the rule. */
    @Test
    void whoHasAPartInOneOfTheEpochsOfAMoveIsNoSurplus() {
        ShardMap two = ShardMap.of(7, new ShardCount(2, 0));
        EndpointSet lost = firstOf(2, EndpointSet.Removals.GUARDED, null);
        for (ShardMap.MovingKeys rule : ShardMap.MovingKeys.values()) {
            ShardMap growing = two.movingTo(8, new ShardCount(10, 0), rule);
            EndpointSet during = lost.toBuilder().shardMap(growing).build();
            assertThat(guard.admit(members(10), during, NOW).held()).hasSize(8);
        }
        EndpointSet shrunk = lost.toBuilder().shardMap(two).build();
        assertThat(guard.admit(members(10), shrunk, NOW).held()).isEmpty();
    }

    @Test
    void aHoldRunsOutAndIsThenHonoured() {
        List<Member> held = guard.admit(members(3), firstOf(0), NOW).held();
        Decision before = guard.admit(held, firstOf(0), NOW + HOLD - 1);
        assertThat(before.held()).isEqualTo(held);
        assertThat(before.reviewInNanos()).isEqualTo(1);
        assertThat(guard.admit(held, firstOf(0), NOW + HOLD)).isEqualTo(new Decision(List.of(), Long.MAX_VALUE));
    }

    @Test
    void whoIsHeldStaysHeldWhenTheOthersNoLongerMakeItAMassRemoval() {
        List<Member> members = members(4);
        members.set(3, new Member(members.get(3).endpoint(), NOW - 5));
        Decision decision = guard.admit(members, firstOf(3), NOW);
        assertThat(decision.held()).containsExactly(members.get(3));
        assertThat(decision.reviewInNanos()).isEqualTo(HOLD - 5);
    }

    @Test
    void whoIsNamedAgainIsHeldNoMore() {
        List<Member> held = guard.admit(members(3), firstOf(0), NOW).held();
        assertThat(guard.admit(held, firstOf(3), NOW).held()).isEmpty();
    }

    @Test
    void badValuesAreRefused() {
        assertThatThrownBy(() -> new MassRemovalGuard(101, Duration.ofSeconds(1)))
                .hasMessage("largest believed loss was 101 %, expected 0 to 100");
        assertThatThrownBy(() -> new MassRemovalGuard(50, Duration.ZERO))
                .hasMessage("hold was PT0S, expected more than 0 and at most PT24H");
    }

    /** Ten of a first source, and twenty whose attribute is the number of a second. */
    private static List<Member> ofTwo() {
        List<Member> all = new ArrayList<>(members(10));
        for (int i = 0; i < 20; i++) {
            Endpoint there = Endpoint.builder("10.9.0." + (i + 1), 80)
                    .id("b-" + i)
                    .attributes(Map.of("priority", "1"))
                    .build();
            all.add(new Member(there, Member.NOT_HELD));
        }
        return all;
    }

    private static EndpointSet left(List<Member> members, EndpointSet.Removals... each) {
        return EndpointSet.builder("test")
                .endpoints(members.stream().map(Member::endpoint).toList())
                .removalsBySource(List.of(each))
                .build();
    }

    @Test
    void aSourceThatIsEmptiedAmongLargerOnesIsHeld() {
        EndpointSet.Removals guarded = EndpointSet.Removals.GUARDED;
        List<Member> all = ofTwo();
        assertThat(guard.admit(all, left(all.subList(10, 30), guarded, guarded), NOW)
                        .held())
                .hasSize(10);
        assertThat(guard.admit(all, left(all.subList(5, 20), guarded, guarded), NOW)
                        .held())
                .as("half of each")
                .isEmpty();
    }

    /** An application may number its endpoints as it likes: within one source that makes no sources of them. */
    @Test
    void theAttributeOfOneSourceDividesNothing() {
        List<Member> all = ofTwo();
        assertThat(guard.admit(all, left(all.subList(10, 30), EndpointSet.Removals.GUARDED), NOW)
                        .held())
                .as("a third of all")
                .isEmpty();
        assertThat(guard.admit(all, left(all.subList(0, 10), EndpointSet.Removals.GUARDED), NOW)
                        .held())
                .as("two thirds of all")
                .hasSize(20);
    }

    @Test
    void oneSourceMayMeanWhatAnotherIsSuspectedOf() {
        List<Member> all = ofTwo();
        EndpointSet.Removals[] first = {EndpointSet.Removals.MEANT, EndpointSet.Removals.GUARDED};
        assertThat(guard.admit(all, left(all.subList(10, 30), first), NOW).held())
                .isEmpty();
        assertThat(guard.admit(all, left(all.subList(0, 10), first), NOW).held())
                .hasSize(20);
        assertThat(ids(guard.admit(all, left(List.of(), first), NOW)))
                .hasSize(20)
                .allMatch(id -> id.startsWith("b-"));
    }

    @Test
    void aNumberThatNoSourceHasIsTheFirstOnes() {
        List<Member> all = ofTwo();
        Endpoint odd = Endpoint.builder("10.9.9.9", 80)
                .id("c")
                .attributes(Map.of("priority", "9"))
                .build();
        all.add(new Member(odd, Member.NOT_HELD));
        EndpointSet.Removals meant = EndpointSet.Removals.MEANT;
        EndpointSet next = left(all.subList(0, 10), meant, EndpointSet.Removals.GUARDED);
        assertThat(next.sourceOf(odd)).isZero();
        assertThat(next.toBuilder().build().removalsBySource()).isEqualTo(next.removalsBySource());
        assertThat(next.removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(guard.admit(all, next, NOW).held()).hasSize(20);
        assertThatThrownBy(() -> left(List.of())).hasMessage("sources were none, expected 1 or more");
    }

    @Test
    void eachBalancerHasTimesOfItsOwn() {
        assertThat(new MassRemovalGuard(20, Duration.ofSeconds(10)).stretched(1.15))
                .isEqualTo(new MassRemovalGuard(20, Duration.ofMillis(11_500)));
        assertThat(new MassRemovalGuard(20, Duration.ofDays(1)).stretched(1.15))
                .isEqualTo(new MassRemovalGuard(20, Duration.ofDays(1)));
        assertThat(MembershipGuard.NONE.stretched(1.15)).isSameAs(MembershipGuard.NONE);
    }
}

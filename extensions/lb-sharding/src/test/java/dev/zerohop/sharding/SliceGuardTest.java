package dev.zerohop.sharding;

import static dev.zerohop.sharding.FakeOwnership.all;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.SliceMap;
import dev.zerohop.sharding.SliceGuard.Counts;
import dev.zerohop.sharding.SliceGuard.Misdirected;
import dev.zerohop.sharding.SliceGuard.Rejection;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs, what is rejected, and what waits. */
@Timeout(300)
class SliceGuardTest {
    private static final EndpointSelector KEY = EndpointSelector.of("customer-42");

    private final FakeTime time = new FakeTime();
    private final FakeOwnership member = new FakeOwnership("b");

    private SliceGuard guard(Misdirected misdirected) {
        return SliceGuard.builder(member).misdirected(misdirected).time(time).build();
    }

    @ParameterizedTest
    @EnumSource(Misdirected.class)
    void aCallForAnOwnKeyRunsWhateverItStates(Misdirected misdirected) {
        SliceGuard guard = guard(misdirected);
        member.know(all(7, "a", "b"));
        for (String stated : new String[] {null, "1", "7", "9", "x", "-1"}) {
            assertThat(guard.judge(stated, false, KEY)).isCompletedWithValue(null);
        }
        assertThat(guard.counts()).isEqualTo(new Counts(6, 0, 0, 0, 0));
    }

    @Test
    void aCallForTheKeyOfAnotherRunsByDefaultAndIsCounted() {
        SliceGuard guard = SliceGuard.builder(member).time(time).build();
        member.know(all(7, "a", "c"));
        assertThat(guard.judge("7", false, KEY)).isCompletedWithValue(null);
        assertThat(guard.judge(null, false, KEY)).isCompletedWithValue(null);
        assertThat(guard.counts()).isEqualTo(new Counts(2, 2, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "3"})
    void aRejectionSaysGenerationAndOwner(String stated) {
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a", "c"));
        assertThat(guard.judge(stated, false, KEY))
                .isCompletedWithValue(new Rejection(
                        "generation was " + stated + ": by generation 7 the key belongs to a, this member is b",
                        7,
                        "a"));
        assertThat(guard.counts()).isEqualTo(new Counts(1, 1, 0, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-3", "9007199254740993", "99999999999999999999"})
    void aCallThatStatesNoGenerationRunsAndIsCounted(String stated) {
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a"));
        assertThat(guard.judge(stated.isEmpty() ? null : stated, false, KEY)).isCompletedWithValue(null);
        assertThat(guard.counts()).isEqualTo(new Counts(1, 1, 0, 0, 0));
    }

    @Test
    void aCallThatStandsInForAnOwnerThatIsDownRuns() {
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a"));
        assertThat(guard.judge("7", true, KEY)).isCompletedWithValue(null);
        member.know(all(8, "b"));
        assertThat(guard.judge("8", true, KEY)).isCompletedWithValue(null);
        assertThat(guard.counts()).isEqualTo(new Counts(2, 0, 1, 0, 0));
    }

    @Test
    void withoutAKeyAnOwnerOrAnAssignmentThereIsNothingToJudge() {
        SliceGuard guard = guard(Misdirected.REJECT);
        assertThat(guard.judge("7", false, KEY)).isCompletedWithValue(null);
        assertThat(guard.judge("7", true, KEY)).isCompletedWithValue(null);
        assertThat(guard.judge(null, false, KEY)).isCompletedWithValue(null);
        member.know(all(7));
        assertThat(guard.judge("7", false, KEY)).isCompletedWithValue(null);
        member.know(all(8, "a"));
        assertThat(guard.judge("7", false, null)).isCompletedWithValue(null);
        assertThat(guard.counts()).isEqualTo(new Counts(5, 0, 0, 0, 0));
    }

    @Test
    void eachCallWithAKeyIsLoadUnlessTheHandlersCount() {
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a"));
        assertThat(guard.judge("7", false, KEY).join()).isNotNull();
        assertThat(guard.judge("7", false, null).join()).isNull();
        assertThat(guard.judge("7", true, KEY).join()).isNull();
        assertThat(member.recorded).containsExactly(KEY, KEY);
        SliceGuard silent = SliceGuard.builder(member).loadByHandlers().build();
        assertThat(silent.judge("7", false, KEY).join()).isNull();
        assertThat(member.recorded).hasSize(2);
    }

    @Test
    void aCallFromALaterGenerationWaitsForItAndIsJudgedByIt() {
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a"));
        CompletableFuture<Rejection> mine = guard.judge("9", false, KEY);
        CompletableFuture<Rejection> sooner = guard.judge("8", false, KEY);
        time.advance(Duration.ofMillis(49));
        assertThat(mine).isNotDone();
        member.know(all(8, "c"));
        assertThat(mine).isNotDone();
        assertThat(sooner)
                .isCompletedWithValue(new Rejection(
                        "generation was 8: by generation 8 the key belongs to c, this member is b", 8, "c"));
        member.know(all(9, "b"));
        assertThat(mine).isCompletedWithValue(null);
        assertThat(time.pendingTasks()).isZero();
        assertThat(guard.counts()).isEqualTo(new Counts(2, 1, 0, 1, 2));
    }

    @Test
    void aGenerationThatDoesNotComeInTimeLetsTheCallRunAsItsClientKnowsMore() {
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a"));
        CompletableFuture<Rejection> call = guard.judge("9", false, KEY);
        time.advance(SliceGuard.MAX_WAIT.minusNanos(1));
        assertThat(call).isNotDone();
        time.advance(Duration.ofNanos(1));
        assertThat(call).isCompletedWithValue(null);
        member.know(all(9, "a"));
        assertThat(guard.counts()).isEqualTo(new Counts(1, 0, 0, 0, 1));
    }

    @Test
    void whereMisdirectedCallsAreServedNoneWaits() {
        SliceGuard guard = guard(Misdirected.SERVE);
        member.know(all(7, "a"));
        assertThat(guard.judge("9", false, KEY)).isCompletedWithValue(null);
        assertThat(guard.counts()).isEqualTo(new Counts(1, 0, 0, 0, 0));
    }

    /** The assignment changes between the look and the wait: nobody would tell the call. */
    @Test
    void aChangeJustBeforeTheWaitIsSeen() {
        SliceMap next = all(9, "c");
        EndpointSelector slow = new EndpointSelector() {
            private int asked;

            @Override
            public int hashableIdentifier() {
                return 1;
            }

            @Override
            public long hash() {
                if (++asked == 1) {
                    member.knowSilently(next);
                }
                return 1;
            }
        };
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a"));
        assertThat(guard.judge("9", false, slow).join())
                .isNotNull()
                .matches(rejected -> rejected.owner().equals("c"));
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void callsThatWaitAreBounded() {
        SliceGuard guard = guard(Misdirected.REJECT);
        member.know(all(7, "a"));
        for (int i = 0; i < SliceGuard.MAX_WAITING; i++) {
            assertThat(guard.judge("9", false, KEY)).isNotDone();
        }
        assertThat(guard.judge("9", false, KEY)).isCompletedWithValue(null);
        member.know(all(9, "b"));
        assertThat(guard.judge("10", false, KEY)).isCompletedWithValue(null);
        member.know(all(10, "a"));
        assertThat(guard.judge("11", false, KEY)).isNotDone();
    }

    @Test
    void whatACallStatesIsPrintableInTheMessage() {
        assertThat(new Rejection("a\nb", 1, "o").message()).isEqualTo("a b");
        assertThat(List.of(guard(Misdirected.REJECT).toString()))
                .containsExactly(
                        "SliceGuard(b, REJECT, Counts[calls=0, misdirected=0, spilled=0, rejected=0, waited=0])");
    }
}

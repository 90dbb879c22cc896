package dev.zerohop.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.SliceMap;
import dev.zerohop.sharding.store.InProcessSliceStore;
import dev.zerohop.sharding.store.MemberState;
import dev.zerohop.sharding.store.SliceStore;
import dev.zerohop.sharding.store.StoreView;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One member beside a leader that a test plays. */
@Timeout(300)
class SliceMemberTest {
    private static final EndpointSelector KEY = EndpointSelector.of("customer-42");

    private final FakeTime time = new FakeTime();
    private final InProcessSliceStore store = InProcessSliceStore.create(time.env());
    private final SliceStore leader = store.member();
    private StoreView view = StoreView.NONE;

    private SliceMember join(SliceMemberOptions.Builder options) {
        leader.start(new MemberState("a", MemberState.Phase.READY, 1, "", SliceMap.DRAFT), now -> view = now);
        return SliceMember.join(
                store.member(false), "b", options.env(time.env()).build());
    }

    private void assign(int owner) {
        SliceMap draft = SliceMap.builder()
                .owners(List.of(new SliceMap.Owner("a", 1), new SliceMap.Owner("b", 2)))
                .slice(0, SliceMap.DRAFT, 0, owner)
                .build();
        assertThat(leader.write(view.assignment(), draft)).isCompletedWithValue(true);
    }

    @Test
    void theListenerHearsOfChangesAsDifferences() {
        List<String> heard = new ArrayList<>();
        SliceMember[] self = new SliceMember[1];
        SliceMember member = join(SliceMemberOptions.builder().listener(new SliceListener() {
            @Override
            public void gained(List<SliceRange> ranges) {
                heard.add("gained " + ranges + (self[0].owns(KEY) ? " owned" : " not owned yet"));
            }

            @Override
            public void lost(List<SliceRange> ranges) {
                heard.add("lost " + ranges + (self[0].owns(KEY) ? " still owned" : " not owned"));
            }
        }));
        self[0] = member;
        assign(0);
        assertThat(heard).isEmpty();
        assign(1);
        assertThat(member.owns(KEY)).isTrue();
        assign(0);
        assertThat(member.owns(KEY)).isFalse();
        assertThat(heard)
                .containsExactly(
                        "gained [[0000000000000000, end) [a]] not owned yet",
                        "lost [[0000000000000000, end) [a]] not owned");
        member.close();
    }

    @Test
    void loadIsReportedAsItIsAndMisdirectedLoadApart() {
        SliceMember member = join(SliceMemberOptions.builder());
        assign(1);
        for (int second = 0; second < 10; second++) {
            for (int i = 0; i < 20; i++) {
                member.begin(KEY).close();
            }
            SliceHandle heavy = member.begin(KEY);
            heavy.load(30);
            heavy.close();
            heavy.close();
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(view.reports()).hasSize(1);
        assertThat(view.reports().get(0).slices().get(0).load()).isCloseTo(50, Assertions.within(1e-6));
        assertThat(view.reports().get(0).misdirected()).isZero();
        assign(0);
        member.begin(KEY).close();
        time.advance(Duration.ofSeconds(10));
        assertThat(view.reports().get(0).misdirected()).isPositive();
        assertThat(view.reports().get(0).slices()).isEmpty();
        member.close();
    }

    @Test
    void aDrainIsStatedAndEndsWhenTheSlicesAreGone() {
        SliceMember member = join(SliceMemberOptions.builder());
        CompletableFuture<Boolean> has = member.awaitSlices(Duration.ofSeconds(9));
        assertThat(has).isNotDone();
        assign(1);
        assertThat(has).isCompletedWithValue(true);
        CompletableFuture<Boolean> drained = member.drain(Duration.ofSeconds(2));
        assertThat(view.members().get(1).state().phase()).isEqualTo(MemberState.Phase.DRAINING);
        assertThat(drained).isNotDone();
        assign(0);
        assertThat(drained).isCompletedWithValue(true);
        member.close();
        assertThat(view.members()).hasSize(1);
        assertThat(time.pendingTasks()).isZero();
    }
}

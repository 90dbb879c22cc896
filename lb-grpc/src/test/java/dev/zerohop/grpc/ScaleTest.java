package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.FakeTime;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.ResolvedAddresses;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancer.SubchannelStateListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy under a helper that counts: fake subchannels, fake time. */
class ScaleTest {
    private final FakeTime time = new FakeTime();
    private final List<FakeSubchannel> subchannels = new ArrayList<>();
    private final List<ConnectivityState> published = new ArrayList<>();
    private final List<SubchannelPicker> pickers = new ArrayList<>();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final SynchronizationContext sync = new SynchronizationContext((thread, thrown) -> {
        throw new AssertionError(thrown);
    });
    private int refreshes;
    private final ZerohopLoadBalancer policy = new ZerohopLoadBalancer(new CountingHelper(), time);

    @AfterEach
    void stop() {
        timers.shutdownNow();
    }

    private void resolve(int from, int to) {
        List<EquivalentAddressGroup> groups = new ArrayList<>();
        for (int i = from; i < to; i++) {
            groups.add(new EquivalentAddressGroup(
                    new InetSocketAddress("10." + (i >> 16) + "." + ((i >> 8) & 255) + "." + (i & 255), 80)));
        }
        sync.execute(() -> policy.acceptResolvedAddresses(ResolvedAddresses.newBuilder()
                .setAddresses(groups)
                .setAttributes(Attributes.EMPTY)
                .setLoadBalancingPolicyConfig(new ZerohopLoadBalancerProvider()
                        .parseLoadBalancingPolicyConfig(
                                Json.map("{'policy': 'round_robin', 'health': {'massRemoval': {'maxPercent': 100}}}"))
                        .getConfig())
                .build()));
        time.advance(Duration.ofMillis(20));
    }

    private void all(ConnectivityState state) {
        for (FakeSubchannel subchannel : List.copyOf(subchannels)) {
            subchannel.become(
                    state == ConnectivityState.TRANSIENT_FAILURE
                            ? ConnectivityStateInfo.forTransientFailure(Status.UNAVAILABLE.withDescription("refused"))
                            : ConnectivityStateInfo.forNonError(state));
        }
        time.advance(Duration.ofMillis(20));
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 10_000})
    void thePickersPublishedDoNotGrowWithTheEndpoints(int endpoints) {
        resolve(0, endpoints);
        assertThat(subchannels).hasSize(endpoints).allMatch(subchannel -> subchannel.requests == 1);
        all(ConnectivityState.CONNECTING);
        int before = published.size();
        all(ConnectivityState.READY);
        assertThat(published.size() - before).isBetween(1, 3);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.READY);
        all(ConnectivityState.TRANSIENT_FAILURE);
        assertThat(published.size()).isLessThan(10);
        assertThat(refreshes).as("one hint for all failures of a version").isBetween(1, 4);
        assertThat(subchannels).hasSize(endpoints);
    }

    @Test
    void aFailedEndpointStaysFailedUntilItIsReady() {
        resolve(0, 2);
        all(ConnectivityState.TRANSIENT_FAILURE);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
        all(ConnectivityState.CONNECTING);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
        all(ConnectivityState.READY);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.READY);
    }

    @Test
    void aConnectionThatIsLostIsAskedForAgain() {
        resolve(0, 1);
        all(ConnectivityState.READY);
        all(ConnectivityState.IDLE);
        assertThat(subchannels.get(0).requests).isEqualTo(2);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.CONNECTING);
    }

    @Test
    void whoLeavesServesUntilSomebodyElseIsConnectedAndOnlyThen() {
        resolve(0, 2);
        all(ConnectivityState.READY);
        resolve(2, 4);
        assertThat(subchannels).hasSize(4);
        assertThat(subchannels.subList(0, 2)).noneMatch(subchannel -> subchannel.shutdown);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.READY);
        subchannels.get(2).become(ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        time.advance(Duration.ofMillis(20));
        assertThat(subchannels.subList(0, 2)).allMatch(subchannel -> subchannel.shutdown);
        // With one left that is connected, who leaves goes at once.
        resolve(2, 3);
        assertThat(subchannels.get(3).shutdown).isTrue();
        assertThat(subchannels.get(2).shutdown).isFalse();
        sync.execute(policy::shutdown);
        assertThat(subchannels).allMatch(subchannel -> subchannel.shutdown);
    }

    @Test
    void endpointsThatLeftServeForTenSecondsAndNoUpdateBeginsThemAnew() {
        resolve(0, 2);
        all(ConnectivityState.READY);
        resolve(2, 4);
        for (int second = 1; second < 10; second++) {
            time.advance(Duration.ofMillis(980));
            resolve(2, 4 + second);
            assertThat(subchannels.subList(0, 2)).noneMatch(subchannel -> subchannel.shutdown);
            assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.READY);
        }
        time.advance(Duration.ofSeconds(1));
        assertThat(subchannels.subList(0, 2)).allMatch(subchannel -> subchannel.shutdown);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.CONNECTING);
    }

    @Test
    void anEndpointThatLeftAndLosesItsConnectionServesNoLonger() {
        resolve(0, 2);
        all(ConnectivityState.READY);
        resolve(2, 4);
        subchannels.get(0).become(ConnectivityStateInfo.forNonError(ConnectivityState.IDLE));
        assertThat(subchannels.get(0).shutdown).isTrue();
        assertThat(subchannels.get(0).requests).isEqualTo(1);
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.READY);
        subchannels.get(1).become(ConnectivityStateInfo.forNonError(ConnectivityState.IDLE));
        assertThat(published.get(published.size() - 1)).isEqualTo(ConnectivityState.CONNECTING);
    }

    @Test
    void aPickerThatIsOutGoesOnPickingWhileItsSuccessorIsMade() {
        resolve(0, 4);
        all(ConnectivityState.READY);
        SubchannelPicker out = pickers.get(pickers.size() - 1);
        resolve(0, 3);
        assertThat(pickers.get(pickers.size() - 1)).isNotSameAs(out);
        for (int i = 0; i < 30; i++) {
            assertThat(out.pickSubchannel(new PlainCall()).getSubchannel()).isIn(subchannels.subList(0, 3));
        }
    }

    /** A call without a key, a deadline or headers. */
    private static final class PlainCall extends PickSubchannelArgs {
        @Override
        public CallOptions getCallOptions() {
            return CallOptions.DEFAULT;
        }

        @Override
        public Metadata getHeaders() {
            return new Metadata();
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            throw new UnsupportedOperationException();
        }
    }

    private final class CountingHelper extends Helper {
        @Override
        public Subchannel createSubchannel(CreateSubchannelArgs args) {
            FakeSubchannel made = new FakeSubchannel(args.getAddresses());
            subchannels.add(made);
            return made;
        }

        @Override
        public void updateBalancingState(ConnectivityState state, SubchannelPicker picker) {
            published.add(state);
            pickers.add(picker);
        }

        @Override
        public void refreshNameResolution() {
            refreshes++;
        }

        @Override
        public SynchronizationContext getSynchronizationContext() {
            return sync;
        }

        @Override
        public ScheduledExecutorService getScheduledExecutorService() {
            return timers;
        }

        @Override
        public String getAuthority() {
            return "orders";
        }

        @Override
        public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ChannelLogger getChannelLogger() {
            throw new UnsupportedOperationException();
        }
    }

    private final class FakeSubchannel extends Subchannel {
        private final List<EquivalentAddressGroup> addresses;
        private SubchannelStateListener listener = info -> {};
        private int requests;
        private boolean shutdown;

        FakeSubchannel(List<EquivalentAddressGroup> addresses) {
            this.addresses = addresses;
        }

        void become(ConnectivityStateInfo info) {
            sync.execute(() -> listener.onSubchannelState(info));
        }

        @Override
        public void start(SubchannelStateListener listener) {
            this.listener = listener;
        }

        @Override
        public void shutdown() {
            shutdown = true;
        }

        @Override
        public void requestConnection() {
            requests++;
        }

        @Override
        public List<EquivalentAddressGroup> getAllAddresses() {
            return addresses;
        }

        @Override
        public Attributes getAttributes() {
            return Attributes.EMPTY;
        }
    }
}

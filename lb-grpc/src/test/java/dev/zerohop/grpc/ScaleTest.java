package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.testing.FakeTime;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy under a helper that counts: fake subchannels, fake time. */
class ScaleTest {
    private static final ChannelLogger NO_LOG = new ChannelLogger() {
        @Override
        public void log(ChannelLogLevel level, String message) {}

        @Override
        public void log(ChannelLogLevel level, String format, Object... values) {}
    };

    private final FakeTime time = new FakeTime();
    private final List<FakeSubchannel> subchannels = new ArrayList<>();
    private final List<ConnectivityState> published = new ArrayList<>();
    private final List<SubchannelPicker> pickers = new ArrayList<>();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final SynchronizationContext sync = new SynchronizationContext((thread, thrown) -> {
        throw new AssertionError(thrown);
    });
    private String stages = "{}";
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
        resolve(groups);
    }

    private void resolve(List<EquivalentAddressGroup> groups) {
        sync.execute(() -> policy.acceptResolvedAddresses(ResolvedAddresses.newBuilder()
                .setAddresses(groups)
                .setAttributes(Attributes.EMPTY)
                .setLoadBalancingPolicyConfig(new ZerohopLoadBalancerProvider()
                        .parseLoadBalancingPolicyConfig(Json.map("{'policy': 'round_robin', 'stages': " + stages
                                + ", 'health': {'massRemoval': {'maxPercent': 100}}}"))
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

    private static EquivalentAddressGroup group(int... ports) {
        return new EquivalentAddressGroup(java.util.Arrays.stream(ports)
                .mapToObj(port -> (java.net.SocketAddress) new InetSocketAddress("10.0.0.1", port))
                .toList());
    }

    private static int port(FakeSubchannel subchannel) {
        return ((InetSocketAddress) subchannel.addresses.get(0).getAddresses().get(0)).getPort();
    }

    private static ConnectivityStateInfo failed(String why) {
        return ConnectivityStateInfo.forTransientFailure(Status.UNAVAILABLE.withDescription(why));
    }

    private void become(int subchannel, ConnectivityStateInfo info) {
        subchannels.get(subchannel).become(info);
        time.advance(Duration.ofMillis(20));
    }

    private ConnectivityState state() {
        return published.get(published.size() - 1);
    }

    @Test
    void theAddressesOfAnEndpointRaceWithAStagger() {
        resolve(List.of(group(1, 2, 3)));
        assertThat(subchannels).hasSize(1);
        become(0, ConnectivityStateInfo.forNonError(ConnectivityState.CONNECTING));
        time.advance(Duration.ofMillis(200));
        assertThat(subchannels).hasSize(1);
        time.advance(Duration.ofMillis(50));
        assertThat(subchannels).hasSize(2).allMatch(subchannel -> subchannel.requests == 1);
        // One that fails makes room at once.
        become(1, failed("refused"));
        assertThat(subchannels).hasSize(3);
        assertThat(state()).isEqualTo(ConnectivityState.CONNECTING);
        become(2, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        assertThat(state()).isEqualTo(ConnectivityState.READY);
        assertThat(subchannels).extracting(subchannel -> subchannel.shutdown).containsExactly(true, true, false);
        assertThat(pickers.get(pickers.size() - 1)
                        .pickSubchannel(new PlainCall())
                        .getSubchannel())
                .isSameAs(subchannels.get(2));
        // The address that served goes first when the connection is lost, then the others.
        become(2, ConnectivityStateInfo.forNonError(ConnectivityState.IDLE));
        assertThat(state()).isEqualTo(ConnectivityState.CONNECTING);
        assertThat(subchannels.get(2).requests).isEqualTo(2);
        become(2, failed("gone"));
        assertThat(subchannels).hasSize(4);
        assertThat(port(subchannels.get(3))).isEqualTo(1);
        time.advance(Duration.ofMillis(250));
        assertThat(subchannels).hasSize(5);
        become(3, failed("no route"));
        assertThat(state()).isEqualTo(ConnectivityState.CONNECTING);
        become(4, failed("no way"));
        assertThat(state()).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
        assertThat(pickers.get(pickers.size() - 1)
                        .pickSubchannel(new PlainCall())
                        .getStatus()
                        .getDescription())
                .contains("10.0.0.1:3: gone")
                .contains("10.0.0.1:1: no route")
                .contains("10.0.0.1:2: no way");
        sync.execute(policy::shutdown);
        assertThat(subchannels).allMatch(subchannel -> subchannel.shutdown);
    }

    @Test
    void anEndpointThatMovesKeepsItsConnectionUntilTheNewOneStands() {
        resolve(List.of(named(Endpoint.builder("10.0.0.1", 1).id("one").build(), 1)));
        become(0, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        resolve(List.of(named(Endpoint.builder("10.0.0.1", 2).id("one").build(), 2)));
        assertThat(subchannels).hasSize(2);
        assertThat(subchannels.get(0).shutdown).isFalse();
        assertThat(state()).isEqualTo(ConnectivityState.READY);
        become(1, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        assertThat(subchannels.get(0).shutdown).isTrue();
        assertThat(state()).isEqualTo(ConnectivityState.READY);
    }

    @Test
    void anAddressThatStaysKeepsItsConnectionAndOneThatGoesGivesItUp() {
        Endpoint one = Endpoint.builder("orders.test", 80).id("one").build();
        resolve(List.of(named(one, 1, 2)));
        become(0, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        resolve(List.of(named(one, 3, 1)));
        assertThat(subchannels).hasSize(1);
        assertThat(subchannels.get(0).shutdown).isFalse();
        resolve(List.of(named(one, 3)));
        assertThat(subchannels.get(0).shutdown).isTrue();
        assertThat(subchannels).hasSize(2);
        assertThat(port(subchannels.get(1))).isEqualTo(3);
        become(1, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        assertThat(state()).isEqualTo(ConnectivityState.READY);
        time.advance(Duration.ofSeconds(5));
        assertThat(subchannels).hasSize(2);
    }

    private static EquivalentAddressGroup named(Endpoint endpoint, int... ports) {
        return new EquivalentAddressGroup(
                group(ports).getAddresses(),
                Attributes.newBuilder().set(ZerohopGrpc.ENDPOINT, endpoint).build());
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

    private List<FakeSubchannel> open() {
        return subchannels.stream().filter(subchannel -> !subchannel.shutdown).toList();
    }

    private Set<Subchannel> picked() {
        Set<Subchannel> picked = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            picked.add(pickers.get(pickers.size() - 1)
                    .pickSubchannel(new PlainCall())
                    .getSubchannel());
        }
        return picked;
    }

    @Test
    void onlyTheSubsetIsConnectedTo() {
        stages = "{'subset': {'size': 5}}";
        resolve(0, 100);
        assertThat(open()).hasSize(5).allMatch(subchannel -> subchannel.requests == 1);
        all(ConnectivityState.READY);
        assertThat(state()).isEqualTo(ConnectivityState.READY);
        assertThat(picked()).isEqualTo(Set.copyOf(open()));
        for (int more = 101; more < 121; more++) {
            int made = subchannels.size();
            resolve(0, more);
            assertThat(open()).hasSize(5);
            assertThat(subchannels.size() - made).isLessThanOrEqualTo(1);
            all(ConnectivityState.READY);
        }
    }

    @Test
    void whileMostOfTheSubsetCannotBeConnectedToAnotherIs() {
        stages = "{'subset': {'size': 5}}";
        resolve(0, 100);
        all(ConnectivityState.READY);
        for (int i = 0; i < 3; i++) {
            become(i, failed("refused"));
        }
        assertThat(open()).hasSize(6);
        FakeSubchannel other = subchannels.get(5);
        assertThat(picked()).doesNotContain(other).hasSize(2);
        become(5, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        assertThat(picked()).contains(other).hasSize(3);
        become(0, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        assertThat(other.shutdown).isTrue();
        assertThat(picked()).doesNotContain(other).hasSize(3);
        // It is connected to anew before it is used again.
        become(0, failed("refused"));
        assertThat(open()).hasSize(6);
        assertThat(picked()).hasSize(2);
        become(6, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        assertThat(picked()).contains(subchannels.get(6)).hasSize(3);
    }

    @Test
    void whenNoneOfTheSubsetCanBeConnectedToCallsFail() {
        stages = "{'subset': {'size': 5, 'minUsablePercent': 0}}";
        resolve(0, 100);
        all(ConnectivityState.TRANSIENT_FAILURE);
        assertThat(state()).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
        Status status =
                pickers.get(pickers.size() - 1).pickSubchannel(new PlainCall()).getStatus();
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).contains("0 of 5 endpoints usable");
    }

    /** As when a channel goes idle: a call that comes just then waits for the policy that the channel makes for it. */
    @Test
    void aPickerThatOutlivesItsPolicyLetsCallsWait() {
        resolve(0, 2);
        all(ConnectivityState.READY);
        SubchannelPicker out = pickers.get(pickers.size() - 1);
        sync.execute(policy::shutdown);
        PickResult result = out.pickSubchannel(new PlainCall());
        assertThat(result.getStatus().isOk()).isTrue();
        assertThat(result.getSubchannel()).isNull();
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
            return NO_LOG;
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

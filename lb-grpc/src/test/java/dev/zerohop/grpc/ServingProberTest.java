package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelLogger;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of a health check over a connection whose calls a test answers. */
class ServingProberTest {
    private final List<Throwable> panics = new ArrayList<>();
    private final SynchronizationContext context = new SynchronizationContext((thread, thrown) -> panics.add(thrown));
    private final List<Prober.Result> results = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();
    private final Prober prober = new ServingProber("orders", new FakeHelper(), id -> connection());
    private boolean connected = true;

    @Nullable
    Error thrown;

    @Nullable
    CallOptions options;

    ClientCall.@Nullable Listener<Object> listener;

    private @Nullable Channel connection() {
        return connected ? new FakeChannel() : null;
    }

    private final class FakeHelper extends LoadBalancer.Helper {
        @Override
        public SynchronizationContext getSynchronizationContext() {
            return context;
        }

        @Override
        public ChannelLogger getChannelLogger() {
            throw new IllegalStateException("no logger");
        }

        @Override
        public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void updateBalancingState(ConnectivityState state, LoadBalancer.SubchannelPicker picker) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String getAuthority() {
            return "orders";
        }
    }

    private final class FakeChannel extends Channel {
        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions of) {
            options = of;
            seen.add("new call in " + (Context.current() == Context.ROOT ? "the root" : "a foreign context"));
            return new ClientCall<>() {
                @Override
                @SuppressWarnings("unchecked")
                public void start(Listener<A> answers, Metadata headers) {
                    if (thrown != null) {
                        throw thrown;
                    }
                    listener = (Listener<Object>) answers;
                }

                @Override
                public void request(int messages) {}

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {
                    seen.add("cancelled");
                    if (thrown != null) {
                        throw thrown;
                    }
                }

                @Override
                public void halfClose() {}

                @Override
                public void sendMessage(Q message) {}
            };
        }

        @Override
        public String authority() {
            return "orders";
        }
    }

    private Cancellable probe() {
        return prober.connect(Endpoint.of("10.0.0.1", 80)).probe(Runnable::run, results::add);
    }

    private String said() {
        assertThat(results).hasSize(1);
        Prober.Result result = results.get(0);
        return result.kind() + " " + result.reason();
    }

    private void close(Status status) {
        assertThat(listener).isNotNull();
        listener.onClose(status, new Metadata());
    }

    @Test
    void anErrorInACheckIsAFailureAndDoesNotEndTheChannel() {
        thrown = new OutOfMemoryError("on purpose");
        Cancellable check = probe();
        assertThat(said())
                .contains("FAILURE the health check could not be made")
                .contains("on purpose");
        check.cancel();
        assertThat(seen).contains("cancelled");
        assertThat(panics).isEmpty();
    }

    @Test
    void anAnswerThatIsNotTakenDoesNotEndTheChannel() {
        connected = false;
        Cancellable ignored = prober.connect(Endpoint.of("10.0.0.1", 80)).probe(Runnable::run, result -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        assertThat(panics).isEmpty();
    }

    @Test
    void withoutAConnectionItIsSkipped() {
        connected = false;
        Cancellable ignored = probe();
        assertThat(said()).isEqualTo("SKIPPED ");
        assertThat(seen).isEmpty();
    }

    @Test
    void aConnectionThatIsLostUnderItSaysNothing() {
        Cancellable ignored = probe();
        connected = false;
        close(Status.UNAVAILABLE.withDescription("connection reset"));
        assertThat(said()).isEqualTo("SKIPPED ");
    }

    @Test
    void aServerThatSaysUnavailableFails() {
        Cancellable ignored = probe();
        close(Status.UNAVAILABLE.withDescription("shutting down"));
        assertThat(said()).startsWith("FAILURE ").contains("shutting down");
    }

    /** The peer's limit of streams keeps it back. */
    @Test
    void itIsSentOnceItsHeadersHaveLeft() {
        Prober.Running check = (Prober.Running) probe();
        assertThat(check.sent()).isFalse();
        assertThat(options).isNotNull();
        assertThat(options.getStreamTracerFactories()).hasSize(1);
        ClientStreamTracer tracer = options.getStreamTracerFactories()
                .get(0)
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
        assertThat(check.sent()).isFalse();
        tracer.outboundHeaders();
        assertThat(check.sent()).isTrue();
    }

    @Test
    void checksOverSocketsGoByTheAuthorityAndSkipWhatHasNoAddress() {
        CheckTransport transport = new CheckTransport(new FakeHelper(), id -> connection(), Time.system());
        assertThat(transport.authority()).isEqualTo("orders");
        assertThat(transport.hasAddress(Endpoint.of("local", 1))).isTrue();
        assertThat(transport.hasAddress(
                        PlainEndpoints.of(new EquivalentAddressGroup(UnixDomainSocketAddress.of("/run/orders")))))
                .isFalse();
    }

    @Test
    void itIsCalledOff() {
        Cancellable check = probe();
        check.cancel();
        assertThat(seen).containsExactly("new call in the root", "cancelled");
    }

    @Test
    void itBelongsToNoCallOnWhoseThreadItBeginsByChance() {
        Context foreign = Context.current().withValue(Context.key("who"), "a call");
        foreign.run(() -> {
            Cancellable ignored = probe();
            assertThat(Context.current()).isSameAs(foreign);
        });
        assertThat(seen).containsExactly("new call in the root");
    }
}

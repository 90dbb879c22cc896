package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.FakeTime;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.AuthenticateResponse;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.grpc.Attributes;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tokens over a channel of the test's making, on the test's thread. */
class AuthTokensTest {
    private static final Status STALE = Status.UNAUTHENTICATED.withDescription("etcdserver: invalid auth token");

    private final FakeChannel channel = new FakeChannel();
    private Supplier<String> password = () -> "secret";
    private final AuthTokens tokens = new AuthTokens(new Login("reader", () -> password.get()), new FakeTime());

    @Test
    void aCallThatWasMadeWithAnEarlierTokenEndsAlthoughTheNextTokenFailed() {
        Call first = new Call();
        Call second = new Call();
        first.close(STALE);
        channel.refusal = Status.UNAVAILABLE.withDescription("etcd is away");
        assertThat(new Call().failure).isNotNull();
        second.close(STALE);
        assertThat(second.closed).isNotNull();
        channel.refusal = null;
        assertThat(new Call().failure).isNull();
    }

    @Test
    void anErrorOfThePasswordsSupplierFailsTheCallAndHoldsNoLaterOne() {
        password = () -> {
            throw new NoClassDefFoundError("secret store");
        };
        Status failure = new Call().failure;
        assertThat(failure).isNotNull();
        assertThat(failure.getDescription())
                .isEqualTo("user 'reader' has no usable password: NoClassDefFoundError was thrown by its supplier");
        password = () -> "secret";
        Call later = new Call();
        assertThat(later.failure).isNull();
        assertThat(later.applied).isTrue();
    }

    /** A call through the tokens that has asked for its token and not ended yet. */
    private final class Call {
        final FakeCall<RangeRequest, RangeResponse> wire;

        @Nullable
        Status failure;

        boolean applied;

        @Nullable
        Status closed;

        Call() {
            FakeChannel transport = new FakeChannel();
            ClientCall<RangeRequest, RangeResponse> call =
                    tokens.over(channel).interceptCall(KVGrpc.getRangeMethod(), CallOptions.DEFAULT, transport);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            closed = status;
                        }
                    },
                    new Metadata());
            @SuppressWarnings("unchecked")
            FakeCall<RangeRequest, RangeResponse> made = (FakeCall<RangeRequest, RangeResponse>) transport.calls.get(0);
            wire = made;
            CallCredentials credentials = made.options.getCredentials();
            assertThat(credentials).isNotNull();
            credentials.applyRequestMetadata(new Info(), Runnable::run, new CallCredentials.MetadataApplier() {
                @Override
                public void apply(Metadata headers) {
                    applied = true;
                }

                @Override
                public void fail(Status status) {
                    failure = status;
                }
            });
        }

        void close(Status status) {
            wire.listener().onClose(status, new Metadata());
        }
    }

    private static final class Info extends CallCredentials.RequestInfo {
        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            return KVGrpc.getRangeMethod();
        }

        @Override
        public SecurityLevel getSecurityLevel() {
            return SecurityLevel.NONE;
        }

        @Override
        public String getAuthority() {
            return "fake";
        }

        @Override
        public Attributes getTransportAttrs() {
            return Attributes.EMPTY;
        }
    }

    /** Gives tokens, unless it refuses. */
    private static final class FakeChannel extends Channel {
        final List<FakeCall<?, ?>> calls = new ArrayList<>();

        @Nullable
        Status refusal;

        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
            FakeCall<Q, A> call = new FakeCall<>(options, this);
            calls.add(call);
            return call;
        }

        @Override
        public String authority() {
            return "fake";
        }
    }

    private static final class FakeCall<Q, A> extends ClientCall<Q, A> {
        final CallOptions options;
        private final FakeChannel channel;

        @Nullable
        private Listener<A> listener;

        @Nullable
        private Q sent;

        FakeCall(CallOptions options, FakeChannel channel) {
            this.options = options;
            this.channel = channel;
        }

        Listener<A> listener() {
            Listener<A> started = listener;
            assertThat(started).isNotNull();
            return started;
        }

        @Override
        public void start(Listener<A> to, Metadata headers) {
            listener = to;
        }

        @Override
        public void sendMessage(Q message) {
            sent = message;
        }

        @Override
        @SuppressWarnings("unchecked")
        public void halfClose() {
            assertThat(sent).isInstanceOf(AuthenticateRequest.class);
            Status refusal = channel.refusal;
            if (refusal == null) {
                listener().onMessage((A)
                        AuthenticateResponse.newBuilder().setToken("token").build());
            }
            listener().onClose(refusal == null ? Status.OK : refusal, new Metadata());
        }

        @Override
        public void request(int messages) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}
    }
}

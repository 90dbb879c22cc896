package dev.zerohop.grpc;

import dev.zerohop.Printable;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A call that the policy of a channel answers with what it knows. A call is the one thing that goes through whatever the application wraps a channel in, and ends at the
 * policy of this very channel. No server sees it: where the policy is another one, it fails with its credentials, before its stream is made.
 */
final class ExplainCall {
    /** Marks the call; the policy fills it in. */
    static final CallOptions.Key<ExplainCall> KEY = CallOptions.Key.create("zerohop-explain");

    private static final String EXPLAINED = "explained";

    static final Status ANSWERED = Status.CANCELLED.withDescription(EXPLAINED);

    private static final String OTHER_POLICY = "no zerohop policy";
    private static final long PATIENCE_MILLIS = 1000;

    private static final MethodDescriptor<Void, Void> METHOD = MethodDescriptor.<Void, Void>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("zerohop.Channel/Explain")
            .setRequestMarshaller(new Nothing())
            .setResponseMarshaller(new Nothing())
            .build();

    private final CompletableFuture<String> text = new CompletableFuture<>();

    private ExplainCall() {}

    static String explain(Channel channel, CallOptions options) {
        String state = stateOf(channel);
        if (state.equals(ConnectivityState.IDLE.name())) {
            return channel.authority() + ": IDLE; it learns of its endpoints with its next call\n";
        }
        ExplainCall asked = new ExplainCall();
        ClientCall<Void, Void> call = channel.newCall(
                METHOD,
                options.withOption(KEY, asked)
                        .withoutWaitForReady()
                        .withExecutor(Runnable::run)
                        .withCallCredentials(new Refused()));
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        if (EXPLAINED.equals(status.getDescription())) {
                            // The answer is made where the channel's state is, and may come after the call's end.
                            return;
                        }
                        asked.text.complete(channel.authority() + ": " + state + "; "
                                + (OTHER_POLICY.equals(status.getDescription())
                                        ? "its policy is not zerohop"
                                        : Printable.text("its calls end with " + status.getCode() + ": "
                                                + status.getDescription()))
                                + "\n");
                    }
                },
                new Metadata());
        try {
            return asked.text.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException none) {
            return channel.authority() + ": " + state + "; no answer from its policy within " + PATIENCE_MILLIS
                    + " ms: its name resolver has not answered yet, or an interceptor holds calls back\n";
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return channel.authority() + ": " + state + "; interrupted before the answer of its policy\n";
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        } finally {
            call.cancel(EXPLAINED, null);
        }
    }

    /** By the policy. */
    void answer(String explanation) {
        text.complete(explanation);
    }

    private static String stateOf(Channel channel) {
        try {
            return channel instanceof ManagedChannel managed
                    ? managed.getState(false).name()
                    : "state not known";
        } catch (UnsupportedOperationException unknown) {
            return "state not known";
        }
    }

    private static final class Refused extends CallCredentials {
        @Override
        public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
            applier.fail(Status.CANCELLED.withDescription(OTHER_POLICY));
        }
    }

    private static final class Nothing implements MethodDescriptor.Marshaller<Void> {
        @Override
        public InputStream stream(Void value) {
            return new ByteArrayInputStream(new byte[0]);
        }

        @Override
        @SuppressWarnings("NullAway")
        public Void parse(InputStream stream) {
            return null;
        }
    }
}

package dev.zerohop.grpc;

import dev.zerohop.Prober;
import dev.zerohop.Prober.Result;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelLogger.ChannelLogLevel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.LoadBalancer.Helper;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of our own to one endpoint, over the connection that calls use: no second one is made, and it is secured as theirs is. An endpoint that is not connected is not asked, for its connectivity says what
 * there is to say. What is answered is handled on the connection's thread: the application's threads may all be busy with calls.
 *
 * <p>Its fields belong to the synchronization context, unless they are volatile; callbacks of the call to the call.
 */
abstract class ConnectionProbe<Q, A> extends ClientCall.Listener<A> implements Prober.Running {
    private final String what;
    private final String endpointId;
    private final Helper helper;
    private final Function<String, @Nullable Channel> connections;
    private final Consumer<Result> answer;
    private @Nullable ClientCall<Q, A> call;
    private boolean cancelled;
    private volatile boolean sent;
    private volatile boolean settled;
    private final AtomicBoolean ended = new AtomicBoolean();

    /**
     * @param what for messages
     * @param connections has the connection of an endpoint, by id, while it has one; in the synchronization context
     */
    ConnectionProbe(
            String what,
            String endpointId,
            Helper helper,
            Function<String, @Nullable Channel> connections,
            Consumer<Result> answer) {
        this.what = what;
        this.endpointId = endpointId;
        this.helper = helper;
        this.connections = connections;
        this.answer = answer;
    }

    abstract ClientCall<Q, A> open(Channel connection, CallOptions options);

    abstract Q request();

    Metadata headers() {
        return new Metadata();
    }

    /** The call has ended with this status, and not for want of a connection. Null if the result is known already. */
    abstract @Nullable Result result(Status status);

    /** The call has ended, or, where there is no status, none was made. Called once. */
    void over(@Nullable Status status) {}

    /** The result is known and the call ends by itself: to cancel it would only reset its stream. */
    final void settled() {
        settled = true;
    }

    String endpointId() {
        return endpointId;
    }

    void start() {
        // Subchannels belong to the synchronization context. Where nothing is under way in it, it runs this here.
        helper.getSynchronizationContext().execute(this::begin);
    }

    // What comes out of the synchronization context ends the channel, so nothing does, Errors included.

    private void begin() {
        try {
            ask();
        } catch (Throwable thrown) {
            if (ended.compareAndSet(false, true)) {
                over(null);
                answer(Result.failure("the " + what + " could not be made: " + thrown));
            }
        }
    }

    final void answer(@Nullable Result result) {
        if (result == null) {
            return;
        }
        try {
            answer.accept(result);
        } catch (Throwable refused) {
            log("zerohop: the {0} of endpoint {1} is lost: {2}", what, endpointId, refused);
        }
    }

    final void log(String message, Object... of) {
        try {
            helper.getChannelLogger().log(ChannelLogLevel.WARNING, message, of);
        } catch (Throwable unloggable) {
            // The channel goes on.
        }
    }

    private void ask() {
        Channel connection = cancelled ? null : connections.apply(endpointId);
        if (connection == null) {
            ended.set(true);
            over(null);
            answer(Result.SKIPPED);
            return;
        }
        // Whose thread this is by chance, and what ends with its call, is nothing to the probe.
        Context before = Context.ROOT.attach();
        try {
            ClientCall<Q, A> begun = open(
                    connection,
                    CallOptions.DEFAULT.withExecutor(Runnable::run).withStreamTracerFactory(new SentTracer()));
            call = begun;
            begun.start(this, headers());
            begun.sendMessage(request());
            begun.halfClose();
            // The message, and the end that may stand behind it.
            begun.request(2);
        } finally {
            Context.ROOT.detach(before);
        }
    }

    /** Notes that the probe has left: while a connection has as many streams as the server allows, gRPC keeps the next ones back. */
    private final class SentTracer extends ClientStreamTracer.Factory {
        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                @Override
                public void outboundHeaders() {
                    sent = true;
                }
            };
        }
    }

    @Override
    public final boolean sent() {
        return sent;
    }

    @Override
    public final void cancel() {
        if (settled) {
            return;
        }
        helper.getSynchronizationContext().execute(() -> {
            cancelled = true;
            try {
                if (call != null && !settled) {
                    call.cancel("the " + what + " is called off", null);
                }
            } catch (Throwable thrown) {
                log("zerohop: the {0} of endpoint {1} could not be called off: {2}", what, endpointId, thrown);
            }
        });
    }

    @Override
    public final void onClose(Status status, Metadata trailers) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        over(status);
        if (status.getCode() != Status.Code.UNAVAILABLE) {
            answer(result(status));
            return;
        }
        helper.getSynchronizationContext().execute(() -> answer(unavailable(status)));
    }

    /** The server says so, or the connection was lost, which is said already. */
    private @Nullable Result unavailable(Status status) {
        Result result = result(status);
        try {
            return result != null && connections.apply(endpointId) == null ? Result.SKIPPED : result;
        } catch (Throwable thrown) {
            return result == null ? null : Result.SKIPPED;
        }
    }
}

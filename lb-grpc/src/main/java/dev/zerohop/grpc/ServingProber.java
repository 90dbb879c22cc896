package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.Prober;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelLogger.ChannelLogLevel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.LoadBalancer.Helper;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The standard health check of gRPC, {@code grpc.health.v1.Health/Check}, over the connection that calls use: no second one is made, and it is secured as theirs is. An
 * endpoint that is not connected is not asked, for its connectivity says what there is to say; nor does a connection say more that is lost, or that has as many calls as the
 * server takes, so that the check waits behind them. A server without a health service counts as well, as in gRFC A17: else a configuration that is older than its servers
 * would take all of them out.
 */
final class ServingProber implements Prober {
    private final String service;
    private final Helper helper;
    private final Function<String, @Nullable Channel> connections;
    private volatile boolean unimplementedLogged;

    /** {@code connections} has the connection of an endpoint, by id, while it has one; in the synchronization context. */
    ServingProber(String service, Helper helper, Function<String, @Nullable Channel> connections) {
        this.service = service;
        this.helper = helper;
        this.connections = connections;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        return (blocking, answer) -> {
            Check check = new Check(endpoint.id(), answer);
            // Subchannels belong to the synchronization context. Where nothing is under way in it, it runs this here.
            helper.getSynchronizationContext().execute(check::begin);
            return check;
        };
    }

    /** One check. Its fields belong to the synchronization context, unless they are volatile. */
    private final class Check extends ClientCall.Listener<Integer> implements Prober.Running {
        private final String endpointId;
        private final Consumer<Result> answer;
        private @Nullable ClientCall<String, Integer> call;
        private boolean cancelled;
        private volatile boolean sent;

        // The call's own.
        private int serving;

        Check(String endpointId, Consumer<Result> answer) {
            this.endpointId = endpointId;
            this.answer = answer;
        }

        // What comes out of the synchronization context ends the channel, so nothing does, Errors included.

        void begin() {
            try {
                ask();
            } catch (Throwable thrown) {
                answer(Result.failure("the health check could not be made: " + thrown));
            }
        }

        private void answer(Result result) {
            try {
                answer.accept(result);
            } catch (Throwable refused) {
                log("zerohop: the health check of endpoint {0} is lost: {1}", endpointId, refused);
            }
        }

        private void log(String message, Object... of) {
            try {
                helper.getChannelLogger().log(ChannelLogLevel.WARNING, message, of);
            } catch (Throwable unloggable) {
                // The channel goes on.
            }
        }

        private void ask() {
            Channel connection = cancelled ? null : connections.apply(endpointId);
            if (connection == null) {
                answer(Result.SKIPPED);
                return;
            }
            // Whose thread this is by chance, and what ends with its call, is nothing to the check.
            Context before = Context.ROOT.attach();
            try {
                ClientCall<String, Integer> begun = connection.newCall(
                        HealthCheckMethod.CHECK, CallOptions.DEFAULT.withStreamTracerFactory(new SentTracer()));
                call = begun;
                begun.start(this, new Metadata());
                begun.sendMessage(service);
                begun.halfClose();
                begun.request(1);
            } finally {
                Context.ROOT.detach(before);
            }
        }

        /** Notes that the check has left: while a connection has as many streams as the server allows, gRPC keeps the next ones back. */
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
        public boolean sent() {
            return sent;
        }

        @Override
        public void cancel() {
            helper.getSynchronizationContext().execute(() -> {
                cancelled = true;
                try {
                    if (call != null) {
                        call.cancel("the health check is called off", null);
                    }
                } catch (Throwable thrown) {
                    log("zerohop: the health check of endpoint {0} could not be called off: {1}", endpointId, thrown);
                }
            });
        }

        @Override
        public void onMessage(Integer status) {
            serving = status;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (status.getCode() != Status.Code.UNAVAILABLE) {
                answer(result(status));
                return;
            }
            helper.getSynchronizationContext().execute(() -> answer(unavailable(status)));
        }

        /** The server says so, or the connection was lost, which is said already. */
        private Result unavailable(Status status) {
            try {
                return connections.apply(endpointId) == null ? Result.SKIPPED : result(status);
            } catch (Throwable thrown) {
                return Result.SKIPPED;
            }
        }

        private Result result(Status status) {
            if (status.isOk()) {
                return serving == HealthCheckMethod.SERVING
                        ? Result.OK
                        : Result.failure("the health check of '" + service + "' answered "
                                + HealthCheckMethod.word(serving) + ", expected SERVING");
            }
            if (status.getCode() == Status.Code.UNIMPLEMENTED) {
                if (!unimplementedLogged) {
                    unimplementedLogged = true;
                    log(
                            "zerohop: endpoint {0} has no health service; it counts as well, as do others without one",
                            endpointId);
                }
                return Result.OK;
            }
            return Result.failure("the health check of '" + service + "' answered " + Causes.describe(status));
        }
    }

    @Override
    public String toString() {
        return "grpc.health.v1.Health/Check '" + service + "'";
    }
}

package dev.zerohop.grpc;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Prober;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelLogger.ChannelLogLevel;
import io.grpc.ClientCall;
import io.grpc.LoadBalancer.Helper;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The standard health check of gRPC, {@code grpc.health.v1.Health/Check}, over the connection that calls use: no second one is made, and it is secured as theirs is. An
 * endpoint that is not connected is not asked, for its connectivity says what there is to say. A server without a health service counts as well, as in gRFC A17: else a
 * configuration that is older than its servers would take all of them out.
 */
final class ServingProber implements Prober {
    private final String service;
    private final Helper helper;
    private final Subchannels subchannels;
    private volatile boolean unimplementedLogged;

    ServingProber(String service, Helper helper, Subchannels subchannels) {
        this.service = service;
        this.helper = helper;
        this.subchannels = subchannels;
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

    /** One check. Its fields belong to the synchronization context. */
    private final class Check extends ClientCall.Listener<Integer> implements Cancellable {
        private final String endpointId;
        private final Consumer<Result> answer;
        private @Nullable ClientCall<String, Integer> call;
        private boolean cancelled;

        // The call's own.
        private int serving;

        Check(String endpointId, Consumer<Result> answer) {
            this.endpointId = endpointId;
            this.answer = answer;
        }

        void begin() {
            try {
                ask();
            } catch (RuntimeException thrown) {
                // What comes out of the synchronization context ends the channel.
                answer.accept(Result.failure("the health check could not be made: " + thrown));
            }
        }

        private void ask() {
            Channel connection = cancelled ? null : subchannels.connection(endpointId);
            if (connection == null) {
                answer.accept(Result.SKIPPED);
                return;
            }
            ClientCall<String, Integer> begun = connection.newCall(HealthCheckMethod.CHECK, CallOptions.DEFAULT);
            call = begun;
            begun.start(this, new Metadata());
            begun.sendMessage(service);
            begun.halfClose();
            begun.request(1);
        }

        @Override
        public void cancel() {
            helper.getSynchronizationContext().execute(() -> {
                cancelled = true;
                if (call != null) {
                    call.cancel("the health check is called off", null);
                }
            });
        }

        @Override
        public void onMessage(Integer status) {
            serving = status;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            answer.accept(result(status));
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
                    helper.getChannelLogger()
                            .log(
                                    ChannelLogLevel.WARNING,
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

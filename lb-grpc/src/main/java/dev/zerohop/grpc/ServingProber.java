package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.Prober;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.LoadBalancer.Helper;
import io.grpc.Status;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The standard health check of gRPC, {@code grpc.health.v1.Health/Check}, over the connection that calls use. A connection says no more that is lost, or that has as many calls as the
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
            check.start();
            return check;
        };
    }

    private final class Check extends ConnectionProbe<String, Integer> {
        private int serving;

        Check(String endpointId, Consumer<Result> answer) {
            super("health check", endpointId, helper, connections, answer);
        }

        @Override
        ClientCall<String, Integer> open(Channel connection, CallOptions options) {
            return connection.newCall(HealthCheckMethod.CHECK, options);
        }

        @Override
        String request() {
            return service;
        }

        @Override
        public void onMessage(Integer status) {
            serving = status;
        }

        @Override
        Result result(Status status) {
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
                            endpointId());
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

package dev.zerohop.grpc;

import dev.zerohop.Printable;
import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Honours {@code healthCheckConfig} of the service config with the helper of grpc-services, which reports a server that is not serving as a failed connection. The
 * helper wraps each pick, so channels without health checks do without it. Where grpc-services is missing, the configuration is rejected.
 */
final class HealthChecks extends LoadBalancer {
    private static final @Nullable MethodHandle CHECKING = find();

    private final Helper helper;
    private final Factory factory;
    private @Nullable LoadBalancer delegate;
    private boolean checking;

    HealthChecks(Helper helper, Factory factory) {
        this.helper = helper;
        this.factory = factory;
    }

    @Override
    public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
        Map<String, ?> config = resolved.getAttributes().get(LoadBalancer.ATTR_HEALTH_CHECKING_CONFIG);
        Object service = config == null ? null : config.get("serviceName");
        if (service != null && CHECKING == null) {
            Status rejected = Status.UNAVAILABLE.withDescription(
                    "healthCheckConfig.serviceName was '" + Printable.text(String.valueOf(service))
                            + "', but grpc-services, which makes health checks, is not on the class path: add io.grpc:grpc-services"
                            + " or remove healthCheckConfig");
            stop();
            helper.updateBalancingState(
                    ConnectivityState.TRANSIENT_FAILURE, new FixedResultPicker(PickResult.withError(rejected)));
            return rejected;
        }
        return delegate(service != null).acceptResolvedAddresses(resolved);
    }

    private LoadBalancer delegate(boolean wanted) {
        LoadBalancer now = delegate;
        if (now != null && checking == wanted) {
            return now;
        }
        if (now != null) {
            helper.updateBalancingState(ConnectivityState.CONNECTING, new FixedResultPicker(PickResult.withNoResult()));
            now.shutdown();
        }
        checking = wanted;
        MethodHandle checks = CHECKING;
        LoadBalancer next = wanted && checks != null ? make(checks) : factory.newLoadBalancer(helper);
        delegate = next;
        return next;
    }

    private LoadBalancer make(MethodHandle checks) {
        try {
            return (LoadBalancer) checks.invokeExact(factory, helper);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void handleNameResolutionError(Status error) {
        LoadBalancer now = delegate;
        (now == null ? delegate(false) : now).handleNameResolutionError(error);
    }

    @Override
    public void requestConnection() {
        LoadBalancer now = delegate;
        if (now != null) {
            now.requestConnection();
        }
    }

    @Override
    public void shutdown() {
        stop();
    }

    private void stop() {
        LoadBalancer now = delegate;
        delegate = null;
        if (now != null) {
            now.shutdown();
        }
    }

    private static @Nullable MethodHandle find() {
        try {
            return MethodHandles.publicLookup()
                    .findStatic(
                            Class.forName("io.grpc.protobuf.services.HealthCheckingLoadBalancerUtil"),
                            "newHealthCheckingLoadBalancer",
                            MethodType.methodType(LoadBalancer.class, Factory.class, Helper.class));
        } catch (ReflectiveOperationException | LinkageError missing) {
            return null;
        }
    }
}

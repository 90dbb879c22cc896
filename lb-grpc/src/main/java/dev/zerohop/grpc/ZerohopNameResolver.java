package dev.zerohop.grpc;

import dev.zerohop.BalancerListener;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Hands what a zerohop resolver says to a channel, in the channel's synchronization context. It gives no service config of its own: one from a resolver
 * would replace the application's default entirely, its {@code methodConfig} included. What the source configures travels in the attributes instead.
 */
final class ZerohopNameResolver extends NameResolver {
    /** Carries {@link ZerohopGrpc#LISTENER} and {@link ZerohopGrpc#LISTENER_FACTORY} on to the policy. */
    static final Attributes.Key<List<BalancerListener.Factory>> LISTENERS =
            Attributes.Key.create("dev.zerohop.grpc.LISTENERS");

    /** Carries all that the source says on to the policy. */
    static final Attributes.Key<SourceSideChannel> SIDE_CHANNEL = Attributes.Key.create("dev.zerohop.grpc.NEWS");

    /**
     * Stands in place of a set while the source has given none and cannot be read: the name of the source. The policy is made all the same, since it alone
     * knows which calls wait for an answer.
     */
    static final Attributes.Key<String> UNANSWERED = Attributes.Key.create("dev.zerohop.grpc.UNANSWERED");

    /** Marks a member whose host name is being looked up for the first time: its address is none yet. */
    @EquivalentAddressGroup.Attr
    static final Attributes.Key<Boolean> LOOKED_UP_STILL = Attributes.Key.create("dev.zerohop.grpc.LOOKED_UP_STILL");

    private final Target target;
    private final String authority;
    private final SynchronizationContext sync;
    private final Resolver resolver;
    private final HostNames hostNames;
    private final List<BalancerListener.Factory> observers;
    private final SourceSideChannel sideChannel = new SourceSideChannel();

    // In the synchronization context only.
    private boolean shutdown;
    private @Nullable Listener2 listener;
    private Resolution resolution = Resolution.NONE;
    private @Nullable Status error;
    private boolean delivered;
    private boolean deliveryDue;

    ZerohopNameResolver(Target target, String authority, Args args, Resolver resolver) {
        this(target, authority, args, resolver, InetAddress::getAllByName);
    }

    ZerohopNameResolver(Target target, String authority, Args args, Resolver resolver, HostNames.LookUp lookUp) {
        this.target = target;
        this.authority = authority;
        this.sync = args.getSynchronizationContext();
        this.resolver = resolver;
        this.observers = observers(args);
        Executor offload = args.getOffloadExecutor();
        this.hostNames =
                new HostNames(lookUp, offload == null ? Env.system().blocking() : offload, sync, this::deliverSoon);
    }

    @Override
    public String getServiceAuthority() {
        return authority;
    }

    @Override
    public void start(Listener2 listener) {
        this.listener = listener;
        resolver.start(now -> sync.execute(() -> take(now)));
    }

    @Override
    public void refresh() {
        resolver.refresh();
        hostNames.refresh();
    }

    @Override
    public void shutdown() {
        shutdown = true;
        hostNames.follow(Set.of());
        resolver.close();
    }

    private static List<BalancerListener.Factory> observers(Args args) {
        List<BalancerListener.Factory> observers = new ArrayList<>();
        BalancerListener listener = args.getArg(ZerohopGrpc.LISTENER);
        if (listener != null) {
            observers.add(balancer -> listener);
        }
        BalancerListener.Factory factory = args.getArg(ZerohopGrpc.LISTENER_FACTORY);
        if (factory != null) {
            observers.add(factory);
        }
        return List.copyOf(observers);
    }

    private void take(Resolution given) {
        if (shutdown) {
            return;
        }
        Resolution before = resolution;
        Resolution now = given.following(before);
        resolution = now;
        if (now.error() == null) {
            error = null;
        }
        EndpointSet set = now.endpoints();
        boolean addresses = now.hasNewEndpoints(before);
        if (addresses && set != null) {
            hostNames.follow(namesIn(set));
        }
        if (addresses || (delivered && now.configuration() != before.configuration())) {
            sideChannel.keep(now);
            deliver();
        } else {
            sideChannel.publish(now);
        }
        Throwable cause = now.error();
        if (cause != null && cause != before.error()) {
            takeError(cause);
        }
    }

    /** Names that are found at once are delivered at once, in one go. */
    private void deliverSoon() {
        if (!deliveryDue) {
            deliveryDue = true;
            sync.execute(() -> {
                deliveryDue = false;
                deliver();
            });
        }
    }

    private void takeError(Throwable cause) {
        Listener2 to = listener;
        if (shutdown || to == null || error != null) {
            // Once per outage is enough: gRPC logs each one as a warning, and the last good set stays in force anyway.
            return;
        }
        Status status = Status.UNAVAILABLE
                .withDescription(Printable.text(target + " cannot be read: " + describe(cause)))
                .withCause(cause);
        error = status;
        if (delivered) {
            deliverError(to, status);
        } else {
            deliver();
        }
    }

    private static void deliverError(Listener2 to, Status status) {
        to.onResult2(ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromStatus(status))
                .build());
    }

    private void deliver() {
        EndpointSet set = resolution.endpoints();
        Listener2 to = listener;
        Status failure = error;
        if (to == null || shutdown || (set == null && failure == null)) {
            return;
        }
        delivered = true;
        List<EquivalentAddressGroup> groups = new ArrayList<>();
        Attributes.Builder facts = Attributes.newBuilder().set(SIDE_CHANNEL, sideChannel);
        if (set == null) {
            facts.set(UNANSWERED, target.toString());
        } else {
            facts.set(ZerohopGrpc.ENDPOINT_SET, set);
            for (Endpoint endpoint : set.endpoints()) {
                groups.add(group(endpoint));
            }
        }
        if (!observers.isEmpty()) {
            facts.set(LISTENERS, observers);
        }
        to.onResult2(ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromValue(groups))
                .setAttributes(facts.build())
                .build());
        if (set == null && failure != null) {
            // gRPC makes the policy of a result only. Policies of others take the empty one for an error of its own:
            // this one is to be the last.
            deliverError(to, failure);
        }
    }

    private EquivalentAddressGroup group(Endpoint endpoint) {
        Attributes.Builder facts = Attributes.newBuilder().set(ZerohopGrpc.ENDPOINT, endpoint);
        List<SocketAddress> addresses = new ArrayList<>();
        if (HostNames.isLiteral(endpoint.host())) {
            addresses.add(new InetSocketAddress(endpoint.host(), endpoint.port()));
        } else {
            List<InetAddress> found = hostNames.addresses(endpoint.host());
            if (found == null) {
                facts.set(LOOKED_UP_STILL, true);
                found = List.of();
            }
            for (InetAddress address : found) {
                addresses.add(new InetSocketAddress(address, endpoint.port()));
            }
            if (addresses.isEmpty()) {
                // A member all the same: its connection fails with "unresolved address", which asks for a refresh.
                addresses.add(InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port()));
            }
        }
        return new EquivalentAddressGroup(addresses, facts.build());
    }

    private static Set<String> namesIn(EndpointSet set) {
        Set<String> names = new LinkedHashSet<>();
        for (Endpoint endpoint : set.endpoints()) {
            if (!HostNames.isLiteral(endpoint.host())) {
                names.add(endpoint.host());
            }
        }
        return names;
    }

    private static String describe(Throwable cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }

    @Override
    public String toString() {
        return "zerohop " + target;
    }
}

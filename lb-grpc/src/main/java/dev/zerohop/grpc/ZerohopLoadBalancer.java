package dev.zerohop.grpc;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.PickContext;
import dev.zerohop.Resolution;
import dev.zerohop.Snapshot;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.Time;
import dev.zerohop.grpc.ZerohopLoadBalancerProvider.ChannelSettings;
import io.grpc.Attributes;
import io.grpc.ChannelLogger.ChannelLogLevel;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Drives a {@link Balancer} in a channel's synchronization context. Addresses go in as a resolver, connectivity as a health source; whenever the balancer has made a
 * new version, this class (in one place, {@link #publish}) hands the channel a picker.
 */
final class ZerohopLoadBalancer extends LoadBalancer {
    private final Helper helper;
    private final SynchronizationContext sync;
    private final Time time;
    private final RecentFailures failures = new RecentFailures();
    private final FaultLog faults = new FaultLog();
    private final Attempts attempts;
    private final Subchannels subchannels;
    private final PushedResolver source = new PushedResolver();
    private Map<String, EquivalentAddressGroup> addresses = Map.of();
    private volatile @Nullable Balancer balancer;
    private ChannelSettings channelSettings = ChannelSettings.NOT_CONFIGURED;
    private @Nullable String rejectedReason;
    private @Nullable Status sourceError;
    private ConnectivityState published = ConnectivityState.CONNECTING;
    private boolean membershipChanged;
    private boolean addressesChanged;
    private boolean refreshWanted;
    private boolean shutdown;
    private final LingerTimer lingerTimer;

    ZerohopLoadBalancer(Helper helper, Time time) {
        this.helper = helper;
        this.sync = helper.getSynchronizationContext();
        this.time = time;
        Runnable republish = () -> sync.execute(this::publish);
        CallEvents events = new CallEvents(this::running, time);
        this.attempts = new Attempts(this::running, failures, faults, events, republish);
        this.lingerTimer = new LingerTimer(time, sync, this::endLingering);
        this.subchannels = new Subchannels(helper, time, attempts, this::wantRefresh, republish);
    }

    @Override
    public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
        Object config = resolved.getLoadBalancingPolicyConfig();
        ChannelSettings before = channelSettings;
        channelSettings = config instanceof ChannelSettings given ? given : ChannelSettings.NOT_CONFIGURED;
        String unanswered = resolved.getAttributes().get(ZerohopNameResolver.UNANSWERED);
        EndpointSet set = unanswered == null ? endpointsOf(resolved) : null;
        if (balancer == null) {
            Balancer first = newBalancer(
                    set == null ? unanswered : set.source(),
                    resolved.getAttributes().get(ZerohopNameResolver.LISTENERS));
            balancer = first;
            first.start();
        } else if (!channelSettings.equals(before)) {
            configure(running());
        }
        SourceSideChannel sideChannel = resolved.getAttributes().get(ZerohopNameResolver.SIDE_CHANNEL);
        Resolution resolution = sideChannel == null ? foreign(resolved.getAttributes()) : sideChannel.last();
        // What the application configures wins, then what the source does, else the defaults.
        SourceConfiguration configuration =
                channelSettings.configured() ? SourceConfiguration.NONE : resolution.configuration();
        if (!configuration.equals(source.current().configuration())) {
            rejectedReason = null;
        }
        Resolution next =
                source.current().with(configuration).with(resolution.verdicts()).rejecting(resolution.rejected());
        if (set != null) {
            sourceError = null;
            next = next.answered(set);
        }
        source.publish(next);
        if (addressesChanged) {
            addressesChanged = false;
            // After the balancer: an endpoint that moved keeps its connection until the new one stands.
            sync.execute(() -> {
                membershipChanged = true;
                publish();
            });
        }
        if (sideChannel != null) {
            sideChannel.follow(this::take);
        }
        if (set != null
                && set.endpoints().isEmpty()
                && resolved.getAttributes().get(ZerohopGrpc.ENDPOINT_SET) == null) {
            // Other resolvers take this as a reason to ask again, with their own backoff.
            return Status.UNAVAILABLE.withDescription("the name resolver returned no address");
        }
        return Status.OK;
    }

    private void configure(Balancer running) {
        if (channelSettings.configured()) {
            running.apply(channelSettings.settings());
        } else {
            running.applyDefaults();
        }
    }

    /** What another name resolver says besides addresses: it states a configuration as an attribute of its own. */
    private Resolution foreign(Attributes facts) {
        String json = facts.get(ZerohopGrpc.SOURCE_CONFIGURATION);
        return json == null
                ? Resolution.NONE
                : Resolution.NONE.with(source.current().configuration().configured(json));
    }

    /** What the source says where its addresses stay. */
    private void take(Resolution now) {
        EndpointSet set = now.endpoints();
        Resolution next = source.current().with(now.verdicts()).rejecting(now.rejected());
        source.publish(set == null || set.stale() ? next : next.mapEndpoints(known -> known.confirmed(set.asOf())));
    }

    private Balancer newBalancer(String name, @Nullable List<BalancerListener.Factory> observers) {
        source.name(name);
        BalancerListener own = new BalancerListener() {
            @Override
            public boolean observesAttempts() {
                return false;
            }

            @Override
            public void onMembership(String service, int members, int added, int removed, int held) {
                membershipChanged = true;
                if (added + removed + held > 0) {
                    channelLog(
                            ChannelLogLevel.INFO,
                            "{0} endpoints: {1} added, {2} removed, {3} held",
                            members,
                            added,
                            removed,
                            held);
                }
            }

            @Override
            public void onFresh(String service) {
                channelLog(ChannelLogLevel.INFO, "the source answers again");
            }

            @Override
            public void onConfigurationRejected(String service, String reason) {
                rejectedReason = reason;
                channelLog(ChannelLogLevel.WARNING, "a configuration is rejected: {0}", reason);
            }

            @Override
            public void onUnconfigured(String service, String reason) {
                rejectedReason = reason;
            }

            @Override
            public void onSourceValueRejected(String service, String reason) {
                channelLog(ChannelLogLevel.WARNING, "a value of the source is rejected: {0}", reason);
            }

            @Override
            public void onRebuild(String service, Snapshot snapshot, Duration took) {
                publish();
            }

            @Override
            public void onConfigured(String service, BalancerSettings settings) {
                publish();
            }

            @Override
            public void onDirectory(String service) {
                publish();
            }
        };
        Balancer.Builder builder = Balancer.builder(name)
                .env(Env.system().withTime(time))
                .serialExecutor(sync)
                .resolver(source)
                .defaults(GrpcSettings.defaults())
                .followSourceConfiguration(GrpcSettings::checked)
                .healthSource(subchannels)
                .probeTransport(new CheckTransport(helper, subchannels::connection, time))
                .adapter(ZerohopGrpc.ADAPTER)
                .listener(own);
        if (observers != null) {
            observers.forEach(builder::listener);
        }
        if (channelSettings.configured()) {
            builder.settings(channelSettings.settings());
        }
        return builder.build();
    }

    private EndpointSet endpointsOf(ResolvedAddresses resolved) {
        Map<String, Endpoint> endpoints = new LinkedHashMap<>();
        Map<String, EquivalentAddressGroup> groups = new HashMap<>();
        for (EquivalentAddressGroup group : resolved.getAddresses()) {
            Endpoint given = group.getAttributes().get(ZerohopGrpc.ENDPOINT);
            Endpoint endpoint = given == null ? PlainEndpoints.of(group) : given;
            boolean known = endpoints.putIfAbsent(endpoint.id(), endpoint) != null;
            // A member without an address yet has no subchannel and counts as being connected.
            if (!known && group.getAttributes().get(ZerohopNameResolver.LOOKED_UP_STILL) == null) {
                groups.put(endpoint.id(), group);
            }
        }
        addressesChanged |= !groups.equals(addresses);
        addresses = groups;
        EndpointSet facts = resolved.getAttributes().get(ZerohopGrpc.ENDPOINT_SET);
        EndpointSet.Builder builder =
                facts == null ? EndpointSet.builder(nameOfChannel()).asOf(time.now()) : facts.toBuilder();
        return builder.endpoints(List.copyOf(endpoints.values())).build();
    }

    private String nameOfChannel() {
        try {
            return helper.getChannelTarget();
        } catch (UnsupportedOperationException unknown) {
            return helper.getAuthority();
        }
    }

    @Override
    public void handleNameResolutionError(Status error) {
        channelLog(ChannelLogLevel.WARNING, "the source cannot be read: {0}", Causes.describe(error));
        Balancer running = balancer;
        if (running == null) {
            helper.updateBalancingState(
                    ConnectivityState.TRANSIENT_FAILURE, new FixedResultPicker(PickResult.withError(error)));
            return;
        }
        sourceError = error;
        source.publish(source.current().failed(error.asRuntimeException()));
        sync.execute(() -> {
            if (subchannels.byNode().isEmpty()) {
                publish();
            }
        });
    }

    @Override
    public void requestConnection() {
        subchannels.requestConnections();
    }

    @Override
    public void shutdown() {
        lingerTimer.cancel();
        if (balancer != null) {
            balancer.close();
        }
        subchannels.shutdown();
        shutdown = true;
    }

    private void wantRefresh() {
        refreshWanted = true;
    }

    /** The one place where the channel gets a picker; in the synchronization context. */
    private void publish() {
        Balancer running = balancer;
        if (running == null || shutdown) {
            return;
        }
        Snapshot snapshot = running.current().snapshot();
        if (membershipChanged || !subchannels.follows(snapshot)) {
            membershipChanged = false;
            subchannels.follow(snapshot, node -> addresses.get(node.endpoint().id()), time.nanoTime());
        }
        if (subchannels.ready() > 0) {
            subchannels.release();
        }
        lingerTimer.follow(subchannels.lingering());
        ConnectivityState state = ChannelState.of(running, subchannels, sourceError != null);
        boolean ready = state == ConnectivityState.READY;
        if (state != published) {
            String causes = ready ? "" : Causes.text(subchannels.byNode().values());
            channelLog(
                    ChannelLogLevel.INFO,
                    "{0} -> {1}, {2} of {3} endpoints connected{4}",
                    published,
                    state,
                    subchannels.ready(),
                    subchannels.byNode().size(),
                    causes.isEmpty() ? "" : "; " + causes);
            published = state;
        }
        Throwable cause = ready ? null : Causes.first(subchannels.byNode().values(), sourceError);
        helper.updateBalancingState(
                state, new EndpointPicker(running, subchannels, attempts, failures, cause, this::explain));
        if (refreshWanted) {
            refreshWanted = false;
            helper.refreshNameResolution();
        }
    }

    /** Seen in channelz, and in {@code java.util.logging} under the name of grpc's logger. A message is a {@link java.text.MessageFormat}. */
    private void channelLog(ChannelLogLevel level, String message, Object... values) {
        helper.getChannelLogger().log(level, "zerohop: " + message, values);
    }

    private void explain(PickContext context, ExplainCall asked) {
        sync.execute(() -> {
            try {
                asked.answer(report(context));
            } catch (Throwable thrown) {
                // A key is of others and may not bear to be shown; what came out of it here would end the channel.
                asked.answer(nameOfChannel() + ": cannot be explained: " + thrown);
            }
        });
    }

    private String report(PickContext context) {
        return ChannelReport.of(
                nameOfChannel() + " (authority " + helper.getAuthority() + "): " + (shutdown ? "SHUTDOWN" : published)
                        + ", " + subchannels.ready() + " of "
                        + subchannels.byNode().size() + " endpoints connected",
                settingsInForce(),
                running(),
                subchannels,
                context);
    }

    private List<String> settingsInForce() {
        String origin = running().current().unconfigured() != null
                ? "by default, which are not in force"
                : channelSettings.configured()
                        ? "of the application's service config"
                        : !source.current().configuration().configures()
                                ? "by default"
                                : rejectedReason == null ? "of the source" : "of the source, the last good ones";
        return rejectedReason == null
                ? List.of(origin)
                : List.of(origin, "of the source were rejected: " + rejectedReason);
    }

    @Nullable
    Balancer balancer() {
        return balancer;
    }

    /** How many subchannels are not shut down. */
    int subchannels() {
        return subchannels.byNode().size() + subchannels.lingering().size();
    }

    private Balancer running() {
        return requireNonNull(balancer, "balancer");
    }

    private void endLingering() {
        subchannels.release(time.nanoTime());
        publish();
    }
}

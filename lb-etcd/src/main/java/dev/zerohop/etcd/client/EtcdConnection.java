package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One channel at a time to one of several etcd servers. A channel that failed is replaced by a new one to another server, because a channel's own back-off
 * grows to two minutes and would stay with a member that hangs. A client that lost its home, the member that it drew first, returns there after
 * {@link #MIN_STAY} to {@link #MAX_STAY} if that member answers, so that restarts do not leave all clients on one member. Every call goes through the
 * namespace and carries the user's token. Thread-safe.
 */
public final class EtcdConnection implements AutoCloseable {
    private static final Log LOG = Log.of(EtcdConnection.class);

    /** How long a call waits for its answer. */
    public static final long CALL_TIMEOUT_MILLIS = 5_000;

    /** The same for a call that is made while etcd does not answer. */
    static final long SHORT_CALL_TIMEOUT_MILLIS = 2_000;

    /** The shortest stay on another member after the home was lost. */
    static final Duration MIN_STAY = Duration.ofHours(1);

    /** The longest stay. The stay is random, so that clients that left together do not return together. */
    static final Duration MAX_STAY = Duration.ofHours(3);

    /** How long calls may continue on a channel that was replaced without a failure: watches move at their next check. */
    static final Duration MOVING = Duration.ofMinutes(2);

    private static final int CONNECT_TIMEOUT_MILLIS = 3_000;

    /** A dead server is detected within 13 s while a watch is open; etcd rejects clients that ping more often than every 5 s. */
    private static final long KEEP_ALIVE_SECONDS = 10;

    private static final long KEEP_ALIVE_TIMEOUT_SECONDS = 3;

    /** Enough for some 200,000 small endpoints in one answer; gRPC's default of 4 MiB allows fewer than 20,000. Also the bound of a copy. */
    static final int MAX_MESSAGE_BYTES = 64 << 20;

    /** Set on a call that a member without a leader may answer. */
    static final CallOptions.Key<Boolean> WITHOUT_LEADER =
            CallOptions.Key.createWithDefault("zerohop-without-leader", false);

    private final List<HostAndPort> servers;
    private final Env env;
    private final Function<HostAndPort, ManagedChannel> transports;
    private final Access access;
    private final @Nullable TlsFiles tls;
    private final @Nullable AuthTokens tokens;
    private final @Nullable Namespace namespace;

    // Guarded by this.
    private final Members members;
    private @Nullable ServerChannel current;
    private @Nullable Cancellable timer;
    private @Nullable ServerChannel leaving;
    private @Nullable Cancellable leavingTimer;
    private boolean closed;

    /** A channel to a server; two to the same server are not equal. */
    static final class ServerChannel {
        private final String server;
        private final ManagedChannel transport;
        private final Channel calls;
        private volatile boolean left;

        /** Why it was given up. Its other calls are cut off by that, and know no cause of their own. */
        private volatile @Nullable SourceFailure givenUpFor;

        private ServerChannel(String server, ManagedChannel transport, Channel calls) {
            this.server = server;
            this.transport = transport;
            this.calls = calls;
        }

        String server() {
            return server;
        }

        /** Whether later calls go to another server although this one has not failed. */
        boolean left() {
            return left;
        }

        Channel calls() {
            return calls;
        }

        void shut() {
            transport.shutdownNow();
        }
    }

    /** A connection; throws an {@link IllegalArgumentException} if a TLS file cannot be used. */
    EtcdConnection(List<HostAndPort> servers, Access access, Env env) {
        this(servers, access, env, null);
    }

    /** {@code transports} makes the channel to a server; null for real ones. */
    EtcdConnection(
            List<HostAndPort> servers,
            Access access,
            Env env,
            @Nullable Function<HostAndPort, ManagedChannel> transports) {
        this.servers = List.copyOf(servers);
        this.env = env;
        this.transports = transports == null ? this::transport : transports;
        this.members = new Members(servers.size(), env.dice());
        this.access = access;
        this.tls = access.tls() == null ? null : new TlsFiles(access.tls());
        this.tokens = access.login() == null ? null : new AuthTokens(access.login(), env.time());
        this.namespace = access.namespace().isEmpty() ? null : new Namespace(access.namespace());
    }

    /** The present channel; created now if there is none. Does not wait for the connection. */
    synchronized ServerChannel channel() throws SourceFailure {
        ServerChannel channel = current;
        if (channel == null) {
            channel = aside(members.current());
            current = channel;
        }
        return channel;
    }

    /** The number of the present server. */
    synchronized int present() {
        return members.current();
    }

    /** A channel for one call to a server, shut by {@link ServerChannel#shut}: other calls, their failures and what is given up for them do not concern it. */
    synchronized ServerChannel aside(int number) throws SourceFailure {
        if (closed) {
            throw new SourceFailure(SourceFailure.Kind.CLOSED, "the client of etcd " + servers + " is closed");
        }
        HostAndPort server = servers.get(number);
        try {
            return serverChannel(server, transports.apply(server));
        } catch (RuntimeException unmade) {
            // For example if no file descriptor is free. Callers retry, as after any failure.
            throw new SourceFailure(
                    SourceFailure.Kind.UNREACHABLE,
                    "no connection to etcd " + server + " can be made: " + unmade,
                    unmade);
        }
    }

    private ServerChannel serverChannel(HostAndPort server, ManagedChannel transport) {
        return new ServerChannel(server.toString(), transport, intercepted(transport));
    }

    /** A call over {@code channel} was answered, or a watch has begun. */
    synchronized void answered(ServerChannel channel) {
        if (current == channel) {
            members.answered();
        }
    }

    /** Why a call over {@code channel} failed; the channel is given up if the server was not reached. */
    SourceFailure failed(ServerChannel channel, Throwable thrown) {
        if (channel.left) {
            return new SourceFailure(
                    SourceFailure.Kind.EXPIRED,
                    "etcd " + channel.server() + " was left for " + servers.get(members.home()));
        }
        SourceFailure failure = explained(channel, thrown);
        if (failure.kind() == SourceFailure.Kind.UNREACHABLE) {
            giveUp(channel, failure);
        }
        return failure;
    }

    /** Why a call over {@code channel} failed; the channel stays in use. */
    SourceFailure explained(ServerChannel channel, Throwable thrown) {
        SourceFailure failure = EtcdFailure.of(channel.server(), thrown, access);
        SourceFailure why = channel.givenUpFor;
        return why == null || failure.kind() != SourceFailure.Kind.UNREACHABLE
                ? failure
                : new SourceFailure(why.kind(), String.valueOf(why.getMessage()), thrown);
    }

    int servers() {
        return servers.size();
    }

    /** Why the server ended a watch over {@code channel}. */
    SourceFailure cancelled(ServerChannel channel, String reason, long compactRevision) {
        return EtcdFailure.cancelled(channel.server(), reason, compactRevision, access);
    }

    private synchronized boolean isCurrent(ServerChannel channel) {
        return current == channel;
    }

    /** Later calls go to another server; calls on this channel are cancelled. Ignores channels given up before, whose cancelled calls are reported here too. */
    private void giveUp(ServerChannel channel, SourceFailure why) {
        if (!isCurrent(channel)) {
            return;
        }
        if (tls != null) {
            // Refreshed here, not where the next channel is created: that may be a caller's thread, which must not
            // wait for files.
            tls.refresh();
        }
        synchronized (this) {
            if (current != channel) {
                return;
            }
            current = null;
            channel.givenUpFor = why;
            members.failed();
            returnLater();
        }
        channel.transport.shutdownNow();
    }

    // ---- back to the first member ----

    /** Restarted after every failure, so a client returns only after a whole stay without one. */
    private synchronized void returnLater() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (members.away() && !closed) {
            long stay = MIN_STAY.toNanos()
                    + (long) (MAX_STAY.minus(MIN_STAY).toNanos() * env.dice().nextDouble());
            timer = env.time().schedule(stay, () -> env.blocking().execute(this::askHome));
        }
    }

    /** Calls the home member; the present channel stays in use until it answers. */
    private void askHome() {
        HostAndPort server = servers.get(members.home());
        if (tls != null) {
            tls.refresh();
        }
        ManagedChannel transport;
        try {
            transport = transports.apply(server);
        } catch (RuntimeException unmade) {
            LOG.debug("{}: no connection to {} can be made", this, server, unmade);
            returnLater();
            return;
        }
        MaintenanceGrpc.newStub(ClientInterceptors.intercept(transport, new RequireLeader()))
                .withDeadlineAfter(CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                .status(StatusRequest.getDefaultInstance(), new StreamObserver<>() {
                    @Override
                    public void onNext(StatusResponse status) {
                        returned(status.getLeader() != 0, server, transport);
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        // A denial is an answer too.
                        SourceFailure failure = EtcdFailure.of(server.toString(), thrown, access);
                        returned(failure.kind() == SourceFailure.Kind.DENIED, server, transport);
                    }

                    @Override
                    public void onCompleted() {}
                });
    }

    private void returned(boolean answers, HostAndPort server, ManagedChannel transport) {
        boolean moves;
        synchronized (this) {
            moves = answers && !closed && members.away();
            if (moves) {
                LOG.debug("{}: back to {}", this, server);
                leave(current);
                current = serverChannel(server, transport);
                members.returned();
            }
            returnLater();
        }
        if (!moves) {
            transport.shutdownNow();
        }
    }

    /** Replaces the channel without a gap: its calls continue until they end or move. */
    private synchronized void leave(@Nullable ServerChannel channel) {
        if (channel != null) {
            channel.left = true;
            leaving = channel;
            leavingTimer = env.time().schedule(MOVING.toNanos(), channel.transport::shutdownNow);
        }
    }

    private ManagedChannel transport(HostAndPort server) {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(
                        server.getHost(),
                        server.getPort(),
                        tls == null ? InsecureChannelCredentials.create() : tls.credentials())
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                // No system proxy: credentials are sent to etcd only.
                .proxyDetector(address -> null)
                .disableRetry();
        if (access.tls() != null && access.tls().authority() != null) {
            builder.overrideAuthority(access.tls().authority());
        }
        return builder.build();
    }

    /** In call order: the namespace, the token, and the explanation of denials, which shows keys as etcd sees them. */
    private Channel intercepted(ManagedChannel transport) {
        List<ClientInterceptor> interceptors = new ArrayList<>();
        Channel led = ClientInterceptors.intercept(transport, new RequireLeader());
        if (namespace != null) {
            interceptors.add(namespace);
        }
        if (tokens != null) {
            interceptors.add(tokens.over(led));
        }
        interceptors.add(new PermissionErrorInterceptor(access.login()));
        return ClientInterceptors.interceptForward(led, interceptors);
    }

    /** Makes a member that has no leader fail a call instead of hanging. */
    private static final class RequireLeader implements ClientInterceptor {
        private static final Metadata.Key<String> HAS_LEADER =
                Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    if (!options.getOption(WITHOUT_LEADER)) {
                        headers.put(HAS_LEADER, "true");
                    }
                    super.start(listener, headers);
                }
            };
        }
    }

    @Override
    public void close() {
        List<ServerChannel> open = new ArrayList<>();
        synchronized (this) {
            closed = true;
            returnLater();
            if (current != null) {
                open.add(current);
                current = null;
            }
            if (leaving != null) {
                open.add(leaving);
                leaving = null;
            }
            if (leavingTimer != null) {
                leavingTimer.cancel();
            }
        }
        open.forEach(channel -> channel.transport.shutdownNow());
    }

    @Override
    public String toString() {
        return "etcd " + servers;
    }
}

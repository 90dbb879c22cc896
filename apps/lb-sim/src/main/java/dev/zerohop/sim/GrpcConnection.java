package dev.zerohop.sim;

import io.grpc.Attributes;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subchannel as grpc-java's channel has it: it connects when its policy wants it to, is idle when its server has closed the connection, and after each failure to connect tries again by itself, 1 s after it began
 * and 1.6 times as long each time, up to 2 min, a fifth more or less by chance.
 */
final class GrpcConnection extends LoadBalancer.Subchannel {
    private static final double FIRST_PAUSE_NANOS = 1e9;
    private static final double LONGEST_PAUSE_NANOS = 120e9;
    private static final double GROWTH = 1.6;
    private static final double JITTER = 0.2;
    private static final Status REFUSED = Status.UNAVAILABLE.withDescription("connection refused");

    private final GrpcBalancer channel;
    private final Server server;
    private final Attributes attributes;
    private final Runnable lost = this::lost;
    private List<EquivalentAddressGroup> addresses;
    private LoadBalancer.@Nullable SubchannelStateListener listener;
    private ConnectivityState state = ConnectivityState.IDLE;
    private double pauseNanos = FIRST_PAUSE_NANOS;
    private int failures;

    GrpcConnection(GrpcBalancer channel, Server server, LoadBalancer.CreateSubchannelArgs arguments) {
        this.channel = channel;
        this.server = server;
        this.addresses = arguments.getAddresses();
        this.attributes = arguments.getAttributes();
    }

    Server server() {
        return server;
    }

    boolean isReady() {
        return state == ConnectivityState.READY;
    }

    @Override
    public void start(LoadBalancer.SubchannelStateListener to) {
        listener = to;
    }

    @Override
    public void requestConnection() {
        // Later, and not within the call: the policy is about to change its own state.
        channel.getSynchronizationContext().execute(() -> {
            if (state == ConnectivityState.IDLE) {
                connect();
            }
        });
    }

    private void connect() {
        become(ConnectivityStateInfo.forNonError(ConnectivityState.CONNECTING));
        channel.connect(this);
    }

    /** The time that a connection takes is over. */
    void connected() {
        if (state != ConnectivityState.CONNECTING) {
            return;
        }
        if (!server.isDown()) {
            server.connected(lost);
            pauseNanos = FIRST_PAUSE_NANOS;
            failures = 0;
            channel.met(server);
            become(ConnectivityStateInfo.forNonError(ConnectivityState.READY));
            return;
        }
        double jitter = 1 + JITTER * (2 * channel.chance(server, ++failures) - 1);
        // The pause is one between beginnings.
        long restNanos = Math.max(0, (long) (pauseNanos * jitter) - channel.connectNanos());
        channel.after(restNanos, () -> channel.getSynchronizationContext().execute(this::reconnect));
        pauseNanos = Math.min(pauseNanos * GROWTH, LONGEST_PAUSE_NANOS);
        become(ConnectivityStateInfo.forTransientFailure(REFUSED));
    }

    private void reconnect() {
        if (state == ConnectivityState.TRANSIENT_FAILURE) {
            connect();
        }
    }

    private void lost() {
        channel.after(
                channel.noticeNanos(server),
                () -> channel.getSynchronizationContext().execute(() -> {
                    if (isReady()) {
                        become(ConnectivityStateInfo.forNonError(ConnectivityState.IDLE));
                    }
                }));
    }

    private void become(ConnectivityStateInfo next) {
        state = next.getState();
        if (listener != null) {
            listener.onSubchannelState(next);
        }
    }

    /** Calls under way go on. */
    @Override
    public void shutdown() {
        server.disconnected(lost);
        state = ConnectivityState.SHUTDOWN;
    }

    @Override
    public void updateAddresses(List<EquivalentAddressGroup> next) {
        addresses = next;
    }

    @Override
    public List<EquivalentAddressGroup> getAllAddresses() {
        return addresses;
    }

    @Override
    public Attributes getAttributes() {
        return attributes;
    }

    @Override
    public Object getInternalSubchannel() {
        return this;
    }

    @Override
    public ChannelLogger getChannelLogger() {
        return GrpcBalancer.Silent.INSTANCE;
    }
}

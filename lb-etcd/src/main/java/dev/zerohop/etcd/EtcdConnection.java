package dev.zerohop.etcd;

import com.google.common.net.HostAndPort;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.ChannelOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One channel at a time to one of several etcd servers. A channel that failed is replaced by a new one to the next server, because a channel's own
 * back-off grows to two minutes and a member that hangs would otherwise be asked again and again. Thread-safe.
 */
final class EtcdConnection implements AutoCloseable {

    /** How long a call waits for its answer. */
    static final long CALL_TIMEOUT_MILLIS = 5_000;

    private static final int CONNECT_TIMEOUT_MILLIS = 3_000;

    /** Found dead within 13 s while something is watched; etcd refuses clients that ask more often than every 5 s. */
    private static final long KEEP_ALIVE_SECONDS = 10;

    private static final long KEEP_ALIVE_TIMEOUT_SECONDS = 3;

    /** Room for the answer to a read of some 100,000 endpoints; gRPC's own limit of 4 MiB ends below 20,000. */
    private static final int MAX_MESSAGE_BYTES = 64 << 20;

    private final List<HostAndPort> servers;
    private int next;
    private @Nullable Link current;
    private boolean closed;

    /** A channel and where it leads. Each is itself only, also when it leads to the same server. */
    static final class Link {
        private final String server;
        private final ManagedChannel channel;

        private Link(String server, ManagedChannel channel) {
            this.server = server;
            this.channel = channel;
        }

        String server() {
            return server;
        }

        ManagedChannel channel() {
            return channel;
        }
    }

    /** {@code first} is the position of the server to begin with: clients begin with different ones. */
    EtcdConnection(List<HostAndPort> servers, int first) {
        this.servers = List.copyOf(servers);
        this.next = first;
    }

    /** The present channel; made now if there is none. Does not wait for it to connect. */
    synchronized Link link() throws EtcdFailure {
        if (closed) {
            throw new EtcdFailure(EtcdFailure.Kind.CLOSED, "the client of etcd " + servers + " is closed");
        }
        Link link = current;
        if (link == null) {
            HostAndPort server = servers.get(next);
            link = new Link(server.toString(), channel(server));
            current = link;
        }
        return link;
    }

    /** What ended a call over {@code link}; the link is given up if the server was not reached. */
    EtcdFailure failed(Link link, Throwable thrown) {
        EtcdFailure failure = EtcdFailure.of(link.server(), thrown);
        if (failure.kind() == EtcdFailure.Kind.UNREACHABLE) {
            giveUp(link);
        }
        return failure;
    }

    /** Later calls go to the next server; calls still running on this link are cancelled. Ignores links given up before. */
    private void giveUp(Link link) {
        synchronized (this) {
            if (current != link) {
                return;
            }
            current = null;
            next = (next + 1) % servers.size();
        }
        link.channel().shutdownNow();
    }

    private static ManagedChannel channel(HostAndPort server) {
        Metadata requireLeader = new Metadata();
        // A member cut off from its leader then says so instead of hanging or going quiet.
        requireLeader.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
        return NettyChannelBuilder.forAddress(server.getHost(), server.getPort())
                .usePlaintext()
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .disableRetry()
                .intercept(MetadataUtils.newAttachHeadersInterceptor(requireLeader))
                .build();
    }

    @Override
    public void close() {
        Link last;
        synchronized (this) {
            closed = true;
            last = current;
            current = null;
        }
        if (last != null) {
            last.channel().shutdownNow();
        }
    }

    @Override
    public String toString() {
        return "etcd " + servers;
    }
}

package dev.zerohop.cli;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.Metadata;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The attempts of one gRPC call that reached a connection, gRPC's own retries included. */
final class GrpcAttempts extends ClientStreamTracer.Factory {
    private final GrpcEndpoints endpoints;
    private final AtomicInteger begun = new AtomicInteger();
    private volatile @Nullable SocketAddress last;

    GrpcAttempts(GrpcEndpoints endpoints) {
        this.endpoints = endpoints;
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
        return new ClientStreamTracer() {
            @Override
            public void streamCreated(Attributes transport, Metadata sent) {
                begun.incrementAndGet();
                last = transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
            }
        };
    }

    boolean none() {
        return begun.get() == 0;
    }

    int retries() {
        return Math.max(0, begun.get() - 1);
    }

    @Nullable
    String lastEndpoint() {
        SocketAddress address = last;
        return address == null ? null : endpoints.idOf(address);
    }
}

package dev.zerohop.sim.sockets;

import dev.zerohop.Outcome;
import dev.zerohop.grpc.ZerohopGrpc;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Channels of gRPC, one for each client. Thread-safe. */
final class GrpcClients implements Clients {
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final Map<Integer, Integer> placeByPort;

    private GrpcClients(Map<Integer, Integer> placeByPort) {
        this.placeByPort = placeByPort;
    }

    /** Connects all of them to all servers, each with the configuration of its number. */
    static GrpcClients of(ServerProcesses servers, IntFunction<Map<String, ?>> configurations, int count)
            throws IOException, InterruptedException {
        GrpcClients clients = new GrpcClients(servers.placeByPort(Transport.GRPC));
        String target = ZerohopGrpc.target(servers.target(Transport.GRPC));
        boolean connected = false;
        try {
            List<Ready> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Ready ready = new Ready(true);
                all.add(ready);
                ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                        .defaultServiceConfig(Map.of(
                                "loadBalancingConfig", List.of(Map.of(ZerohopGrpc.POLICY, configurations.apply(i)))))
                        .setNameResolverArg(ZerohopGrpc.LISTENER, ready)
                        .intercept(ZerohopGrpc.interceptor())
                        .directExecutor()
                        .build();
                clients.channels.add(channel);
                channel.getState(true);
            }
            for (Ready ready : all) {
                ready.await();
            }
            connected = true;
            return clients;
        } finally {
            if (!connected) {
                clients.close();
            }
        }
    }

    @Override
    public void call(RunningCall running) {
        long left = running.leftNanos();
        if (left <= 0) {
            running.ended(Outcome.TIMEOUT);
            return;
        }
        CallOptions options = CallOptions.DEFAULT
                .withDeadlineAfter(left, TimeUnit.NANOSECONDS)
                .withStreamTracerFactory(new Attempts(running));
        ClientCall<Long, Long> call = channels.get(running.planned().client()).newCall(GrpcFront.METHOD, options);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        running.ended(outcome(status, running));
                    }
                },
                new Metadata());
        call.sendMessage(running.planned().workNanos());
        call.halfClose();
        call.request(2);
    }

    private static @Nullable Outcome outcome(Status status, RunningCall running) {
        return switch (status.getCode()) {
            case OK -> Outcome.SUCCESS;
            case DEADLINE_EXCEEDED -> Outcome.TIMEOUT;
            case INTERNAL -> Outcome.ERROR_RESPONSE;
            case RESOURCE_EXHAUSTED -> Outcome.OVERLOADED;
            default -> running.attempted() ? Outcome.TRANSPORT_FAILURE : null;
        };
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }

    /** The attempts of one call that got a connection. */
    private final class Attempts extends ClientStreamTracer.Factory {
        private final RunningCall running;

        Attempts(RunningCall running) {
            this.running = running;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                @Override
                public void streamCreated(Attributes transport, Metadata sent) {
                    if (transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress address) {
                        Integer place = placeByPort.get(address.getPort());
                        if (place != null) {
                            running.attempted(place);
                        }
                    }
                }
            };
        }
    }
}

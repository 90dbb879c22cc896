package com.example;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;

/** Two real servers, one channel that calls both, and one server that leaves. */
public final class Orders {
    private static final Set<String> REACHED = new ConcurrentSkipListSet<>();

    public static void main(String[] args) throws Exception {
        Server a = server("a");
        Server b = server("b");
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "static:///127.0.0.1:" + a.getPort() + ",127.0.0.1:" + b.getPort(),
                        InsecureChannelCredentials.create())
                .build();
        try {
            HealthGrpc.HealthBlockingStub orders = HealthGrpc.newBlockingStub(channel);
            // The first calls go to the server that is connected first.
            Set<String> both = call(orders, 10_000, Set.of("a", "b"));
            // As a pod does that is stopped: what runs ends, what comes goes elsewhere. A kill can take calls with it that were sent already.
            b.shutdown().awaitTermination();
            Set<String> left = call(orders, 100, Set.of());
            System.out.println("reached " + both + ", and " + left + " after b left");
            if (!both.equals(Set.of("a", "b")) || !left.equals(Set.of("a"))) {
                throw new IllegalStateException("expected [a, b], then [a]");
            }
        } finally {
            channel.shutdownNow();
            a.shutdownNow();
            b.shutdownNow();
        }
    }

    /** Calls until all of these servers were reached, or that often; every call must succeed. */
    private static Set<String> call(HealthGrpc.HealthBlockingStub orders, int times, Set<String> wanted) {
        REACHED.clear();
        for (int i = 0; i < times && (wanted.isEmpty() || !REACHED.equals(wanted)); i++) {
            orders.withDeadlineAfter(10, TimeUnit.SECONDS).check(HealthCheckRequest.getDefaultInstance());
        }
        return new TreeSet<>(REACHED);
    }

    private static Server server(String name) throws IOException {
        HealthGrpc.HealthImplBase service = new HealthGrpc.HealthImplBase() {
            @Override
            public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> answer) {
                REACHED.add(name);
                answer.onNext(HealthCheckResponse.getDefaultInstance());
                answer.onCompleted();
            }
        };
        return Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(service)
                .build()
                .start();
    }
}

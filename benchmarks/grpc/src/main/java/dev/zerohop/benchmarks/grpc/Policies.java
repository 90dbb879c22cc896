package dev.zerohop.benchmarks.grpc;

import dev.zerohop.benchmarks.common.Fleet;
import io.grpc.ClientStreamTracer;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Metadata;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/** Channels of the measured policies, ready to pick, by their plain names. */
final class Policies {
    private static final Metadata.Key<byte[]> LOAD_REPORT =
            Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private Policies() {}

    /** A channel without any address yet. */
    static FakeChannel channel(String policy) {
        return switch (policy) {
            case "weighted_round_robin" ->
                new FakeChannel(
                        policy,
                        // The weights must neither expire nor be recomputed while a benchmark runs.
                        Map.of(
                                "blackoutPeriod",
                                "0s",
                                "weightExpirationPeriod",
                                "36000s",
                                "weightUpdatePeriod",
                                "36000s"));
            case "least_request" -> new FakeChannel("least_request_experimental", Map.of());
            default -> new FakeChannel(policy, Map.of());
        };
    }

    /** A channel whose {@code count} endpoints are ready and, if the policy is weighted, have reported their weights. */
    static FakeChannel ready(String policy, int count) {
        FakeChannel channel = channel(policy);
        List<EquivalentAddressGroup> addresses = FakeChannel.addresses(count);
        channel.accept(addresses);
        if (policy.equals("weighted_round_robin")) {
            FakeCall call = new FakeCall();
            // Without weights it is a round robin: this many calls reach every endpoint. Each answer carries a load
            // report.
            for (int i = 0; i < count; i++) {
                answer(channel.picker().pickSubchannel(call));
            }
            // A new list makes it look at the weights.
            channel.accept(addresses);
        }
        return channel;
    }

    private static void answer(LoadBalancer.PickResult pick) {
        int weight = Fleet.weight(FakeChannel.index(pick.getSubchannel()));
        Metadata trailers = new Metadata();
        trailers.put(LOAD_REPORT, loadReport(1.0, weight));
        ClientStreamTracer tracer = pick.getStreamTracerFactory()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
        tracer.inboundTrailers(trailers);
    }

    /** An xds.data.orca.v3.OrcaLoadReport with cpu_utilization = 1 and rps_fractional = 6; the policy's weight is the second by the first. */
    private static byte[] loadReport(double utilization, double callsPerSecond) {
        return ByteBuffer.allocate(18)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) (1 << 3 | 1))
                .putDouble(utilization)
                .put((byte) (6 << 3 | 1))
                .putDouble(callsPerSecond)
                .array();
    }
}

package dev.zerohop.benchmarks.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.benchmarks.common.Fleet;
import dev.zerohop.grpc.ZerohopGrpc;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a policy adds to a whole unary call that goes well: the pick, and the stream tracer that it may have asked for, which hears what a channel reports of the
 * stream. Nothing of the channel itself is in it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PolicyCall {
    private static final ClientStreamTracer.StreamInfo STREAM =
            ClientStreamTracer.StreamInfo.newBuilder().build();

    @Param({
        "round_robin",
        "weighted_round_robin",
        "least_request",
        "zerohop round_robin",
        "zerohop weighted_round_robin",
        "zerohop least_request",
        "zerohop peak_ewma"
    })
    String policy;

    private final FakeCall call = new FakeCall();
    private final Attributes transport = Attributes.newBuilder().build();
    private FakeChannel channel;
    private LoadBalancer.SubchannelPicker picker;

    @Setup
    public void open() throws InterruptedException {
        if (policy.startsWith("zerohop ")) {
            channel = new FakeChannel("zerohop", Map.of("policy", policy.substring("zerohop ".length())));
            channel.accept(weighted(10));
            // Its pickers are published some milliseconds after a change.
            while (channel.state() != ConnectivityState.READY
                    || System.nanoTime() - channel.publishedNanos() < 300_000_000L) {
                Thread.sleep(20);
            }
        } else {
            channel = Policies.ready(policy, 10);
        }
        picker = channel.picker();
        if (picker.pickSubchannel(call).getSubchannel() == null) {
            throw new IllegalStateException(policy + " picks nothing: " + picker.pickSubchannel(call));
        }
    }

    /** With the weights that the endpoints report to grpc-java's weighted policy. */
    private static List<EquivalentAddressGroup> weighted(int count) {
        List<EquivalentAddressGroup> plain = FakeChannel.addresses(count);
        List<EquivalentAddressGroup> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Endpoint endpoint = Endpoint.builder(Fleet.host(i), Fleet.PORT)
                    .weight(Fleet.weight(i))
                    .build();
            groups.add(new EquivalentAddressGroup(
                    plain.get(i).getAddresses(),
                    Attributes.newBuilder().set(ZerohopGrpc.ENDPOINT, endpoint).build()));
        }
        return groups;
    }

    @TearDown
    public void close() {
        channel.close();
    }

    @Benchmark
    public LoadBalancer.PickResult call() {
        LoadBalancer.PickResult pick = picker.pickSubchannel(call);
        ClientStreamTracer.Factory factory = pick.getStreamTracerFactory();
        if (factory != null) {
            Metadata headers = call.getHeaders();
            ClientStreamTracer tracer = factory.newClientStreamTracer(STREAM, headers);
            tracer.streamCreated(transport, headers);
            tracer.outboundHeaders();
            tracer.outboundMessage(0);
            tracer.outboundMessageSent(0, 64, 64);
            tracer.outboundWireSize(69);
            tracer.outboundUncompressedSize(64);
            tracer.inboundHeaders();
            tracer.inboundMessage(0);
            tracer.inboundMessageRead(0, 64, 64);
            tracer.inboundWireSize(69);
            tracer.inboundUncompressedSize(64);
            tracer.inboundTrailers(call.trailers());
            tracer.streamClosed(Status.OK);
        }
        return pick;
    }
}

package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.LoadReport;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A transport whose load probes are answered at once, by each endpoint with a load of its own: for what a policy that probes costs without the network. */
final class AnsweredLoads implements ProbeTransport {
    private static final int LOADS = 16;

    @Override
    public Prober load(String path) {
        return endpoint -> new Answering(Prober.Result.load(of(endpoint)));
    }

    private static LoadReport of(Endpoint endpoint) {
        int load = Math.floorMod(endpoint.id().hashCode(), LOADS);
        return LoadReport.builder()
                .namedMetric("requests_in_flight", load)
                .namedMetric("latency_ms", 1 + load)
                .build();
    }

    private record Answering(Prober.Result result) implements Prober.Target {
        @Override
        public Cancellable probe(Executor blocking, Consumer<Prober.Result> answer) {
            answer.accept(result);
            return () -> {};
        }

        @Override
        public void close() {}
    }
}

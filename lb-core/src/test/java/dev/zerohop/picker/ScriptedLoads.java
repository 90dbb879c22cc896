package dev.zerohop.picker;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.LoadReport;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A transport whose load probes a test answers: at once, unless it holds them. */
final class ScriptedLoads implements ProbeTransport {
    final Map<String, Prober.Result> results = new ConcurrentHashMap<>();
    /** In the order in which they were first probed. */
    final Map<String, Integer> sent = new LinkedHashMap<>();

    final Map<String, Integer> underWay = new HashMap<>();
    final List<Runnable> held = new ArrayList<>();

    /** Probes never leave for these. */
    final Set<String> unreached = new HashSet<>();

    boolean holding;
    boolean refusing;
    int connects;
    int open;
    String path = "";

    ScriptedLoads() {}

    ScriptedLoads with(String id, double calls, double latency) {
        results.put(id, report(calls, latency));
        return this;
    }

    static Prober.Result report(double calls, double latency) {
        LoadReport.Builder report = LoadReport.builder().namedMetric("requests_in_flight", calls);
        return Prober.Result.load((latency < 0 ? report : report.namedMetric("latency_ms", latency)).build());
    }

    int sent() {
        return sent.values().stream().mapToInt(count -> count).sum();
    }

    int underWay() {
        return underWay.values().stream().mapToInt(count -> count).sum();
    }

    void answer() {
        holding = false;
        List<Runnable> all = List.copyOf(held);
        held.clear();
        all.forEach(Runnable::run);
    }

    @Override
    public Prober load(String asked) {
        path = asked;
        return this::connect;
    }

    private Prober.Target connect(Endpoint endpoint) {
        connects++;
        if (refusing) {
            throw new IllegalArgumentException("scripted");
        }
        open++;
        return new Prober.Target() {
            @Override
            public Cancellable probe(Executor blocking, Consumer<Prober.Result> answer) {
                sent.merge(endpoint.id(), 1, Integer::sum);
                underWay.merge(endpoint.id(), 1, Integer::sum);
                Runnable now = () -> answer.accept(results.getOrDefault(endpoint.id(), report(0, -1)));
                if (holding) {
                    held.add(now);
                } else {
                    now.run();
                }
                return new Prober.Running() {
                    @Override
                    public void cancel() {
                        underWay.merge(endpoint.id(), -1, Integer::sum);
                    }

                    @Override
                    public boolean sent() {
                        return !unreached.contains(endpoint.id());
                    }
                };
            }

            @Override
            public void close() {
                open--;
            }
        };
    }
}

package dev.zerohop.cli;

import dev.zerohop.etcd.orchestrator.HealthOrchestrator;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Counts the verdicts of an orchestrator on their way to another listener, and shows its state. */
final class OrchestratorMeters implements HealthOrchestrator.Listener {
    private final HealthOrchestrator.Listener next;
    private final MeterRegistry registry;
    private final String service;
    private final Counter down;
    private final Counter lifted;
    private volatile int overLimit;

    OrchestratorMeters(HealthOrchestrator.Listener next, MeterRegistry registry, String service) {
        this.next = next;
        this.registry = registry;
        this.service = service;
        this.down = verdicts("down");
        this.lifted = verdicts("lifted");
        gauge("over.limit", "Endpoints that are down and unmarked, because no more may be marked", () -> overLimit);
    }

    private Counter verdicts(String verdict) {
        return Counter.builder("zerohop.orchestrator.verdicts")
                .description("Verdicts that appeared for endpoints of the service, of any leader")
                .tag("service", service)
                .tag("verdict", verdict)
                .register(registry);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder("zerohop.orchestrator." + name, value)
                .description(description)
                .tag("service", service)
                .register(registry);
    }

    /** Shows the state of this orchestrator, read at each scrape. */
    void show(HealthOrchestrator orchestrator) {
        for (HealthOrchestrator.Role role : HealthOrchestrator.Role.values()) {
            Gauge.builder(
                            "zerohop.orchestrator.role",
                            () -> orchestrator.status().role() == role ? 1 : 0)
                    .description("1 for the role that it has, 0 for the others; detached: it holds no lease in etcd")
                    .tag("service", service)
                    .tag("role", role.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        gauge(
                "workers",
                "Orchestrators among which the endpoints are divided",
                () -> orchestrator.status().workers().size());
        gauge(
                "probed",
                "Endpoints that this one probes",
                () -> orchestrator.status().probed());
        gauge(
                "down",
                "Endpoints that are marked down",
                () -> orchestrator.status().down().size());
    }

    @Override
    public void onRole(HealthOrchestrator.Role role, @Nullable String leader, long fence) {
        next.onRole(role, leader, fence);
    }

    @Override
    public void onDown(String endpoint, String reason, List<String> agreed) {
        down.increment();
        next.onDown(endpoint, reason, agreed);
    }

    @Override
    public void onLifted(String endpoint) {
        lifted.increment();
        next.onLifted(endpoint);
    }

    @Override
    public void onLimit(List<String> unmarked, int limit) {
        overLimit = unmarked.size();
        next.onLimit(unmarked, limit);
    }

    @Override
    public void onUnreachable(String reason) {
        next.onUnreachable(reason);
    }
}

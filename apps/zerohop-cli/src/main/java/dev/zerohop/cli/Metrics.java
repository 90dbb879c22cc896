package dev.zerohop.cli;

import dev.zerohop.BalancerRegistry;
import dev.zerohop.Cancellable;
import dev.zerohop.micrometer.ZerohopMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;

/** The metrics of this process, served until they are closed: those of all balancers that are made meanwhile, and those of the JVM. */
final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry;
    private final MetricsServer server;
    private final Cancellable observed;
    private final JvmGcMetrics collections = new JvmGcMetrics();

    private Metrics(PrometheusMeterRegistry registry, MetricsServer server) {
        this.registry = registry;
        this.server = server;
        this.observed = BalancerRegistry.observe(ZerohopMetrics.of(registry));
        // What tells a slow program from a slow service.
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /**
     * Starts to count and to serve.
     *
     * @throws IOException if it cannot listen there
     */
    static Metrics start(InetAddress address, int port) throws IOException {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        return new Metrics(registry, MetricsServer.start(registry, address, port));
    }

    /** For what else is to be counted. */
    MeterRegistry registry() {
        return registry;
    }

    /** Where they can be read, from this machine. */
    String url() {
        InetAddress address = server.address().getAddress();
        String host = address.isAnyLocalAddress() ? "localhost" : address.getHostAddress();
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + server.address().getPort() + "/metrics";
    }

    @Override
    public void close() {
        observed.cancel();
        collections.close();
        server.close();
        registry.close();
    }
}

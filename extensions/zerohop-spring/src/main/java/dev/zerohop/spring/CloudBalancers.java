package dev.zerohop.spring;

import dev.zerohop.Balancer;
import dev.zerohop.config.Balancers;
import java.util.LinkedHashMap;
import java.util.Map;

/** The balancers of services that Spring Cloud's clients call: one for each, made when the first of them asks. Thread-safe. */
final class CloudBalancers implements AutoCloseable {
    private final ZerohopServices services;
    private final Map<String, Balancer> balancers = new LinkedHashMap<>();
    private boolean closed;

    CloudBalancers(ZerohopServices services) {
        this.services = services;
    }

    synchronized Balancer balancer(String name) {
        if (closed) {
            throw new IllegalStateException(name + ": an endpoint was asked for after the application had ended");
        }
        return balancers.computeIfAbsent(name, this::newBalancer);
    }

    private Balancer newBalancer(String name) {
        Balancer balancer = Balancers.forTarget(services.target(name, ZerohopProperties.Adapter.CLOUD))
                .adapter("spring-cloud")
                .listener(services.tracker())
                .build();
        balancer.start();
        return balancer;
    }

    @Override
    public synchronized void close() {
        closed = true;
        balancers.values().forEach(Balancer::close);
    }
}

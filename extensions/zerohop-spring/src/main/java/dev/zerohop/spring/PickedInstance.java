package dev.zerohop.spring;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.client.ServiceInstance;

/** The endpoint of one pick, as Spring Cloud wants it. Its lease begins with the request and ends with the answer. */
final class PickedInstance implements ServiceInstance {
    private final Balancer balancer;
    private final Node node;
    private final Endpoint endpoint;
    private final AtomicReference<@Nullable Lease> lease = new AtomicReference<>();

    PickedInstance(Balancer balancer, Node node) {
        this.balancer = balancer;
        this.node = node;
        this.endpoint = node.endpoint();
    }

    void begin() {
        Lease begun = balancer.begin(node);
        if (!lease.compareAndSet(null, begun)) {
            begun.complete(Outcome.CANCELLED);
        }
    }

    void end(Outcome outcome) {
        Lease begun = lease.get();
        if (begun != null) {
            begun.complete(outcome);
        }
    }

    @Override
    public String getInstanceId() {
        return endpoint.id();
    }

    @Override
    public String getServiceId() {
        return balancer.name();
    }

    @Override
    public String getHost() {
        return endpoint.host();
    }

    @Override
    public int getPort() {
        return endpoint.port();
    }

    @Override
    public boolean isSecure() {
        return Boolean.parseBoolean(endpoint.attributes().get("secure"));
    }

    @Override
    public URI getUri() {
        return URI.create((isSecure() ? "https://" : "http://") + endpoint.address());
    }

    @Override
    public Map<String, String> getMetadata() {
        return endpoint.attributes();
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }
}

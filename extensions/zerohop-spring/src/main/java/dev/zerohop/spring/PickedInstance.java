package dev.zerohop.spring;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import java.lang.ref.Cleaner;
import java.net.URI;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.client.ServiceInstance;

/** The endpoint of one pick, as Spring Cloud wants it. Its lease begins with the request and ends with the answer, or when nobody holds that any more. */
final class PickedInstance implements ServiceInstance {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Balancer balancer;
    private final Node node;
    private final Endpoint endpoint;
    private final AtomicReference<@Nullable Begun> begun = new AtomicReference<>();

    /** A lease, and what ends it when the response is gone: of a request that was cancelled Spring Cloud reports no end, and its call would count as in flight for ever. */
    private record Begun(Lease lease, Cleaner.Cleanable abandoned) {
        void end(Outcome outcome) {
            lease.complete(outcome);
            abandoned.clean();
        }
    }

    PickedInstance(Balancer balancer, Node node) {
        this.balancer = balancer;
        this.node = node;
        this.endpoint = node.endpoint();
    }

    /** The pick that an instance stands for, also where somebody has put another one around it: the gateway for servlets does, and hands on what belongs to the inner one only as it is. Null if it is none of zerohop's. */
    static @Nullable PickedInstance of(@Nullable ServiceInstance instance) {
        if (instance instanceof PickedInstance picked) {
            return picked;
        }
        return instance != null && instance.getMetadata() instanceof Metadata metadata ? metadata.instance() : null;
    }

    /** Attributes that know whose they are. */
    private static final class Metadata extends AbstractMap<String, String> {
        private final PickedInstance instance;

        Metadata(PickedInstance instance) {
            this.instance = instance;
        }

        PickedInstance instance() {
            return instance;
        }

        @Override
        public Set<Entry<String, String>> entrySet() {
            return instance.endpoint.attributes().entrySet();
        }
    }

    /** Until the request ends, or until nobody holds its response any more: the instance itself others keep, as Spring Cloud's meters do. */
    void begin(Object response) {
        Lease lease = balancer.begin(node);
        Begun now = new Begun(lease, CLEANER.register(response, () -> lease.complete(Outcome.CANCELLED)));
        if (!begun.compareAndSet(null, now)) {
            now.end(Outcome.CANCELLED);
        }
    }

    void end(Outcome outcome) {
        Begun now = begun.get();
        if (now != null) {
            now.end(outcome);
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
        return new Metadata(this);
    }

    /** Spring Cloud's meters are kept by instances; each pick is a new one. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PickedInstance that
                && balancer == that.balancer
                && endpoint.id().equals(that.endpoint.id())
                && endpoint.address().equals(that.endpoint.address());
    }

    @Override
    public int hashCode() {
        return endpoint.id().hashCode();
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }
}

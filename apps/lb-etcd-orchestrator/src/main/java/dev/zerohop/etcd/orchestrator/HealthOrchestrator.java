package dev.zerohop.etcd.orchestrator;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Log;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.EtcdConnection;
import dev.zerohop.etcd.client.ServiceKeys;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One of any number of processes that probe the endpoints of a service together and publish to all its clients which of them are down.
 *
 * <p>One of them leads, by an election in etcd. Each endpoint is assigned to two of them and is marked down when both find it down, or the only one if there
 * is no other; at most a configured share is marked. Clients that follow the service in etcd read the verdicts there and probe nothing, so the number of
 * probes does not depend on the number of clients. While etcd is unreachable, probing continues and verdicts expire.
 *
 * <p>Thread-safe. Only {@link #close} blocks.
 */
public final class HealthOrchestrator implements AutoCloseable {
    private static final Log LOG = Log.of(HealthOrchestrator.class);

    private final OrchestratorRuntime runtime;

    private HealthOrchestrator(OrchestratorRuntime runtime) {
        this.runtime = runtime;
    }

    /** The role of an orchestrator. */
    public enum Role {
        /** It has no lease, since etcd cannot be read or was not read yet. It probes its last share. */
        DETACHED,
        /** It probes its share; another one leads. */
        FOLLOWER,
        /** It also assigns and decides. */
        LEADER
    }

    /**
     * The state of an orchestrator.
     *
     * @param leader the id of the leader; null for none
     * @param fence the revision at which the leader was elected; 0 without a leader
     * @param workers the orchestrators among which the endpoints are divided, in order
     * @param probed how many endpoints this one probes
     * @param down the endpoints that are marked down, each with the reason
     */
    public record Status(
            Role role,
            @Nullable String leader,
            long fence,
            List<String> workers,
            int probed,
            SortedMap<String, String> down) {}

    /** Is notified of changes, one at a time. Exceptions that it throws are logged. */
    public interface Listener {
        /** The role or the leader has changed. */
        default void onRole(Role role, @Nullable String leader, long fence) {}

        /** An endpoint is marked down by the leader; {@code agreed} are the workers that find it down. */
        default void onDown(String endpoint, String reason, List<String> agreed) {}

        /** An endpoint is no longer marked. */
        default void onLifted(String endpoint) {}

        /**
         * This one leads, and more endpoints are down than may be marked: those in {@code overLimit} stay unmarked. Called at each change, finally with an
         * empty list.
         */
        default void onLimit(List<String> overLimit, int limit) {}

        /** etcd cannot be read; probing continues. Called once until etcd answers again. */
        default void onUnreachable(String reason) {}
    }

    /**
     * Starts a builder.
     *
     * @param client stays open; it must outlive the orchestrator
     * @param service the service in etcd whose endpoints are probed
     * @param id the name of this orchestrator, unique within the service and stable over restarts
     * @param probe how endpoints are probed
     * @throws IllegalArgumentException if the service or the id is blank or has a slash
     */
    public static Builder builder(EtcdClient client, String service, String id, Probe probe) {
        return new Builder(client, new ServiceKeys(service), id, probe);
    }

    /** Starts the orchestrator. Returns at once, even while etcd is down. */
    public void start() {
        runtime.start();
    }

    /** The present state. */
    public Status status() {
        return runtime.status();
    }

    /**
     * Stops probing and resigns, so that another one leads at once. Verdicts stay until the new leader has decided. Waits for etcd; a failure is logged, and
     * another one takes over when the lease ends. Idempotent.
     */
    @Override
    public void close() {
        try {
            runtime.close().get(EtcdConnection.CALL_TIMEOUT_MILLIS * 2, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            LOG.warn("{}: could not resign; others take over when its lease ends", runtime, failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return runtime.toString();
    }

    /** Builds a {@link HealthOrchestrator}. All orchestrators of one service should have the same options. Not thread-safe. */
    public static final class Builder {
        private final EtcdClient client;
        private final ServiceKeys service;
        private final String id;
        private final Probe probe;
        private Duration interval = Duration.ofSeconds(5);
        private Duration timeout = Duration.ofSeconds(2);
        private int healthyThreshold = 2;
        private int unhealthyThreshold = 3;
        private Duration ttl = Duration.ofSeconds(30);
        private Duration lease = Duration.ofSeconds(10);
        private int maxDownPercent = 50;
        private Listener listener = new Listener() {};

        private Builder(EtcdClient client, ServiceKeys service, String id, Probe probe) {
            this.client = requireNonNull(client, "client");
            this.service = service;
            this.id = requireNonNull(id, "id");
            this.probe = requireNonNull(probe, "probe");
            ServiceKeys.requireSegment("orchestrator id", id);
        }

        /**
         * Sets the time between two probes of an endpoint by one orchestrator, with 15 % jitter; two orchestrators probe each endpoint. 100 ms to 1 h.
         * Default: 5 s.
         */
        public Builder interval(Duration interval) {
            this.interval = requireNonNull(interval, "interval");
            return this;
        }

        /** Sets how long a probe waits for its answer, 10 ms to the interval. Default: 2 s. */
        public Builder timeout(Duration timeout) {
            this.timeout = requireNonNull(timeout, "timeout");
            return this;
        }

        /** Sets how many probes in a row must succeed before an endpoint is healthy, 1 to 100. Default: 2. */
        public Builder healthyThreshold(int probes) {
            this.healthyThreshold = probes;
            return this;
        }

        /** Sets how many probes in a row must fail before an endpoint is down, 1 to 100. Default: 3. */
        public Builder unhealthyThreshold(int probes) {
            this.unhealthyThreshold = probes;
            return this;
        }

        /** Sets how long a verdict holds unless it is written again, three leases to 1 h, counted in whole seconds (rounded up). Default: 30 s. */
        public Builder ttl(Duration ttl) {
            this.ttl = requireNonNull(ttl, "ttl");
            return this;
        }

        /** Sets the length of the lease, after which a dead orchestrator is replaced, 2 s to 10 min, counted in whole seconds (rounded up). Default: 10 s. */
        public Builder lease(Duration lease) {
            this.lease = requireNonNull(lease, "lease");
            return this;
        }

        /** Sets how many of the endpoints that are ready may be marked down, rounded down; 0 to 100. Default: 50. */
        public Builder maxDownPercent(int percent) {
            this.maxDownPercent = percent;
            return this;
        }

        /** Sets the listener. Default: none. */
        public Builder listener(Listener listener) {
            this.listener = requireNonNull(listener, "listener");
            return this;
        }

        /**
         * Builds the orchestrator, not started yet.
         *
         * @throws IllegalArgumentException if a value is out of its range
         */
        public HealthOrchestrator build() {
            OrchestratorSettings settings = new OrchestratorSettings(
                    id, interval, timeout, healthyThreshold, unhealthyThreshold, ttl, lease, maxDownPercent);
            return new HealthOrchestrator(new OrchestratorRuntime(
                    client.cluster(),
                    new OrchestratorKeys(service),
                    settings,
                    probe.newProber(settings.timeout()),
                    listener));
        }
    }
}

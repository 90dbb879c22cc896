package dev.zerohop.etcd.orchestrator;

import dev.zerohop.etcd.client.ServiceKeys;
import java.time.Duration;

/** The options of an orchestrator, as {@link HealthOrchestrator.Builder} documents them; checked. */
record OrchestratorSettings(
        String id,
        Duration interval,
        Duration timeout,
        int healthyThreshold,
        int unhealthyThreshold,
        Duration ttl,
        Duration lease,
        int maxDownPercent) {

    /** A verdict must outlive a change of leaders, which takes up to one missed rewrite and the lease. */
    private static final int LEASES_PER_TTL = 3;

    OrchestratorSettings {
        ServiceKeys.requireSegment("orchestrator id", id);
        between("interval", interval, Duration.ofMillis(100), Duration.ofHours(1));
        between("timeout", timeout, Duration.ofMillis(10), interval);
        between("healthyThreshold", healthyThreshold, 1, 100);
        between("unhealthyThreshold", unhealthyThreshold, 1, 100);
        between("lease", lease, Duration.ofSeconds(2), Duration.ofMinutes(10));
        between("ttl", ttl, lease.multipliedBy(LEASES_PER_TTL), Duration.ofHours(1));
        between("maxDownPercent", maxDownPercent, 0, 100);
    }

    private static <T extends Comparable<T>> void between(String what, T value, T least, T most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(what + " was " + value + ", expected " + least + " to " + most);
        }
    }

    long leaseSeconds() {
        return wholeSeconds(lease);
    }

    long ttlSeconds() {
        return wholeSeconds(ttl);
    }

    private static long wholeSeconds(Duration duration) {
        return duration.plusNanos(999_999_999).toSeconds();
    }
}

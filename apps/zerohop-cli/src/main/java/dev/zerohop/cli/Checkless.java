package dev.zerohop.cli;

import dev.zerohop.BalancerSettings;
import dev.zerohop.HealthCheckPolicy;

/** What a source configures, without its active health checks: from where a tool runs they would find other things than from the clients. */
final class Checkless {
    private Checkless() {}

    static BalancerSettings of(BalancerSettings settings) {
        return settings.toBuilder().checks(HealthCheckPolicy.NONE).build();
    }
}

package dev.zerohop.spring.boot;

import dev.zerohop.spring.ServiceHealth;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** UP, with a sentence for each service; DOWN while a critical one has no usable endpoint. */
final class ZerohopHealthIndicator extends AbstractHealthIndicator {
    private final ServiceHealth health;

    ZerohopHealthIndicator(ServiceHealth health) {
        super("the state of services could not be read");
        this.health = health;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        ServiceHealth.Report report = health.report();
        (report.down() ? builder.down() : builder.up()).withDetails(report.details());
    }
}

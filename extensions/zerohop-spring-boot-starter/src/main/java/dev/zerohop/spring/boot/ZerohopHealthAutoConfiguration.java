package dev.zerohop.spring.boot;

import dev.zerohop.spring.ServiceHealth;
import dev.zerohop.spring.ZerohopServices;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The services in the health of the application; in none of its groups, such as liveness and readiness, unless the application says so. */
@AutoConfiguration(afterName = "dev.zerohop.spring.ZerohopAutoConfiguration")
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
class ZerohopHealthAutoConfiguration {

    @Bean
    @ConditionalOnEnabledHealthIndicator("zerohop")
    @ConditionalOnMissingBean(name = "zerohopHealthIndicator")
    ZerohopHealthIndicator zerohopHealthIndicator(ZerohopServices services) {
        return new ZerohopHealthIndicator(new ServiceHealth(services));
    }
}

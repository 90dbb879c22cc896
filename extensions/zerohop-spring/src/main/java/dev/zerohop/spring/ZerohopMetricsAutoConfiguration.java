package dev.zerohop.spring;

import dev.zerohop.micrometer.ZerohopMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Meters of all balancers of the process in the application's registry. It moved with Boot 4, hence both names. */
@AutoConfiguration(
        before = ZerohopAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnClass({MeterRegistry.class, ZerohopMetrics.class})
@EnableConfigurationProperties(ZerohopProperties.class)
class ZerohopMetricsAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnSingleCandidate(MeterRegistry.class)
    @ConditionalOnProperty(name = "zerohop.metrics.enabled", matchIfMissing = true)
    ZerohopMetrics zerohopMetrics(MeterRegistry registry, ZerohopProperties properties) {
        ZerohopProperties.Metrics metrics = properties.metrics();
        if (!metrics.perEndpoint()) {
            return ZerohopMetrics.of(registry);
        }
        try {
            return ZerohopMetrics.builder(registry)
                    .endpointMeters(metrics.maxEndpoints())
                    .build();
        } catch (IllegalArgumentException rejected) {
            throw new InvalidPropertyException("zerohop.metrics.max-endpoints", rejected.getMessage());
        }
    }
}

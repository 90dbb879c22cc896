package dev.zerohop.spring;

import dev.zerohop.opentelemetry.OpenTelemetryMetrics;
import dev.zerohop.opentelemetry.OpenTelemetryTracer;
import io.opentelemetry.api.OpenTelemetry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Meters and traces by OpenTelemetry itself, where Micrometer has none: with both, each attempt would be counted and described twice. The instance is that of Spring Boot 3.5, of 4, of OpenTelemetry's own starter, or a bean of the
 * application.
 */
@AutoConfiguration(
        after = {ZerohopMetricsAutoConfiguration.class, ZerohopTracingAutoConfiguration.class},
        before = ZerohopAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.opentelemetry.OpenTelemetryAutoConfiguration",
            "org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration",
            "io.opentelemetry.instrumentation.spring.autoconfigure.OpenTelemetryAutoConfiguration"
        })
@ConditionalOnClass({OpenTelemetry.class, OpenTelemetryMetrics.class})
@EnableConfigurationProperties(ZerohopProperties.class)
class ZerohopOpenTelemetryAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(value = OpenTelemetryMetrics.class, type = "dev.zerohop.micrometer.ZerohopMetrics")
    @ConditionalOnSingleCandidate(OpenTelemetry.class)
    @ConditionalOnProperty(name = "zerohop.metrics.enabled", matchIfMissing = true)
    OpenTelemetryMetrics zerohopOpenTelemetryMetrics(OpenTelemetry openTelemetry, ZerohopProperties properties) {
        ZerohopProperties.Metrics metrics = properties.metrics();
        if (!metrics.perEndpoint()) {
            return OpenTelemetryMetrics.of(openTelemetry);
        }
        try {
            return OpenTelemetryMetrics.builder(openTelemetry)
                    .endpointMeters(metrics.maxEndpoints())
                    .build();
        } catch (IllegalArgumentException rejected) {
            throw new InvalidPropertyException("zerohop.metrics.max-endpoints", rejected.getMessage());
        }
    }

    @Bean
    @ConditionalOnMissingBean(value = OpenTelemetryTracer.class, type = "dev.zerohop.micrometer.ObservationTracer")
    @ConditionalOnSingleCandidate(OpenTelemetry.class)
    @ConditionalOnProperty(name = "zerohop.tracing.enabled", matchIfMissing = true)
    OpenTelemetryTracer zerohopOpenTelemetryTracer() {
        return OpenTelemetryTracer.create();
    }
}

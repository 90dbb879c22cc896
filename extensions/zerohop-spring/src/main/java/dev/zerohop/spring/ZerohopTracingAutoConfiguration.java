package dev.zerohop.spring;

import dev.zerohop.micrometer.ObservationTracer;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/** Tells the observation that is current about the attempts of a call. Micrometer's and not OpenTelemetry's own: under Spring the former writes to the latter. It moved with Boot 4, hence both names. */
@AutoConfiguration(
        before = ZerohopAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.observation.ObservationAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnClass({ObservationRegistry.class, ObservationTracer.class})
class ZerohopTracingAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnSingleCandidate(ObservationRegistry.class)
    @ConditionalOnProperty(name = "zerohop.tracing.enabled", matchIfMissing = true)
    ObservationTracer zerohopTracer(ObservationRegistry registry) {
        return ObservationTracer.of(registry);
    }
}

package dev.zerohop.spring;

import dev.zerohop.BalancerListener;
import dev.zerohop.CallTracer;
import dev.zerohop.ResolverProvider;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/** The services; what clients of which kind need is in auto-configurations of their own. */
@AutoConfiguration
@EnableConfigurationProperties(ZerohopProperties.class)
class ZerohopAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    ZerohopServices zerohopServices(
            ZerohopProperties properties,
            ObjectProvider<ResolverProvider> providers,
            ObjectProvider<BalancerListener.Factory> listeners,
            ObjectProvider<CallTracer> tracers,
            ResourceLoader resources) {
        return new ZerohopServices(
                properties,
                providers.orderedStream().toList(),
                listeners.orderedStream().toList(),
                tracers.orderedStream().toList(),
                resources);
    }

    @Bean
    PropertyChanges zerohopPropertyChanges(ZerohopServices services, Environment environment) {
        return new PropertyChanges(services, environment);
    }
}

package dev.zerohop.spring;

import dev.zerohop.ResolverProvider;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.annotation.Bean;

/** Targets {@code discovery:///NAME}. */
@AutoConfiguration(before = ZerohopAutoConfiguration.class)
@ConditionalOnClass(DiscoveryClient.class)
class ZerohopDiscoveryAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "zerohopDiscoveryResolverProvider")
    ResolverProvider zerohopDiscoveryResolverProvider(ObjectProvider<DiscoveryClient> client) {
        return new DiscoveryResolverProvider(client::getObject);
    }
}

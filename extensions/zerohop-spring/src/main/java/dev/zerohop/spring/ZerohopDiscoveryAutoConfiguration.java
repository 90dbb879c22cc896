package dev.zerohop.spring;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.annotation.Bean;

/** Targets {@code discovery:///NAME}. */
@AutoConfiguration(before = ZerohopAutoConfiguration.class)
@ConditionalOnClass(DiscoveryClient.class)
class ZerohopDiscoveryAutoConfiguration {

    @Bean
    DiscoveryResolverProvider zerohopDiscoveryResolverProvider(ObjectProvider<DiscoveryClient> client) {
        return new DiscoveryResolverProvider(client::getObject);
    }
}

package dev.zerohop.spring;

import java.util.List;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClients;
import org.springframework.cloud.loadbalancer.core.ReactorServiceInstanceLoadBalancer;
import org.springframework.context.annotation.Bean;

/** The services for clients that are {@code @LoadBalanced} by Spring Cloud. */
@AutoConfiguration(after = ZerohopAutoConfiguration.class)
@ConditionalOnClass(ReactorServiceInstanceLoadBalancer.class)
@LoadBalancerClients(defaultConfiguration = CloudClientConfiguration.class)
class ZerohopCloudAutoConfiguration {

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    CloudBalancers zerohopCloudBalancers(ZerohopServices services) {
        return new CloudBalancers(services);
    }

    @Bean
    ZerohopLifecycle zerohopCloudLifecycle(CloudBalancers balancers) {
        return new ZerohopLifecycle(List.of(balancers));
    }
}

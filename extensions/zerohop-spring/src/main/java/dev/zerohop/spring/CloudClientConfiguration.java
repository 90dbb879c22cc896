package dev.zerohop.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.cloud.loadbalancer.core.ReactorLoadBalancer;
import org.springframework.cloud.loadbalancer.core.ReactorServiceInstanceLoadBalancer;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * What Spring Cloud makes for each of its clients, in a context of the client's own: for a service of zerohop's, zerohop's load balancer; for others nothing, so that they have their own. Nothing for applications to use: it is public since what Spring
 * writes down ahead of time, for a native image, names it from another package.
 */
@Configuration(proxyBeanMethods = false)
public final class CloudClientConfiguration {
    CloudClientConfiguration() {}

    /** Whether the client's name is that of a service which such clients may take. */
    static final class OnService implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            Environment environment = context.getEnvironment();
            String name = name(environment);
            if (name == null || !name.matches("[a-z0-9.-]+")) {
                return false;
            }
            // The whole map: a single name that has a dash is not found by itself.
            ZerohopProperties.Service service = Binder.get(environment)
                    .bind("zerohop.services", Bindable.mapOf(String.class, ZerohopProperties.Service.class))
                    .map(services -> services.get(name))
                    .orElse(null);
            ZerohopProperties.Adapter adapter = service == null ? null : service.adapter();
            return adapter == ZerohopProperties.Adapter.ANY || adapter == ZerohopProperties.Adapter.CLOUD;
        }

        private static @Nullable String name(Environment environment) {
            return LoadBalancerClientFactory.getName(environment);
        }
    }

    /** One that the application states for a client goes before. */
    @Bean
    @Conditional(OnService.class)
    @ConditionalOnMissingBean(ReactorLoadBalancer.class)
    ReactorServiceInstanceLoadBalancer zerohopLoadBalancer(Environment environment, CloudBalancers balancers) {
        return new ZerohopLoadBalancer(balancers.balancer(LoadBalancerClientFactory.getName(environment)));
    }

    @Bean
    @Conditional(OnService.class)
    LeaseLifecycle zerohopLeases() {
        return new LeaseLifecycle();
    }
}

package dev.zerohop.spring;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import okhttp3.OkHttpClient;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/**
 * Registers what {@link Zerohop} asks for, for each service that is configured. These beans are injected by that qualifier only: to all others, the conditions of auto-configurations included, they are not there.
 */
final class ClientRegistrar implements BeanDefinitionRegistryPostProcessor {
    private final Environment environment;
    private final BeanFactory beans;

    ClientRegistrar(Environment environment, BeanFactory beans) {
        this.environment = environment;
        this.beans = beans;
    }

    @Override
    public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
        for (String name : names()) {
            register(
                            registry,
                            name,
                            RestClient.Builder.class,
                            service -> bean(RestClients.class).builder(service))
                    .setScope(BeanDefinition.SCOPE_PROTOTYPE);
            register(
                    registry,
                    name,
                    ClientHttpRequestFactory.class,
                    service -> bean(ZerohopHttp.class).requestFactory(service));
            register(
                    registry,
                    name,
                    OkHttpClient.class,
                    service -> bean(ZerohopHttp.class).client(service));
        }
    }

    private <T> T bean(Class<T> type) {
        return beans.getBean(type);
    }

    private Set<String> names() {
        Map<String, Object> services = Binder.get(environment)
                .bind("zerohop.services", Bindable.mapOf(String.class, Object.class))
                .orElse(Map.of());
        return new TreeSet<>(services.keySet());
    }

    private static <T> RootBeanDefinition register(
            BeanDefinitionRegistry registry, String service, Class<T> type, Function<String, T> make) {
        RootBeanDefinition definition = new RootBeanDefinition(type, () -> make.apply(service));
        definition.setDefaultCandidate(false);
        definition.setLazyInit(true);
        definition.addQualifier(new AutowireCandidateQualifier(Zerohop.class, service));
        registry.registerBeanDefinition("zerohop." + service + "." + type.getName(), definition);
        return definition;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {}
}

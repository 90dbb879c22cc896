package dev.zerohop.spring;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import okhttp3.OkHttpClient;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
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
 * Registers what {@link Zerohop} asks for, for each service that is configured. These beans are injected by that qualifier only: to all others, the conditions of auto-configurations included, they are not there. Each is made by a
 * method of a bean, so that it can be written down ahead of time, when a native image is built.
 */
final class ClientRegistrar implements BeanDefinitionRegistryPostProcessor {
    private final Environment environment;

    ClientRegistrar(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
        for (String name : names()) {
            register(registry, name, RestClient.Builder.class, "builder", BeanDefinition.SCOPE_PROTOTYPE);
            register(registry, name, ClientHttpRequestFactory.class, "requestFactory", BeanDefinition.SCOPE_SINGLETON);
            register(registry, name, OkHttpClient.class, "client", BeanDefinition.SCOPE_SINGLETON);
        }
    }

    private Set<String> names() {
        Map<String, Object> services = Binder.get(environment)
                .bind("zerohop.services", Bindable.mapOf(String.class, Object.class))
                .orElse(Map.of());
        return new TreeSet<>(services.keySet());
    }

    private static void register(
            BeanDefinitionRegistry registry, String service, Class<?> type, String method, String scope) {
        String bean = "zerohop." + service + "." + type.getName();
        if (registry.containsBeanDefinition(bean)) {
            // It was written down ahead of time, which leaves this out.
            ((AbstractBeanDefinition) registry.getBeanDefinition(bean)).setDefaultCandidate(false);
            return;
        }
        RootBeanDefinition definition = new RootBeanDefinition();
        definition.setTargetType(type);
        definition.setFactoryBeanName(RestClients.BEAN);
        definition.setFactoryMethodName(method);
        definition.getConstructorArgumentValues().addIndexedArgumentValue(0, service);
        definition.setScope(scope);
        definition.setDefaultCandidate(false);
        definition.setLazyInit(true);
        definition.addQualifier(new AutowireCandidateQualifier(Zerohop.class, service));
        registry.registerBeanDefinition(bean, definition);
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {}
}

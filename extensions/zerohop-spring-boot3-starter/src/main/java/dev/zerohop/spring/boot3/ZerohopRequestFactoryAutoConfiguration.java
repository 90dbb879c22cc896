package dev.zerohop.spring.boot3;

import dev.zerohop.spring.ZerohopHttp;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.context.annotation.Bean;

/** {@code zerohop.http.auto=true}: clients that Spring Boot builds reach services by their names. */
@AutoConfiguration
@ConditionalOnClass(ClientHttpRequestFactoryBuilder.class)
@ConditionalOnProperty(name = "zerohop.http.auto", havingValue = "true")
class ZerohopRequestFactoryAutoConfiguration {

    /** Wraps the builder that there is, the application's own included, so that what does not go to a service is sent as before. */
    @Bean
    static BeanPostProcessor zerohopRequestFactories(ObjectProvider<ZerohopHttp> http) {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return bean instanceof ClientHttpRequestFactoryBuilder<?> builder
                        ? new RoutingFactoryBuilder(builder, http.getObject())
                        : bean;
            }
        };
    }
}

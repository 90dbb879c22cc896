package dev.zerohop.spring;

import dev.zerohop.okhttp.ZerohopOkHttp;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.web.client.RestClient;

/** HTTP clients of services, over OkHttp. */
@AutoConfiguration(after = ZerohopAutoConfiguration.class)
@ConditionalOnClass({ZerohopOkHttp.class, RestClient.class})
class ZerohopHttpAutoConfiguration {

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    ZerohopHttp zerohopHttp(ZerohopServices services, ObjectProvider<ZerohopCustomizer> customizers) {
        return new ZerohopHttp(services, customizers.orderedStream().toList());
    }

    @Bean
    ZerohopLifecycle zerohopHttpLifecycle(ZerohopHttp http) {
        return new ZerohopLifecycle(List.of(http));
    }

    @Bean(RestClients.BEAN)
    RestClients zerohopRestClients(ObjectProvider<RestClient.Builder> ofBoot, ZerohopHttp http) {
        return new RestClients(ofBoot, http);
    }

    @Bean
    static ClientRegistrar zerohopClientRegistrar(Environment environment) {
        return new ClientRegistrar(environment);
    }
}

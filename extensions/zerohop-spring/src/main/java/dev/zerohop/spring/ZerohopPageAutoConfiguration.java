package dev.zerohop.spring;

import dev.zerohop.admin.StatusPage;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AbstractDependsOnBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/** The status page under the actuator, where lb-admin is there and the endpoint is exposed: {@code management.endpoints.web.exposure.include=zerohoppage}. */
@AutoConfiguration(before = ZerohopAutoConfiguration.class)
@ConditionalOnClass({StatusPage.class, WebEndpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnProperty(name = "zerohop.page.enabled", matchIfMissing = true)
class ZerohopPageAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint(endpoint = ZerohopPageEndpoint.class)
    StatusPage zerohopStatusPage() {
        return StatusPage.create();
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint
    ZerohopPageEndpoint zerohopPageEndpoint(StatusPage page) {
        return new ZerohopPageEndpoint(page);
    }

    /** Clients ask for the services before they make a balancer, and of balancers that are older than the page it knows too little. */
    @Bean
    static PageFirst zerohopPageFirst() {
        return new PageFirst();
    }

    static final class PageFirst extends AbstractDependsOnBeanFactoryPostProcessor {
        PageFirst() {
            super(ZerohopServices.class, StatusPage.class);
        }
    }
}

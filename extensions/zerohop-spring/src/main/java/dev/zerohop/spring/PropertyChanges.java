package dev.zerohop.spring;

import dev.zerohop.Log;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/** Puts properties in force that Spring Cloud reports as changed. The event is known by its name: without Spring Cloud it never comes. */
final class PropertyChanges implements ApplicationListener<ApplicationEvent> {
    private static final Log LOG = Log.of(PropertyChanges.class);
    private static final String CHANGED = "org.springframework.cloud.context.environment.EnvironmentChangeEvent";

    private final ZerohopServices services;
    private final Environment environment;

    PropertyChanges(ZerohopServices services, Environment environment) {
        this.services = services;
        this.environment = environment;
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        if (event.getClass().getName().equals(CHANGED)) {
            take();
        }
    }

    private void take() {
        try {
            Binder.get(environment).bind("zerohop", ZerohopProperties.class).ifBound(services::update);
        } catch (RuntimeException rejected) {
            LOG.error("changed properties are rejected, those before stay in force: {}", rejected.getMessage());
        }
    }
}

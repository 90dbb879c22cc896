package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.spring.ZerohopHttp;
import dev.zerohop.spring.ZerohopServices;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.client.RestClient;

/** In which order an application ends. */
class StarterShutdownTest {

    @Configuration
    @EnableAutoConfiguration
    static class Application {

        /** Calls while it stops, as requests do that the web server still lets end: in its phase. */
        @Bean
        LastCaller lastCaller(ZerohopHttp http) {
            return new LastCaller(http);
        }
    }

    static final class LastCaller implements SmartLifecycle {
        private static final int OF_THE_WEB_SERVER = DEFAULT_PHASE - 2048;

        final List<String> answers = new ArrayList<>();
        private final RestClient client;
        private boolean running;

        LastCaller(ZerohopHttp http) {
            client = RestClient.builder()
                    .requestFactory(http.requestFactory("orders"))
                    .build();
        }

        @Override
        public void start() {
            running = true;
        }

        @Override
        public void stop() {
            running = false;
            answers.add(client.get().uri("http://orders/last").retrieve().body(String.class));
        }

        @Override
        public boolean isRunning() {
            return running;
        }

        @Override
        public int getPhase() {
            return OF_THE_WEB_SERVER;
        }
    }

    @Test
    void balancersEndAfterTheRequestsOfTheWebServer() {
        try (HttpServers servers = new HttpServers(1)) {
            ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                    .web(WebApplicationType.NONE)
                    .properties("zerohop.services.orders.target=" + servers.target())
                    .run();
            LastCaller caller = context.getBean(LastCaller.class);
            ZerohopHttp http = context.getBean(ZerohopHttp.class);
            ZerohopServices services = context.getBean(ZerohopServices.class);
            List<Balancer> running = services.balancers("orders");
            assertThat(running).hasSize(1);

            context.close();

            assertThat(caller.answers).singleElement().asString().startsWith("GET /last host=orders");
            assertThat(services.balancers("orders")).isEmpty();
            assertThatThrownBy(() -> http.client("orders"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("after the application had ended");
        }
    }
}

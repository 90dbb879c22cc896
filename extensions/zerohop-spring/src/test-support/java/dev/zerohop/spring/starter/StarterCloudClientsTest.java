package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.spring.ZerohopServices;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.cloud.openfeign.EnableFeignClients;
import org.springframework.cloud.openfeign.FeignClient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;

/** The other clients of Spring Cloud LoadBalancer: WebClient, OpenFeign, Gateway; and a key in a header. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.cloud.gateway.server.webmvc.routes[0].id=orders",
            "spring.cloud.gateway.server.webmvc.routes[0].uri=lb://gateway-orders",
            "spring.cloud.gateway.server.webmvc.routes[0].predicates[0]=Path=/orders/**",
            "zerohop.services.keyed.config={\"policy\": \"rendezvous\", \"key\": {\"header\": \"x-customer\"}}",
            "spring.cloud.loadbalancer.stats.micrometer.enabled=true",
            "spring.cloud.loadbalancer.cache.enabled=false"
        })
class StarterCloudClientsTest {
    private static final HttpServers SERVERS = new HttpServers(3);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @FeignClient("feign-orders")
    interface Orders {
        @GetMapping("/orders/{id}")
        String order(@PathVariable("id") String id);
    }

    @Configuration
    @EnableAutoConfiguration
    @EnableFeignClients(clients = Orders.class)
    static class Application {

        @Bean
        @LoadBalanced
        WebClient.Builder webClientBuilder() {
            return WebClient.builder();
        }
    }

    @Autowired
    private WebClient.Builder webClients;

    @Autowired
    private Orders feign;

    @Autowired
    private Environment environment;

    @Autowired
    private MeterRegistry meters;

    @Autowired
    private ZerohopServices services;

    @DynamicPropertySource
    static void targets(DynamicPropertyRegistry registry) {
        for (String service : new String[] {"web-orders", "feign-orders", "gateway-orders", "left-orders"}) {
            registry.add("zerohop.services." + service + ".target", SERVERS::target);
            registry.add("zerohop.services." + service + ".policy", () -> "round_robin");
        }
        registry.add("zerohop.services.keyed.target", SERVERS::target);
    }

    @BeforeEach
    void forget() {
        SERVERS.forget();
    }

    @AfterAll
    static void close() {
        SERVERS.close();
    }

    /** Each call went over a lease that began and ended. */
    private void assertBalancedByZerohop(String service) {
        assertThat(SERVERS.calls()).allSatisfy(calls -> assertThat(calls).isBetween(5, 15));
        Balancer balancer = services.balancers(service).get(0);
        assertThat(balancer.adapter()).isEqualTo("spring-cloud");
        assertThat(balancer.state().members())
                .allSatisfy(member -> assertThat(member.traffic().inFlight()).isZero());
        assertThat(meters.get("zerohop.attempts").tags("service", service, "outcome", "success").timers().stream()
                        .mapToLong(Timer::count)
                        .sum())
                .isEqualTo(30);
        // Spring Cloud counts beside.
        assertThat(meters.get("loadbalancer.requests.success").tag("serviceId", service).timers().stream()
                        .mapToLong(Timer::count)
                        .sum())
                .isEqualTo(30);
    }

    @Test
    void aLoadBalancedWebClientReachesAService() {
        WebClient client = webClients.clone().baseUrl("http://web-orders").build();
        for (int i = 0; i < 30; i++) {
            assertThat(client.get().uri("/orders/7").retrieve().bodyToMono(String.class).block(PATIENCE))
                    .startsWith("GET /orders/7 ");
        }
        assertBalancedByZerohop("web-orders");
    }

    @Test
    void aFeignClientReachesAService() {
        for (int i = 0; i < 30; i++) {
            assertThat(feign.order("7")).startsWith("GET /orders/7 ");
        }
        assertBalancedByZerohop("feign-orders");
    }

    @Test
    void aRouteOfTheGatewayReachesAService() throws Exception {
        HttpClient outside = HttpClient.newHttpClient();
        URI uri = URI.create("http://localhost:" + environment.getProperty("local.server.port") + "/orders/7");
        for (int i = 0; i < 30; i++) {
            HttpResponse<String> answer =
                    outside.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.body()).startsWith("GET /orders/7 ");
        }
        assertBalancedByZerohop("gateway-orders");
    }

    @Test
    void aCallThatIsCancelledIsNotInFlightForEver() throws InterruptedException {
        WebClient client = webClients.clone().baseUrl("http://left-orders").build();
        CountDownLatch cancelled = new CountDownLatch(1);
        Disposable call = client.get()
                .uri("/hanging")
                .retrieve()
                .bodyToMono(String.class)
                .doOnCancel(cancelled::countDown)
                .subscribe();
        Awaitility.await().atMost(PATIENCE).until(() -> SERVERS.calls().contains(1));
        Balancer balancer = services.balancers("left-orders").get(0);
        assertThat(inFlight(balancer)).isEqualTo(1);
        call.dispose();
        assertThat(cancelled.await(60, TimeUnit.SECONDS)).isTrue();
        call = null;
        Awaitility.await().atMost(PATIENCE).until(() -> {
            System.gc();
            return inFlight(balancer) == 0;
        });
    }

    private static int inFlight(Balancer balancer) {
        return balancer.state().members().stream()
                .mapToInt(member -> member.traffic().inFlight())
                .sum();
    }

    @Test
    void aKeyInAHeaderPlacesTheCall() {
        WebClient client = webClients.clone().baseUrl("http://keyed").build();
        // So many that none of three servers is left out by chance, wherever the ports of this run place them.
        for (int customer = 0; customer < 60; customer++) {
            for (int call = 0; call < 2; call++) {
                client.get()
                        .uri("/orders/7")
                        .header("X-Customer", "customer-" + customer)
                        .retrieve()
                        .bodyToMono(String.class)
                        .block(PATIENCE);
            }
            // Both to one server, whatever came before.
            assertThat(SERVERS.calls()).allSatisfy(calls -> assertThat(calls % 2).isZero());
        }
        assertThat(SERVERS.calls()).allSatisfy(calls -> assertThat(calls).isPositive());
    }
}

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
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.util.ClassUtils;

/** An application on WebFlux, without servlets: Spring Cloud's gateway for it, and what the actuator shows. */
@Tag("webflux")
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.cloud.gateway.server.webflux.routes[0].id=orders",
            "spring.cloud.gateway.server.webflux.routes[0].uri=lb://orders",
            "spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/orders/**",
            "spring.cloud.gateway.server.webflux.routes[1].id=failing",
            "spring.cloud.gateway.server.webflux.routes[1].uri=lb://failing",
            "spring.cloud.gateway.server.webflux.routes[1].predicates[0]=Path=/failing/**",
            "spring.cloud.gateway.server.webflux.routes[2].id=gone",
            "spring.cloud.gateway.server.webflux.routes[2].uri=lb://gone",
            "spring.cloud.gateway.server.webflux.routes[2].predicates[0]=Path=/gone/**",
            "spring.cloud.gateway.server.webflux.routes[3].id=left",
            "spring.cloud.gateway.server.webflux.routes[3].uri=lb://left",
            "spring.cloud.gateway.server.webflux.routes[3].predicates[0]=Path=/hanging/**",
            "spring.cloud.gateway.server.webflux.routes[4].id=keyed",
            "spring.cloud.gateway.server.webflux.routes[4].uri=lb://keyed",
            "spring.cloud.gateway.server.webflux.routes[4].predicates[0]=Path=/keyed/**",
            "zerohop.services.keyed.config={\"policy\": \"rendezvous\", \"key\": {\"header\": \"x-customer\"}}",
            "zerohop.services.gone.target=static:///127.0.0.1:1",
            "management.endpoints.web.exposure.include=health,zerohop,zerohoppage",
            "management.endpoint.health.show-details=always"
        })
class StarterWebFluxTest {
    private static final HttpServers SERVERS = new HttpServers(3);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Configuration
    @EnableAutoConfiguration
    static class Application {}

    private final HttpClient outside = HttpClient.newHttpClient();

    @Autowired
    private Environment environment;

    @Autowired
    private MeterRegistry meters;

    @Autowired
    private ZerohopServices services;

    @DynamicPropertySource
    static void targets(DynamicPropertyRegistry registry) {
        for (String service : new String[] {"orders", "failing", "left"}) {
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

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://localhost:" + environment.getProperty("local.server.port") + path));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return outside.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private long attempts(String service, String outcome) {
        return meters.find("zerohop.attempts").tags("service", service, "outcome", outcome).timers().stream()
                .mapToLong(Timer::count)
                .sum();
    }

    private static int inFlight(Balancer balancer) {
        return balancer.state().members().stream()
                .mapToInt(member -> member.traffic().inFlight())
                .sum();
    }

    @Test
    void thereAreNoServletsHere() {
        assertThat(ClassUtils.isPresent("jakarta.servlet.http.HttpServletResponse", null)).isFalse();
    }

    @Test
    void aRouteOfTheGatewayReachesAService() throws Exception {
        for (int i = 0; i < 30; i++) {
            assertThat(get("/orders/7").body()).startsWith("GET /orders/7 ");
        }
        assertThat(SERVERS.calls()).allSatisfy(calls -> assertThat(calls).isBetween(9, 11));
        Balancer balancer = services.balancers("orders").get(0);
        assertThat(balancer.adapter()).isEqualTo("spring-cloud");
        // The gateway reports the end of a call after it has answered.
        Awaitility.await().atMost(PATIENCE).until(() -> attempts("orders", "success") == 30 && inFlight(balancer) == 0);
    }

    @Test
    void anAnswerOfTheServerThatIsAnErrorCountsAsOne() throws Exception {
        assertThat(get("/failing/7").statusCode()).isEqualTo(500);
        Awaitility.await().atMost(PATIENCE).until(() -> attempts("failing", "error_response") == 1);
    }

    @Test
    void aConnectionThatIsRefusedCountsAsThat() throws Exception {
        assertThat(get("/gone/7").statusCode()).isGreaterThanOrEqualTo(500);
        Awaitility.await().atMost(PATIENCE).until(() -> attempts("gone", "connect_failure") == 1);
    }

    @Test
    void aCallerThatLeavesLeavesNoCallInFlight() {
        CompletableFuture<HttpResponse<String>> call =
                outside.sendAsync(request("/hanging/7").build(), HttpResponse.BodyHandlers.ofString());
        Awaitility.await().atMost(PATIENCE).until(() -> SERVERS.calls().contains(1));
        Balancer balancer = services.balancers("left").get(0);
        assertThat(inFlight(balancer)).isEqualTo(1);
        call.cancel(true);
        Awaitility.await().atMost(PATIENCE).until(() -> {
            System.gc();
            return inFlight(balancer) == 0;
        });
        assertThat(attempts("left", "cancelled")).isEqualTo(1);
    }

    @Test
    void aKeyInAHeaderPlacesTheCall() throws Exception {
        // So many that none of three servers is left out by chance, wherever the ports of this run place them.
        for (int customer = 0; customer < 60; customer++) {
            for (int call = 0; call < 2; call++) {
                HttpRequest request = request("/keyed/7")
                        .header("X-Customer", "customer-" + customer)
                        .build();
                outside.send(request, HttpResponse.BodyHandlers.ofString());
            }
            // Both to one server, whatever came before.
            assertThat(SERVERS.calls()).allSatisfy(calls -> assertThat(calls % 2).isZero());
        }
        assertThat(SERVERS.calls()).allSatisfy(calls -> assertThat(calls).isPositive());
    }

    @Test
    void theActuatorShowsTheServices() throws Exception {
        get("/orders/7");
        assertThat(get("/actuator/zerohop/orders").body()).contains("\"adapter\":\"spring-cloud\"");
        assertThat(get("/actuator/zerohop/nobody").statusCode()).isEqualTo(404);
        assertThat(get("/actuator/health").body()).contains("spring-cloud: 3 of 3 endpoints are usable");
    }

    @Test
    void theStatusPageStatesItsPolicyItself() throws Exception {
        get("/orders/7");
        assertThat(get("/actuator/zerohoppage").body()).contains("url=zerohoppage/\"");
        HttpResponse<String> page = get("/actuator/zerohoppage/?service=orders");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains(SERVERS.all().get(0).address())
                .contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-")
                .doesNotContain("frame-ancestors");
        assertThat(get("/actuator/zerohoppage/state.json").body()).startsWith("{\"at\":");
    }
}

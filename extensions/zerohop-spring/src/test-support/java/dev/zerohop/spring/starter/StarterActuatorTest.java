package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.spring.Zerohop;
import io.micrometer.common.KeyValue;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

/** What the actuator shows, while all is well and when all servers are gone. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "management.endpoints.web.exposure.include=health,zerohop,zerohoppage",
            "management.endpoint.health.probes.enabled=true",
            "management.endpoint.health.show-details=always",
            "management.endpoint.health.group.ready-with-services.include=readinessState,zerohop",
            "zerohop.services.stock.health.critical=true",
            "zerohop.services.unused.target=static:///127.0.0.1:1",
            "zerohop.services.unused.adapter=okhttp",
            "zerohop.services.unused.policy=least_request",
            "zerohop.services.unused.health.critical=true"
        })
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StarterActuatorTest {
    private static final HttpServers ORDERS = new HttpServers(2);
    private static final HttpServers STOCK = new HttpServers(2);

    private static final List<Observation.Context> CONTEXTS = new CopyOnWriteArrayList<>();

    @Configuration
    @EnableAutoConfiguration
    static class Application {

        @Bean
        ObservationHandler<Observation.Context> remembering() {
            return new ObservationHandler<>() {
                @Override
                public void onStop(Observation.Context context) {
                    CONTEXTS.add(context);
                }

                @Override
                public boolean supportsContext(Observation.Context context) {
                    return true;
                }
            };
        }
    }

    @Autowired
    private Environment environment;

    @Autowired
    private MeterRegistry meters;

    @Autowired
    private ObservationRegistry observations;

    @Autowired
    @Zerohop("orders")
    private RestClient.Builder orders;

    @Autowired
    @Zerohop("odd")
    private RestClient.Builder odd;

    @Autowired
    @Zerohop("stock")
    private RestClient.Builder stock;

    @DynamicPropertySource
    static void targets(DynamicPropertyRegistry registry) {
        registry.add("zerohop.services.orders.target", ORDERS::target);
        registry.add("zerohop.services.stock.target", STOCK::target);
        // The id is markup.
        registry.add("zerohop.services.odd.target", () -> ORDERS.target() + ";id=%3Cb%3Eodd%3C%2Fb%3E");
    }

    @AfterAll
    static void close() {
        ORDERS.close();
        STOCK.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        URI uri = URI.create("http://localhost:" + environment.getProperty("local.server.port") + "/actuator" + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    @Order(0)
    void aServiceThatNoClientHasUsedYetIsAnsweredWithWhatIsConfigured() throws Exception {
        HttpResponse<String> unused = get("/zerohop/unused");
        assertThat(unused.statusCode()).isEqualTo(200);
        assertThat(unused.body())
                .contains("\"service\":\"unused\"")
                .contains("\"target\":\"static:///127.0.0.1:1\"")
                .contains("\"adapter\":\"OKHTTP\"")
                .contains("\"critical\":true")
                .contains("least_request")
                .contains("\"status\":\"not started: no client has used it yet\"")
                .contains("\"balancers\":[]");
        assertThat(get("/zerohop/unused/explain?key=7").body())
                .contains("not started")
                .contains("\"explanations\":[]");
        assertThat(get("/zerohop/unused/other").statusCode()).isEqualTo(404);
        assertThat(get("/zerohop").body()).contains("\"service\":\"unused\"").contains("\"service\":\"orders\"");
        assertThat(get("/zerohop/nobody").statusCode()).isEqualTo(404);
        assertThat(get("/zerohop/nobody/explain").statusCode()).isEqualTo(404);
    }

    @Test
    @Order(1)
    void theEndpointShowsEveryBalancerAndWhyACallGoesWhere() throws Exception {
        orders.build().get().uri("/orders").retrieve().body(String.class);
        stock.build().get().uri("/stock").retrieve().body(String.class);
        assertThat(get("/zerohop").body())
                .contains("\"service\":\"orders\"")
                .contains(ORDERS.all().get(0).address())
                .contains("\"service\":\"stock\"");
        assertThat(get("/zerohop/orders").body())
                .contains("\"service\":\"orders\"")
                .contains("\"status\":\"running\"")
                .doesNotContain("\"stock\"");
        assertThat(get("/zerohop/orders/explain?key=customer-7").body())
                .contains("explanation")
                .contains(ORDERS.all().get(0).address());
        assertThat(get("/zerohop/orders/explain").statusCode()).isEqualTo(200);
        assertThat(get("/zerohop/orders/other").statusCode()).isEqualTo(404);
        assertThat(get("/zerohop/nobody").statusCode()).isEqualTo(404);
    }

    @Test
    @Order(2)
    void theStatusPageShowsEveryEndpointAndMarkupAsText() throws Exception {
        orders.build().get().uri("/orders").retrieve().body(String.class);
        odd.build().get().uri("/odd").retrieve().body(String.class);
        HttpResponse<String> page = get("/zerohoppage/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html;charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy).startsWith("default-src 'none'; style-src 'sha256-"));
        assertThat(page.headers().firstValue("X-Frame-Options")).hasValue("DENY");
        assertThat(page.body())
                .contains(ORDERS.all().get(0).address())
                .contains(ORDERS.all().get(1).address());
        assertThat(get("/zerohoppage/?service=odd").body())
                .contains("&lt;b&gt;odd")
                .doesNotContain("<b>odd")
                .doesNotContain("class=\"problem")
                // It was made before the balancers: their attempts are counted.
                .doesNotContain("not counted");
    }

    @Test
    @Order(2)
    void whatIsBelowTheStatusPageIsFoundByItsLinks() throws Exception {
        orders.build().get().uri("/orders").retrieve().body(String.class);
        assertThat(get("/zerohoppage").body()).contains("url=zerohoppage/\"");
        assertThat(get("/zerohoppage/?service=orders&q=%3Ci%3E").body())
                .contains("&lt;i&gt;")
                .doesNotContain("<i>")
                .doesNotContain("stock");
        assertThat(get("/zerohoppage/explain?service=orders&key=customer%207%26").body())
                .contains("customer 7&amp;")
                .contains(ORDERS.all().get(0).address());
        HttpResponse<String> state = get("/zerohoppage/state.json");
        assertThat(state.body()).startsWith("{\"at\":").contains("\"service\":\"orders\"");
        assertThat(state.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(get("/zerohoppage/other/path").statusCode()).isEqualTo(404);
    }

    @Test
    @Order(2)
    void callsAreCountedWhereMicrometerIsThere() {
        assertThat(meters.get("zerohop.attempts").tag("service", "orders").timers())
                .anySatisfy(timer -> assertThat(timer.count()).isPositive());
    }

    @Test
    @Order(2)
    void theObservationOfACallIsToldWhereItWent() {
        Observation observation = Observation.start("test", observations);
        try (Observation.Scope scope = observation.openScope()) {
            orders.build().get().uri("/orders").retrieve().body(String.class);
            assertThat(scope).isNotNull();
        }
        observation.stop();
        assertThat(CONTEXTS).anySatisfy(context -> assertThat(context.getHighCardinalityKeyValues().stream()
                        .map(KeyValue::getValue))
                .contains("orders"));
    }

    @Test
    @Order(2)
    void allIsWell() throws Exception {
        assertThat(get("/health").body()).contains("okhttp: 2 of 2 endpoints are usable");
        assertThat(get("/health/readiness").statusCode()).isEqualTo(200);
        assertThat(get("/health/ready-with-services").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(3)
    void aServiceWithoutServersIsShownAndTakesNothingDown() throws Exception {
        ORDERS.close();
        await().until(() -> {
            fail(orders);
            return get("/health").body().contains("okhttp: 0 of 2 endpoints are usable");
        });
        assertThat(get("/health").statusCode()).isEqualTo(200);
        assertThat(get("/health/readiness").statusCode()).isEqualTo(200);
        assertThat(get("/health/liveness").statusCode()).isEqualTo(200);
        assertThat(get("/health/ready-with-services").statusCode()).isEqualTo(200);
        assertThat(get("/zerohoppage/?service=orders").body()).containsPattern("<p class=\"problem( bad)?\">orders: ");
    }

    @Test
    @Order(4)
    void aCriticalServiceWithoutServersIsDownWhereThatIsAskedFor() throws Exception {
        STOCK.close();
        await().until(() -> {
            fail(stock);
            return get("/health").statusCode() == 503
                    && get("/health/ready-with-services").statusCode() == 503;
        });
        assertThat(get("/health/readiness").statusCode()).isEqualTo(200);
        assertThat(get("/health/liveness").statusCode()).isEqualTo(200);
    }

    /** Now and then an endpoint that is out may take a call to show that it is well, and counts as usable until that has failed. */
    private static void fail(RestClient.Builder builder) {
        RestClient client = builder.build();
        for (int i = 0; i < 3; i++) {
            try {
                client.get().uri("/").retrieve().body(String.class);
            } catch (ResourceAccessException expected) {
                // As it should be.
            }
        }
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60));
    }
}

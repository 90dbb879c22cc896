package com.example.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.core.env.Environment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

/** Three servers of each service, and the application in front of them. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ShopApplicationTest {
    private static final OrdersServers ORDERS = new OrdersServers();
    private static final StockServers STOCK = new StockServers();

    @Autowired
    private Environment environment;

    @Autowired
    private RestClient ordersClient;

    @Autowired
    private ShopApplication.Orders orders;

    @Autowired
    private StockGrpc.BlockingStub stock;

    @DynamicPropertySource
    static void targets(DynamicPropertyRegistry registry) {
        registry.add("zerohop.services.orders.target", ORDERS::target);
        // Takes turns, so that what each server gets is no matter of chance.
        registry.add("zerohop.services.orders.policy", () -> "round_robin");
        registry.add("zerohop.services.stock.target", STOCK::target);
        // A machine may be busy.
        registry.add("shop.stock.deadline", () -> "60s");
    }

    @AfterAll
    static void stop() {
        ORDERS.close();
        STOCK.close();
    }

    private String get(String path) {
        String port = environment.getProperty("local.server.port");
        return RestClient.create("http://localhost:" + port).get().uri(path).retrieve().body(String.class);
    }

    @Test
    @Order(0)
    void theActuatorKnowsAServiceThatNoClientHasUsedYet() {
        assertThat(get("/actuator/zerohop/stock"))
                .contains("not started")
                .contains(STOCK.target());
    }

    @Test
    @Order(1)
    void restClientSpreadsItsCallsOverTheServers() {
        ORDERS.forget();
        for (int i = 0; i < 300; i++) {
            assertThat(ordersClient.get().uri("/orders/7").retrieve().body(String.class)).isEqualTo("order 7");
        }
        assertThat(ORDERS.calls()).allSatisfy(calls -> assertThat(calls).isBetween(90, 110));
    }

    @Test
    @Order(1)
    void httpInterfaceSpreadsItsCallsOverTheServers() {
        ORDERS.forget();
        for (int i = 0; i < 300; i++) {
            assertThat(orders.order("7")).isEqualTo("order 7");
        }
        assertThat(ORDERS.calls()).allSatisfy(calls -> assertThat(calls).isBetween(90, 110));
    }

    @Test
    @Order(1)
    void grpcStubSpreadsItsCallsOverTheServers() {
        STOCK.callUntilAllAreConnected(stock);
        STOCK.forget();
        for (int i = 0; i < 300; i++) {
            assertThat(stock.count("7")).isEqualTo("5");
        }
        assertThat(STOCK.calls()).allSatisfy(calls -> assertThat(calls).isBetween(90, 110));
    }

    @Test
    @Order(1)
    void theApplicationAnswers() {
        assertThat(get("/shop/7")).isEqualTo("order 7, 5 in stock");
    }

    @Test
    @Order(2)
    void theActuatorShowsTheEndpoints() {
        assertThat(get("/actuator/zerohop/orders")).contains(ORDERS.addresses());
        assertThat(get("/actuator/health")).contains("okhttp: 3 of 3 endpoints are usable");
    }

    @Test
    @Order(3)
    void aKilledServerFailsNoCall() {
        String killed = ORDERS.killOne();
        STOCK.killOne();
        for (int i = 0; i < 100; i++) {
            assertThat(get("/shop/7")).isEqualTo("order 7, 5 in stock");
        }
        assertThat(get("/actuator/zerohop/orders")).contains(killed);
    }

    @Test
    @Order(3)
    void aServerThatHangsHoldsACallUntilItsDeadline() {
        StockGrpc.BlockingStub impatient = new StockGrpc.BlockingStub(stock.channel(), Duration.ofMillis(100));
        assertThatThrownBy(() -> impatient.count(StockServers.NEVER))
                .isInstanceOfSatisfying(StatusRuntimeException.class, failed -> assertThat(
                                failed.getStatus().getCode())
                        .isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    }

    @Test
    @Order(4)
    void withoutServersCallsFailAtOnceAndTheApplicationStaysUp() {
        ORDERS.killAll();
        STOCK.killAll();
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> orders.order("7"))
                    .isInstanceOf(ResourceAccessException.class)
                    .hasMessageContainingAll(ORDERS.addresses().toArray(String[]::new));
            assertThatThrownBy(() -> stock.count("7"))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, failed -> assertThat(
                                    failed.getStatus().getCode())
                            .isEqualTo(Status.Code.UNAVAILABLE))
                    .hasMessageContainingAll(STOCK.addresses().toArray(String[]::new));
        }
        assertThat(get("/actuator/health")).startsWith("{").contains("\"status\":\"UP\"");
    }

    @Test
    @Order(4)
    void aBadPropertyFailsTheStart() {
        assertThatThrownBy(() -> SpringApplication.run(
                        ShopApplication.class, "--zerohop.services.orders.policy=leest_request", "--server.port=0"))
                .hasStackTraceContaining("zerohop.services.orders.policy: was \"leest_request\", expected");
    }
}

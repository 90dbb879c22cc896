package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.spring.Zerohop;
import dev.zerohop.spring.ZerohopRequestFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.StreamingHttpOutputMessage;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.client.support.RestClientAdapter;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.invoker.HttpServiceProxyFactory;

/** Spring's clients over OkHttp, over real sockets. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.NONE,
        properties = {
            "zerohop.http.auto=true",
            "zerohop.services.keyed.config={\"policy\": {\"ring_hash\": {}}}",
            "zerohop.services.gone.target=static:///127.0.0.1:1"
        })
class StarterHttpTest {
    private static final HttpServers SERVERS = new HttpServers(3);

    @Configuration
    @EnableAutoConfiguration
    static class Application {}

    interface Orders {
        @GetExchange("/orders/7")
        String order();
    }

    @Autowired
    private RestClient.Builder builder;

    @Autowired
    @Zerohop("orders")
    private RestClient.Builder orders;

    @Autowired
    @Zerohop("orders")
    private ClientHttpRequestFactory factory;

    @Autowired
    @Zerohop("keyed")
    private RestClient.Builder keyed;

    @Autowired
    @Zerohop("gone")
    private RestClient.Builder gone;

    @DynamicPropertySource
    static void targets(DynamicPropertyRegistry registry) {
        registry.add("zerohop.services.orders.target", SERVERS::target);
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

    private static void assertEvenly() {
        assertThat(SERVERS.calls()).allSatisfy(calls -> assertThat(calls).isBetween(9, 11));
    }

    @Test
    void restClientSpreadsItsCalls() {
        RestClient client = orders.build();
        for (int i = 0; i < 30; i++) {
            assertThat(client.get().uri("/orders/7").retrieve().body(String.class))
                    .startsWith("GET /orders/7 host=orders ");
        }
        assertEvenly();
    }

    @Test
    void restTemplateSpreadsItsCalls() {
        RestTemplate template = new RestTemplate(factory);
        for (int i = 0; i < 30; i++) {
            assertThat(template.getForObject("http://orders/orders/7", String.class))
                    .startsWith("GET /orders/7 host=orders ");
        }
        assertEvenly();
    }

    @Test
    void httpInterfaceSpreadsItsCalls() {
        Orders client = HttpServiceProxyFactory.builderFor(RestClientAdapter.create(orders.build()))
                .build()
                .createClient(Orders.class);
        for (int i = 0; i < 30; i++) {
            assertThat(client.order()).startsWith("GET /orders/7 host=orders ");
        }
        assertEvenly();
    }

    @Test
    void headersBodyAndStatusArriveBothWays() {
        ResponseEntity<String> answer = orders.build()
                .post()
                .uri("/orders")
                .header("X-Test", "1")
                .contentType(MediaType.APPLICATION_JSON)
                .body("{\"a\": 1}")
                .retrieve()
                .toEntity(String.class);
        assertThat(answer.getBody())
                .isEqualTo("POST /orders host=orders type=application/json x=1 body={\"a\": 1}");
        assertThat(answer.getHeaders().getFirst("X-Answer")).isEqualTo("yes");
        assertThat(answer.getStatusCode().value()).isEqualTo(200);
        assertThatThrownBy(() -> orders.build().get().uri("/missing").retrieve().body(String.class))
                .isInstanceOf(HttpClientErrorException.NotFound.class);
    }

    @Test
    void callsWithoutABodyThatNeedOneGoThrough() {
        assertThat(orders.build().post().uri("/orders").retrieve().body(String.class))
                .startsWith("POST /orders ")
                .endsWith("body=");
        assertThat(orders.build().delete().uri("/orders/7").retrieve().body(String.class))
                .startsWith("DELETE /orders/7 ");
    }

    @Test
    void aBodyThatIsStreamedArrives() {
        StreamingHttpOutputMessage.Body body = out -> {
            for (int i = 0; i < 3; i++) {
                out.write("part ".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                out.flush();
            }
        };
        assertThat(orders.build()
                        .put()
                        .uri("/orders")
                        .contentType(MediaType.TEXT_PLAIN)
                        .body(body)
                        .retrieve()
                        .body(String.class))
                .endsWith("body=part part part ");
    }

    @Test
    void theKeyOfACallIsAnAttribute() {
        for (int i = 0; i < 12; i++) {
            keyed.build()
                    .get()
                    .uri("/orders")
                    .attribute(ZerohopRequestFactory.KEY, "customer-7")
                    .retrieve()
                    .body(String.class);
        }
        assertThat(SERVERS.calls()).containsOnlyOnce(12);
    }

    @Test
    void aServiceWithoutAServerFailsAsEveryClientOfSpringDoes() {
        assertThatThrownBy(() -> gone.build().get().uri("/").retrieve().body(String.class))
                .isInstanceOf(ResourceAccessException.class);
    }

    @Test
    void clientsOfBootReachServicesByNameWhereThatIsAskedForAndOtherHostsAsBefore() {
        RestClient client = builder.build();
        for (int i = 0; i < 30; i++) {
            assertThat(client.get().uri("http://orders/orders/7").retrieve().body(String.class))
                    .startsWith("GET /orders/7 host=orders ");
        }
        assertEvenly();
        HttpServers.One one = SERVERS.all().get(0);
        assertThat(client.get().uri("http://" + one.address() + "/direct").retrieve().body(String.class))
                .startsWith("GET /direct host=" + one.address());
    }
}

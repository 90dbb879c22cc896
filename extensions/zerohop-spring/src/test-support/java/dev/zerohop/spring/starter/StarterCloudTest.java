package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.spring.Zerohop;
import dev.zerohop.spring.ZerohopServices;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultResponse;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClient;
import org.springframework.cloud.loadbalancer.core.ReactorServiceInstanceLoadBalancer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import reactor.core.publisher.Mono;

/** Clients of Spring Cloud LoadBalancer, and endpoints from its DiscoveryClient. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.NONE,
        properties = {
            "zerohop.services.found.target=discovery:///billing",
            "zerohop.services.own.target=static:///127.0.0.1:1",
            "zerohop.services.eager.target=static:///127.0.0.1:1",
            "spring.cloud.loadbalancer.eager-load.clients=eager",
            "spring.cloud.loadbalancer.x-forwarded.enabled=true",
            "spring.cloud.discovery.client.simple.local.port=1",
            "spring.cloud.loadbalancer.cache.enabled=false"
        })
class StarterCloudTest {
    private static final HttpServers SERVERS = new HttpServers(3);

    static class OwnConfiguration {
        @Bean
        ReactorServiceInstanceLoadBalancer own() {
            String[] address = SERVERS.all().get(0).address().split(":");
            return request -> Mono.just(new DefaultResponse(
                    new DefaultServiceInstance("1", "own", address[0], Integer.parseInt(address[1]), false)));
        }
    }

    @Configuration
    @EnableAutoConfiguration
    @LoadBalancerClient(name = "own", configuration = OwnConfiguration.class)
    static class Application {

        @Bean
        @LoadBalanced
        RestTemplate template() {
            return new RestTemplate();
        }
    }

    @Autowired
    private RestTemplate template;

    @Autowired
    private org.springframework.cloud.client.loadbalancer.LoadBalancerClient choosing;

    @Autowired
    @Zerohop("found")
    private RestClient.Builder found;

    @Autowired
    private ZerohopServices services;

    @DynamicPropertySource
    static void targets(DynamicPropertyRegistry registry) {
        registry.add("zerohop.services.orders.target", SERVERS::target);
        for (String service : new String[] {"billing", "plain"}) {
            for (int i = 0; i < 3; i++) {
                String address = SERVERS.all().get(i).address();
                registry.add(
                        "spring.cloud.discovery.client.simple.instances." + service + "[" + i + "].uri",
                        () -> "http://" + address);
            }
        }
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
    void aLoadBalancedClientReachesAServiceOverZerohop() {
        for (int i = 0; i < 30; i++) {
            assertThat(template.getForObject("http://orders/orders/7", String.class)).startsWith("GET /orders/7 ");
        }
        assertEvenly();
        Balancer balancer = services.balancers("orders").get(0);
        assertThat(balancer.adapter()).isEqualTo("spring-cloud");
        assertThat(balancer.state().members())
                .allSatisfy(member -> assertThat(member.traffic().inFlight()).isZero());
    }

    @Test
    void whatSpringCloudDoesBesideChoosingStays() {
        assertThat(services.balancers("eager")).hasSize(1);
        assertThat(template.getForObject("http://orders/orders/7", String.class)).contains(" forwarded=");
    }

    @Test
    void aLoadBalancerThatTheApplicationStatesForAClientGoesBefore() {
        assertThat(template.getForObject("http://own/orders/7", String.class)).startsWith("GET /orders/7 ");
        assertThat(SERVERS.calls()).containsExactly(1, 0, 0);
        assertThat(services.balancers("own")).isEmpty();
    }

    /** Spring Cloud keeps meters by instances: were each pick another one, they would be more with every call. */
    @Test
    void picksOfOneEndpointAreOneInstance() {
        Set<ServiceInstance> picked = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            picked.add(choosing.choose("orders"));
        }
        assertThat(picked).hasSize(3);
    }

    @Test
    void aNameThatIsNoServiceGoesOnAsBefore() {
        for (int i = 0; i < 6; i++) {
            assertThat(template.getForObject("http://plain/orders/7", String.class)).startsWith("GET /orders/7 ");
        }
        assertThat(services.balancers("plain")).isEmpty();
    }

    @Test
    void endpointsComeFromTheDiscoveryClient() {
        RestClient client = found.build();
        for (int i = 0; i < 30; i++) {
            assertThat(client.get().uri("/orders/7").retrieve().body(String.class)).startsWith("GET /orders/7 ");
        }
        assertEvenly();
    }
}

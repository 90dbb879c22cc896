package dev.zerohop.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.apps.EtcdProcess;
import dev.zerohop.testing.FreePorts;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where requests go, and under which names. */
class GatewayRoutingTest {
    @TempDir
    static Path directory;

    private static EtcdProcess etcd;

    private GatewayRig rig;

    @BeforeAll
    static void start() {
        etcd = EtcdProcess.started(directory);
    }

    @AfterAll
    static void stop() {
        etcd.close();
    }

    @BeforeEach
    void rig() {
        rig = new GatewayRig(etcd);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/function/f/%zz", "/function/f/%2e%2e/x", "/function/f/a\\b", "*"})
    void aUriThatIsNoneIsAnsweredWithASentence(String uri) throws Exception {
        Gateway gateway = rig.gateway("wrr", "n1");
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("GET " + uri + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            assertThat(client.head().get(0)).matches("HTTP/1.1 40[04] .*");
            assertThat(client.rest())
                    .startsWith("zerohop gateway: ")
                    .doesNotContain("<")
                    .endsWith("\n");
        }
    }

    @Test
    void dummyAnswersAsGolbsOwnDoes() throws Exception {
        Gateway gateway = rig.gateway("dummy", "n1");
        for (String path : List.of("/function/nobody/x?y=1", "/", "/other")) {
            HttpResponse<String> answer = rig.get(gateway, path);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("Dummy response, URL: " + path + ", Host: 127.0.0.1:" + gateway.port());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/function/paths, /",
        "/function/paths/, /",
        "/function/paths?x=1&y=%20, /?x=1&y=%20",
        "/function/paths/a/b/c, /a/b/c",
        "/function/paths/a%2Fb//c?q=a/b?c, /a%2Fb//c?q=a/b?c",
        "/function/paths/function/paths/x;v=1, /function/paths/x;v=1",
        "/function/path%73/a?, /a?",
    })
    void whatFollowsTheNameGoesToTheEndpoint(String asked, String arrived) throws Exception {
        Upstream upstream = rig.with(Upstream.named("u"));
        rig.function("paths", Map.of(upstream.address(), 1));
        Gateway gateway = rig.gateway("wrr", "n1");
        rig.awaitServed(gateway, "/function/paths", "u");
        upstream.requests.clear();
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("GET " + asked + " HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.head().get(0)).isEqualTo("HTTP/1.1 200 OK");
        }
        assertThat(upstream.requests).containsExactly("GET " + arrived);
    }

    @Test
    void whatIsNoFunctionOrNotServedIsAnsweredWithASentence() throws Exception {
        rig.function("idle", Map.of("127.0.0.1:1", 0));
        etcd.put("golb/function/zone-b2/other", "{\"ips\": [\"127.0.0.1\"], \"weights\": [1]}");
        Gateway gateway = rig.gateway("first", "n1");
        HttpResponse<String> unknown = rig.get(gateway, "/function/other");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("there is no function other in zone zone-b");
        assertThat(rig.get(gateway, "/else").statusCode()).isEqualTo(404);
        assertThat(rig.get(gateway, "/function/").statusCode()).isEqualTo(404);
        assertThat(rig.get(gateway, "/function/idle%2F..%2Fx").statusCode()).isEqualTo(404);
        HttpResponse<String> idle = rig.get(gateway, "/function/idle");
        assertThat(idle.statusCode()).isEqualTo(503);
        assertThat(idle.headers().firstValue("Retry-After")).contains("1");
        assertThat(idle.body()).contains("zone-b/idle").contains("weight 0");
        assertThat(rig.get(gateway, "/function/idle", "X-Forwarded-Host-a", "1").statusCode())
                .isEqualTo(503);
        HttpRequest trace = GatewayRig.request(gateway, "/function/idle")
                .method("TRACE", HttpRequest.BodyPublishers.noBody())
                .build();
        assertThat(rig.send(trace).statusCode()).isEqualTo(501);
        HttpRequest body = GatewayRig.request(gateway, "/function/idle")
                .method("GET", HttpRequest.BodyPublishers.ofString("x"))
                .build();
        assertThat(rig.send(body).statusCode()).isEqualTo(400);
        assertThat(gateway.ways())
                .as("names that nobody wrote leave nothing behind")
                .isEqualTo(1);
    }

    @Test
    void functionsComeChangeAndGoWhileItRuns() throws Exception {
        Upstream one = rig.with(Upstream.named("one"));
        Upstream two = rig.with(Upstream.named("two"));
        Gateway gateway = rig.gateway("first", "n1");
        assertThat(rig.get(gateway, "/function/comes").statusCode()).isEqualTo(404);
        rig.function("comes", Map.of(one.address(), 1));
        rig.awaitServed(gateway, "/function/comes", "one");
        rig.function("comes", Map.of(two.address(), 1));
        rig.awaitServed(gateway, "/function/comes", "two");
        etcd.put("golb/function/zone-b/comes", "{\"ips\": [");
        rig.function("marker", Map.of(one.address(), 1));
        rig.awaitServed(gateway, "/function/marker", "one");
        assertThat(rig.get(gateway, "/function/comes").body())
                .as("the last good value stays")
                .isEqualTo("two");
        etcd.delete("golb/function/zone-b/comes");
        GatewayRig.await().until(() -> rig.get(gateway, "/function/comes").statusCode() == 404);
        GatewayRig.await().until(() -> gateway.ways() == 1);
        etcd.delete("golb/function/zone-b/marker");
    }

    @Test
    void wrrIsTheClassicOrderOfTheListAndFirstAlwaysItsFirst() throws Exception {
        List<Upstream> upstreams =
                List.of(rig.with(Upstream.named("a")), rig.with(Upstream.named("b")), rig.with(Upstream.named("c")));
        for (List<Integer> order : List.of(List.of(0, 1, 2), List.of(2, 0, 1), List.of(1, 2, 0))) {
            List<String> ips =
                    order.stream().map(i -> upstreams.get(i).address()).toList();
            String function = "ordered-" + order.get(0);
            rig.function(function, ips, List.of(3, 1, 2));
            Gateway wrr = rig.gateway("wrr", "n1");
            List<HttpResponse<String>> answers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                answers.add(rig.get(wrr, "/function/" + function));
            }
            String[] name =
                    order.stream().map(i -> String.valueOf((char) ('a' + i))).toArray(String[]::new);
            String cycle = String.join(" ", name[0], name[0], name[2], name[0], name[1], name[2]);
            assertThat(GatewayRig.bodies(answers)).isEqualTo(cycle + " " + cycle);
            Gateway first = rig.gateway("first", "n2");
            for (int i = 0; i < 4; i++) {
                assertThat(rig.get(first, "/function/" + function).body()).isEqualTo(name[0]);
            }
        }
    }

    @Test
    void allWeightsZeroArePlainTurnsUnderWrr() throws Exception {
        Upstream a = rig.with(Upstream.named("a"));
        Upstream b = rig.with(Upstream.named("b"));
        rig.function("zeros", List.of(a.address(), b.address()), List.of(0, 0));
        Gateway gateway = rig.gateway("wrr", "n1");
        List<HttpResponse<String>> answers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            answers.add(rig.get(gateway, "/function/zeros"));
        }
        assertThat(GatewayRig.bodies(answers)).isEqualTo("a b a b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"wrr", "first"})
    void weightZeroTakesNothingAlsoWhenOnlyGatewaysHaveMore(String handler) throws Exception {
        Upstream idle = rig.with(Upstream.named("idle"));
        Upstream other = rig.with(Upstream.named("other"));
        rig.function("left", List.of(other.address(), idle.address()), List.of(1, 0));
        Gateway gateway = rig.gateway(handler, "n1", other.address());
        rig.awaitServed(gateway, "/function/left", "other");
        assertThat(rig.get(gateway, "/function/left", "X-Forwarded-Host-n9", "1.0")
                        .statusCode())
                .isEqualTo(503);
        assertThat(idle.requests).isEmpty();
    }

    @Test
    void aGatewayGetsTheUrlUnchangedAndNothingThatCameThroughOne() throws Exception {
        Upstream other = rig.with(Upstream.named("other"));
        rig.function("gated", Map.of(other.address(), 1));
        Gateway gateway = rig.gateway("first", "node-3", other.address());
        rig.awaitServed(gateway, "/function/gated/a%2Fb?x=1", "other");
        assertThat(other.requests.get(0)).isEqualTo("GET /function/gated/a%2Fb?x=1");
        HttpResponse<String> again = rig.get(gateway, "/function/gated", "x-forwarded-host-node-9", "1.0");
        assertThat(again.statusCode()).isEqualTo(503);
        assertThat(other.requests).hasSize(1);
    }

    @Test
    void betweenTwoGatewaysThatKnowEachOtherNothingGoesInCircles() throws Exception {
        Upstream endpoint = rig.with(Upstream.named("endpoint"));
        int firstPort = FreePorts.next();
        String firstAddress = "127.0.0.1:" + firstPort;
        Gateway second = rig.gateway("wrr", "node-2", firstAddress);
        String secondAddress = "127.0.0.1:" + second.port();
        etcd.put("golb/function/zone-a/f", "{\"ips\": [\"" + secondAddress + "\"], \"weights\": [1]}");
        rig.function("f", List.of(firstAddress, endpoint.address()), List.of(9, 1));
        Gateway first = rig.gateway(
                GatewayRig.LIMITS,
                Map.of(
                        "eb_go_lb_zone", "zone-a",
                        "eb_go_lb_handler_type", "wrr",
                        "eb_go_lb_node_name", "node-1",
                        "eb_go_lb_listen_port", Integer.toString(firstPort),
                        "eb_go_lb_gateways", secondAddress));
        rig.awaitServed(first, "/function/f/x", "endpoint");
        for (int i = 0; i < 10; i++) {
            HttpResponse<String> answer = rig.get(first, "/function/f/x?q=1");
            assertThat(answer.body()).isEqualTo("endpoint");
            assertThat(answer.headers().allValues("X-Final-Host")).containsExactly(endpoint.address());
            assertThat(answer.headers().firstValue("X-Forwarded-Host-node-1")).isPresent();
            assertThat(answer.headers().firstValue("X-Forwarded-Host-node-2")).isPresent();
            assertThat(answer.headers().firstValue("Via")).contains("1.1 node-2, 1.1 node-1");
        }
        assertThat(endpoint.requests).contains("GET /x?q=1");
        assertThat(endpoint.lastHeaders.getFirst("Via")).isEqualTo("1.1 node-1, 1.1 node-2");
        assertThat(endpoint.lastHeaders.getFirst("X-Forwarded-For")).isEqualTo("127.0.0.1, 127.0.0.1");
        assertThat(endpoint.lastHeaders.getFirst("X-Forwarded-Host")).isEqualTo(firstAddress);
        assertThat(endpoint.lastHeaders.getFirst("Host")).isEqualTo(endpoint.address());
    }
}

package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mockwebserver3.MockResponse;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZerohopOkHttpTest {

    @Test
    void okHttpsDefaultLimitPerHostIsRaisedToTheLimitForAll() {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(100);
        install(ZerohopOkHttp.builder(), dispatcher);
        assertThat(dispatcher.getMaxRequestsPerHost()).isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 20, 200})
    void aLimitPerHostThatSomebodyChoseStays(int chosen) {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequestsPerHost(chosen);
        install(ZerohopOkHttp.builder(), dispatcher);
        assertThat(dispatcher.getMaxRequestsPerHost()).isEqualTo(chosen);
    }

    @Test
    void theLimitsCanBeLeftAlone() {
        Dispatcher dispatcher = new Dispatcher();
        install(ZerohopOkHttp.builder().keepDispatcherLimits(), dispatcher);
        assertThat(dispatcher.getMaxRequestsPerHost()).isEqualTo(5);
    }

    private static void install(ZerohopOkHttp.Builder builder, Dispatcher dispatcher) {
        builder.build()
                .install(new OkHttpClient.Builder().dispatcher(dispatcher))
                .build();
    }

    @Test
    void installingTwiceOnOneClientIsRefused() {
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder().build();
        OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
        assertThatThrownBy(() -> zerohop.install(client.newBuilder()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected once");
    }

    @Test
    void twoRoutingsOfDifferentNamesOnOneClientWorkTogetherInEitherOrder() throws Exception {
        for (boolean ordersFirst : new boolean[] {true, false}) {
            try (TestServer orders = new TestServer("orders-0");
                    TestServer users = new TestServer("users-0");
                    ZerohopOkHttp first = one(ordersFirst ? "orders" : "users", ordersFirst ? orders : users);
                    ZerohopOkHttp second = one(ordersFirst ? "users" : "orders", ordersFirst ? users : orders)) {
                OkHttpClient client = second.install(first.install(new OkHttpClient.Builder()))
                        .build();
                for (String from : List.of("orders", "users")) {
                    String to = from.equals("orders") ? "users" : "orders";
                    (from.equals("orders") ? orders : users).answer = request ->
                            request.getTarget().equals("/go")
                                    ? new MockResponse.Builder()
                                            .code(302)
                                            .addHeader("Location", "http://" + to + "/there")
                                            .build()
                                    : null;
                    try (okhttp3.Response response = client.newCall(new Request.Builder()
                                    .url("http://" + from + "/go")
                                    .build())
                            .execute()) {
                        assertThat(response.body().string()).isEqualTo(to + "-0");
                    }
                }
            }
        }
    }

    @Test
    void twoRoutingsOfOneNameOnOneClientAreRefused() throws Exception {
        try (TestServer server = new TestServer("a");
                ZerohopOkHttp first = one("orders", server);
                ZerohopOkHttp second = one("orders", server)) {
            OkHttpClient.Builder client = first.install(new OkHttpClient.Builder());
            assertThatThrownBy(() -> second.install(client))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("[orders]")
                    .hasMessageContaining("expected once");
        }
    }

    private static ZerohopOkHttp one(String name, TestServer server) {
        return ZerohopOkHttp.builder()
                .route(name, "static:///127.0.0.1:" + server.port())
                .build();
    }

    @Test
    void theEndpointOfAnAttemptIsKnownToInterceptorsAndToWhoeverHasTheResponse() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(2);
            List<Endpoint> seen = new ArrayList<>();
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addNetworkInterceptor(chain -> {
                        seen.add(ZerohopOkHttp.endpoint(chain.call()));
                        return chain.proceed(chain.request());
                    })
                    .build();
            for (int i = 0; i < 2; i++) {
                Call call = client.newCall(
                        new Request.Builder().url("http://orders/").build());
                assertThat(ZerohopOkHttp.endpoint(call)).isNull();
                call.execute().close();
                assertThat(ZerohopOkHttp.endpoint(call)).isEqualTo(seen.get(i));
            }
            assertThat(seen).doesNotContainNull().doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "::1", "http://orders", "orders:80", "", "or ders", "orders/x"})
    void whatIsNotAHostNameCannotBeRouted(String name) throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            assertThatThrownBy(() -> ZerohopOkHttp.builder().route(name, rig.balancer))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + name + "'")
                    .hasMessageContaining("expected a host name");
        }
    }

    @Test
    void aNameIsRoutedOnceWhateverItsCase() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            assertThatThrownBy(() -> ZerohopOkHttp.builder()
                            .route("orders", rig.balancer)
                            .route("ORDERS", rig.balancer))
                    .hasMessageContaining("'ORDERS' was routed twice");
            assertThat(rig.zerohop.balancer("Orders")).isSameAs(rig.balancer);
            assertThatThrownBy(() -> rig.zerohop.balancer("users")).hasMessageContaining("'users' is not routed");
        }
    }

    @Test
    void targetsThatCannotBeUsedAreRefused() {
        ZerohopOkHttp.Builder builder = ZerohopOkHttp.builder();
        assertThatThrownBy(() -> builder.route("a", "no-scheme")).hasMessageContaining("found no scheme");
        builder.route("a", "nosuch:///x");
        assertThatThrownBy(builder::build).hasMessageContaining("no resolver for scheme 'nosuch'");
    }

    @Test
    void aTargetIsFollowedAndBalancedWithTheDefaultsAndClosedWithTheRouting() throws Exception {
        try (TestServer a = new TestServer("a");
                TestServer b = new TestServer("b")) {
            ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                    .route("orders", "static:///127.0.0.1:" + a.port() + ",127.0.0.1:" + b.port())
                    .build();
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            for (int i = 0; i < 10; i++) {
                client.newCall(Rig.get("/")).execute().close();
            }
            assertThat(a.log).hasSize(5);
            assertThat(b.log).hasSize(5);
            zerohop.close();
            assertThat(zerohop.balancer("orders")
                            .current()
                            .refusal(dev.zerohop.PickContext.NONE)
                            .kind())
                    .isEqualTo(dev.zerohop.Refusal.Kind.CLOSED);
        }
    }

    @Test
    void oneLineRoutesANameToATarget() throws Exception {
        try (TestServer a = new TestServer("a")) {
            OkHttpClient client = ZerohopOkHttp.install(
                            new OkHttpClient.Builder(), "orders", "static:///127.0.0.1:" + a.port())
                    .build();
            assertThat(client.newCall(Rig.get("/")).execute().body().string()).isEqualTo("a");
        }
    }

    @Test
    void optionsOutOfRangeAreRefused() {
        ZerohopOkHttp.Builder builder = ZerohopOkHttp.builder();
        assertThatThrownBy(() -> builder.keyBodyLimit(0)).hasMessageContaining("was 0, expected at least 1");
        assertThatThrownBy(() -> builder.idleConnections(-1, Duration.ofMinutes(1)))
                .hasMessageContaining("-1, expected 0 or more");
        assertThatThrownBy(() -> builder.idleConnections(1, Duration.ofSeconds(-1)))
                .hasMessageContaining("PT-1S, expected > 0");
    }

    @Test
    void closingLeavesABalancerAloneThatWasPassedIn() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            rig.zerohop.close();
            assertThat(rig.resolver.running()).isTrue();
            assertThat(rig.balancer.current().pick(dev.zerohop.PickContext.NONE))
                    .isNotNull();
        }
    }
}

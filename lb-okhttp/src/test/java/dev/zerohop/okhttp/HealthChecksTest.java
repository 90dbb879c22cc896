package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.config.Configurations;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.CertificatePinner;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Active checks of the endpoints of a routed name, against real servers. */
class HealthChecksTest {
    private static final String TIMES =
            ", \"interval\": \"100ms\", \"timeout\": \"100ms\", \"unhealthyThreshold\": 2, \"healthyThreshold\": 2}";

    private final List<TestServer> servers = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private ZerohopOkHttp zerohop;
    private OkHttpClient client;

    @AfterEach
    void close() throws Exception {
        if (zerohop != null) {
            zerohop.close();
        }
        for (AutoCloseable each : open) {
            each.close();
        }
        for (TestServer server : servers) {
            server.close();
        }
    }

    private static BalancerSettings checks(String kind) {
        return Configurations.parse(
                ("{\"health\": {\"checks\": {" + kind + TIMES + ", \"ejection\": {\"connectFailures\": 0}}}"));
    }

    private void start(String kind, UnaryOperator<OkHttpClient.Builder> clients) {
        String target = "static:///"
                + servers.stream()
                        .map(server -> "127.0.0.1:" + server.port() + ";id=" + server.id)
                        .collect(Collectors.joining(","));
        zerohop = ZerohopOkHttp.builder()
                .route("orders.shop.svc", target)
                .settings(checks(kind))
                .build();
        client = zerohop.install(clients.apply(new OkHttpClient.Builder())).build();
    }

    private Health health(String id) {
        return zerohop.balancer("orders.shop.svc").current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals(id))
                .map(Node::health)
                .findFirst()
                .orElse(Health.unknown(0));
    }

    private void becomes(String id, Health.Status status) {
        Rig.await().until(() -> health(id).status() == status);
    }

    private Set<String> called(String scheme) throws IOException {
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < 6; i++) {
            try (Response response = client.newCall(new Request.Builder()
                            .url(scheme + "://orders.shop.svc/call")
                            .build())
                    .execute()) {
                ids.add(response.body().string());
            }
        }
        return ids;
    }

    @Test
    void aServerThatSays503IsLeftOutUntilItIsBack() throws Exception {
        for (String id : List.of("a", "b", "c")) {
            servers.add(new TestServer(id));
        }
        TestServer b = servers.get(1);
        start("\"http\": {\"path\": \"/healthz\"}", UnaryOperator.identity());
        becomes("b", Health.Status.HEALTHY);
        b.answer = request -> request.getTarget().equals("/healthz")
                ? new MockResponse.Builder().code(503).build()
                : new MockResponse.Builder().body("b").build();
        becomes("b", Health.Status.UNHEALTHY);
        assertThat(health("b").reason())
                .startsWith("the http check of 127.0.0.1:" + b.port() + " failed ")
                .contains(" times in a row since 2")
                .endsWith(": GET /healthz answered 503, expected 200 to 299");
        assertThat(called("http")).containsExactly("a", "c");
        b.answer = null;
        becomes("b", Health.Status.HEALTHY);
        assertThat(called("http")).containsExactly("a", "b", "c");
        assertThat(b.log.element().getHeaders().get("Host")).isEqualTo("orders.shop.svc");
        assertThat(b.log.element().getHeaders().get("User-Agent")).isEqualTo("zerohop-health");
    }

    @Test
    void aServerThatHangsAndOneThatRefusesAreLeftOut() throws Exception {
        for (String id : List.of("a", "b", "c", "d", "e")) {
            servers.add(new TestServer(id));
        }
        servers.get(1).answer = request ->
                new MockResponse.Builder().headersDelay(1, TimeUnit.HOURS).build();
        servers.get(2).close();
        servers.get(3).answer = request -> new MockResponse.Builder()
                .onRequestStart(new SocketEffect.CloseSocket())
                .build();
        start("\"http\": {}", UnaryOperator.identity());
        becomes("b", Health.Status.UNHEALTHY);
        becomes("c", Health.Status.UNHEALTHY);
        becomes("a", Health.Status.HEALTHY);
        assertThat(health("b").reason()).endsWith(": no answer within 100ms");
        assertThat(health("c").reason()).contains("refused");
    }

    @Test
    void checksOverTlsTrustWhatTheClientTrusts() throws Exception {
        HeldCertificate good = certificate("orders.shop.svc");
        HeldCertificate other = certificate("payments.shop.svc");
        HeldCertificate unknown = certificate("orders.shop.svc");
        servers.add(tls("a", good));
        servers.add(tls("b", other));
        servers.add(tls("c", unknown));
        start("\"http\": {\"path\": \"/healthz\", \"tls\": true}", builder -> trusting(builder, good, other));
        becomes("a", Health.Status.HEALTHY);
        becomes("b", Health.Status.UNHEALTHY);
        becomes("c", Health.Status.UNHEALTHY);
        assertThat(health("b").reason()).endsWith(": TLS failed: the certificate is not one for orders.shop.svc");
        assertThat(health("c").reason()).contains(": TLS failed: ");
    }

    @Test
    void pinsHoldForChecksAsWell() throws Exception {
        HeldCertificate good = certificate("orders.shop.svc");
        servers.add(tls("a", good));
        start(
                "\"tcp\": {\"tls\": true}",
                builder -> trusting(builder, good)
                        .certificatePinner(new CertificatePinner.Builder()
                                .add(
                                        "orders.shop.svc",
                                        CertificatePinner.pin(certificate("x").certificate()))
                                .build()));
        becomes("a", Health.Status.UNHEALTHY);
        assertThat(health("a").reason()).contains("pinning");
    }

    /** What is set after the routing was installed is known with the first call. */
    @Test
    void theTlsOfTheClientThatCallsCounts() throws Exception {
        HeldCertificate good = certificate("orders.shop.svc");
        servers.add(tls("a", good));
        start("\"tcp\": {\"tls\": true}", UnaryOperator.identity());
        becomes("a", Health.Status.UNHEALTHY);
        client = trusting(client.newBuilder(), good).build();
        assertThat(called("https")).containsExactly("a");
        becomes("a", Health.Status.HEALTHY);
    }

    @Test
    void checksOfGrpcAreRejectedWithWords() {
        ZerohopOkHttp.Builder builder =
                ZerohopOkHttp.builder().route("orders", "static:///127.0.0.1:1").settings(checks("\"grpc\": {}"));
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("health.checks.grpc: was given, expected http or tcp");
    }

    private static HeldCertificate certificate(String name) {
        return new HeldCertificate.Builder()
                .commonName(name)
                .addSubjectAlternativeName(name)
                .build();
    }

    private static OkHttpClient.Builder trusting(OkHttpClient.Builder client, HeldCertificate... certificates) {
        HandshakeCertificates.Builder trusted = new HandshakeCertificates.Builder();
        for (HeldCertificate certificate : certificates) {
            trusted.addTrustedCertificate(certificate.certificate());
        }
        HandshakeCertificates trusting = trusted.build();
        return client.sslSocketFactory(trusting.sslSocketFactory(), trusting.trustManager());
    }

    private static TestServer tls(String id, HeldCertificate certificate) throws IOException {
        HandshakeCertificates shown =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        return new TestServer(id, shown.sslSocketFactory(), List.of(Protocol.HTTP_1_1));
    }
}

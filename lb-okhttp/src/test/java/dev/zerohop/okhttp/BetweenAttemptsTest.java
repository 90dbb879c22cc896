package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A call that moves on to another endpoint leaves a connection that works. Nothing is invented to make OkHttp do so. */
class BetweenAttemptsTest {
    private static final HeldCertificate CERTIFICATE =
            new HeldCertificate.Builder().addSubjectAlternativeName("orders").build();
    private static final HandshakeCertificates SERVER_TLS =
            new HandshakeCertificates.Builder().heldCertificate(CERTIFICATE).build();
    private static final HandshakeCertificates CLIENT_TLS = new HandshakeCertificates.Builder()
            .addTrustedCertificate(CERTIFICATE.certificate())
            .build();

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void interceptorsAndListenersSeeOnlyWhatTheCallAskedFor(String scheme) throws Exception {
        boolean tls = scheme.equals("https");
        List<Protocol> protocols =
                tls ? List.of(Protocol.HTTP_2, Protocol.HTTP_1_1) : List.of(Protocol.H2_PRIOR_KNOWLEDGE);
        List<String> requests = Collections.synchronizedList(new ArrayList<>());
        List<String> events = Collections.synchronizedList(new ArrayList<>());
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        UnaryOperator.identity(),
                        builder -> builder.protocols(protocols)
                                .sslSocketFactory(CLIENT_TLS.sslSocketFactory(), CLIENT_TLS.trustManager())
                                .readTimeout(Duration.ofSeconds(1))
                                .eventListenerFactory(call -> new EventNames(events)));
                TestServer slow = server("a", tls, protocols);
                TestServer good = server("b", tls, protocols)) {
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        requests.add(chain.request().url().toString());
                        return chain.proceed(chain.request());
                    })
                    .build();
            rig.resolver.push(slow.endpoint(), good.endpoint());
            slow.answers(new MockResponse.Builder().headersDelay(60, TimeUnit.SECONDS));
            Request request = new Request.Builder().url(scheme + "://orders/x").build();
            try (okhttp3.Response response = client.newCall(request).execute()) {
                assertThat(response.body().string()).isEqualTo("b");
            }
            assertThat(slow.log).hasSize(1);
            assertThat(requests).containsExactly(scheme + "://orders/x", scheme + "://orders/x");
            assertThat(events)
                    .as("one look-up and one connection for each of the two endpoints")
                    .noneMatch(event -> event.contains("invalid"))
                    .filteredOn(event -> event.startsWith("dnsStart") || event.startsWith("connectionAcquired"))
                    .containsExactly(
                            "dnsStart orders", "connectionAcquired orders",
                            "dnsStart orders", "connectionAcquired orders");
            assertThat(rig.inFlight()).isZero();
        }
    }

    private static TestServer server(String id, boolean tls, List<Protocol> protocols) throws Exception {
        return new TestServer(id, tls ? SERVER_TLS.sslSocketFactory() : null, protocols);
    }
}

package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates are checked against the host in the URL, not against the address, the id or the scheme by which an endpoint is known. */
class TransportSecurityTest {

    private static final class Fleet implements AutoCloseable {
        final TestServer a;
        final TestServer b;
        final Rig rig;

        Fleet(String certifiedName) throws IOException {
            HeldCertificate certificate = new HeldCertificate.Builder()
                    .commonName(certifiedName)
                    .addSubjectAlternativeName(certifiedName)
                    .build();
            HandshakeCertificates shown = new HandshakeCertificates.Builder()
                    .heldCertificate(certificate)
                    .build();
            HandshakeCertificates trusting = new HandshakeCertificates.Builder()
                    .addTrustedCertificate(certificate.certificate())
                    .build();
            a = new TestServer("a", shown.sslSocketFactory(), List.of(Protocol.HTTP_1_1));
            b = new TestServer("b", shown.sslSocketFactory(), List.of(Protocol.HTTP_1_1));
            rig = new Rig(
                    TestPolicies.roundRobin(3),
                    UnaryOperator.identity(),
                    builder -> builder.sslSocketFactory(trusting.sslSocketFactory(), trusting.trustManager()));
            rig.resolver.push(List.of(endpoint(a, "orders-0"), endpoint(b, "orders-1")));
        }

        private static Endpoint endpoint(TestServer server, String id) {
            return Endpoint.builder("127.0.0.1", server.port()).id(id).build();
        }

        String call(String host) throws IOException {
            return rig.text(new Request.Builder().url("https://" + host + "/").build());
        }

        @Override
        public void close() throws IOException {
            rig.close();
            a.close();
            b.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"orders.shop.svc", "*.shop.svc"})
    void aCertificateForTheHostInTheUrlFits(String name) throws Exception {
        try (Fleet fleet = new Fleet(name)) {
            assertThat(List.of(fleet.call("orders.shop.svc"), fleet.call("orders.shop.svc")))
                    .containsExactlyInAnyOrder("a", "b");
        }
    }

    /** One for the scheme of a target, for the name that stands for none over gRPC, or for what an endpoint is called is not accepted. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "*.*",
                "*.svc",
                "static",
                "static.invalid",
                "*.invalid",
                "no-name.static.invalid",
                "no-name.file.invalid",
                "127.0.0.1",
                "localhost",
                "orders-0",
                "orders",
                "shop.svc"
            })
    void noOtherCertificateDoes(String name) throws Exception {
        try (Fleet fleet = new Fleet(name)) {
            assertThatThrownBy(() -> fleet.call("orders.shop.svc"))
                    .isInstanceOf(IOException.class)
                    .satisfies(failure ->
                            assertThat(Rig.story(failure)).contains("Hostname orders.shop.svc not verified"));
            assertThat(fleet.a.log).isEmpty();
            assertThat(fleet.b.log).isEmpty();
        }
    }
}

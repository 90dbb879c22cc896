package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates are checked against the logical name, not against the address that a call happens to go to. */
@Timeout(300)
class TransportSecurityTest {
    private final HeldCertificate certificate = new HeldCertificate.Builder()
            .commonName("orders.svc")
            .addSubjectAlternativeName("orders.svc")
            .build();

    private ServerCredentials server() throws IOException {
        return TlsServerCredentials.create(
                stream(certificate.certificatePem()), stream(certificate.privateKeyPkcs8Pem()));
    }

    private ChannelCredentials client() throws IOException {
        return TlsChannelCredentials.newBuilder()
                .trustManager(stream(certificate.certificatePem()))
                .build();
    }

    private static ByteArrayInputStream stream(String pem) {
        return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void theStatedNameIsCheckedAndWithoutOneTheChannelFailsClosed() throws Exception {
        try (TestServer a = new TestServer("a", 0, server())) {
            ManagedChannelBuilder<?> stated =
                    Grpc.newChannelBuilder("static:///" + a.address(), client()).overrideAuthority("orders.svc");
            ManagedChannel named = stated.build();
            ManagedChannel nameless =
                    Grpc.newChannelBuilder("static:///" + a.address(), client()).build();
            try {
                assertThat(TestServer.call(named)).isEqualTo("a");
                assertThat(a.authorities).contains("orders.svc");
                assertThatThrownBy(() -> TestServer.call(nameless))
                        .hasMessageContaining("UNAVAILABLE")
                        .hasMessageContaining("127.0.0.1");
            } finally {
                named.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
                nameless.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    /** A target without a name is checked against one that is in no certificate: one for the scheme, or for a part of the target, is not accepted. */
    @ParameterizedTest
    @ValueSource(strings = {"static", "*", "static.invalid", "*.invalid", "invalid", "127.0.0.1"})
    void withoutAStatedNameNoCertificateFits(String name) throws Exception {
        HeldCertificate other = new HeldCertificate.Builder()
                .commonName(name)
                .addSubjectAlternativeName(name)
                .build();
        ServerCredentials shown =
                TlsServerCredentials.create(stream(other.certificatePem()), stream(other.privateKeyPkcs8Pem()));
        ChannelCredentials trusting = TlsChannelCredentials.newBuilder()
                .trustManager(stream(other.certificatePem()))
                .build();
        try (TestServer a = new TestServer("a", 0, shown);
                TestServer b = new TestServer("b", 0, shown)) {
            ManagedChannel channel = Grpc.newChannelBuilder("static:///" + a.address() + "," + b.address(), trusting)
                    .build();
            try {
                assertThatThrownBy(() -> TestServer.call(channel))
                        .hasMessageContaining("UNAVAILABLE")
                        .hasMessageContaining("the target states no name for TLS")
                        .hasMessageContaining("overrideAuthority");
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
            assertThat(a.authorities).isEmpty();
        }
    }

    @Test
    void theAuthorityIsTheTlsNameElseOneHostElseNone() {
        assertThat(authority("k8s:///shop/orders", "orders.shop.svc")).isEqualTo("orders.shop.svc");
        assertThat(authority("static:///orders:8080", "")).isEqualTo("orders:8080");
        assertThat(authority("static:///10.0.0.1:80,10.0.0.2:80", "")).isEqualTo("no-name.static.invalid");
        assertThat(authority("file:///etc/endpoints.json", "")).isEqualTo("no-name.file.invalid");
        assertThat(authority("file:///endpoints", "")).isEqualTo("no-name.file.invalid");
        assertThat(authority("golb://h:1/zone/function", "")).isEqualTo("no-name.golb.invalid");
        assertThat(authority("k8s-pods:///shop?port=1&image=x", "")).isEqualTo("no-name.k8s-pods.invalid");
        assertThat(authority("etcd-weights://h:1/orders?of=static%3A%2F%2F%2Fa%3A1", ""))
                .isEqualTo("no-name.etcd-weights.invalid");
        assertThat(authority("mine+srv:///orders", "")).isEqualTo("no-name.mine-srv.invalid");
    }

    private static String authority(String target, String tlsName) {
        return GrpcTargets.authority(dev.zerohop.Target.parse(target), tlsName);
    }
}

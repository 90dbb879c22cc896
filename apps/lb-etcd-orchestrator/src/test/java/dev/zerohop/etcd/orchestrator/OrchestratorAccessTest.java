package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Prober;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.DocumentedRoles;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.TestCertificates;
import io.grpc.Server;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes over TLS, and an orchestrator over an etcd with TLS and users: all of it real. */
class OrchestratorAccessTest {
    private static final String NAME = "orders.internal";

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private TestCertificates authority;
    private volatile int status = 200;
    private volatile String host = "";

    @BeforeEach
    void start() {
        authority = new TestCertificates(directory, "ca");
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        open.add(closeable);
        return closeable;
    }

    /** Its certificate carries a name, and it is reached by its address. */
    private int https(boolean asksForCertificates) throws Exception {
        TestCertificates.Pair pair = authority.forName(NAME);
        SSLContext context = SSLContext.getInstance("TLS");
        AdvancedTlsX509KeyManager own = new AdvancedTlsX509KeyManager();
        own.updateIdentityCredentials(pair.certificate().toFile(), pair.key().toFile());
        AdvancedTlsX509TrustManager trusted =
                AdvancedTlsX509TrustManager.newBuilder().build();
        trusted.updateTrustCredentials(authority.ca().toFile());
        context.init(new KeyManager[] {own}, new TrustManager[] {trusted}, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = context.getDefaultSSLParameters();
                wanted.setNeedClientAuth(asksForCertificates);
                parameters.setSSLParameters(wanted);
            }
        });
        server.createContext("/health", exchange -> {
            host = exchange.getRequestHeaders().getFirst("Host");
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        open.add(() -> server.stop(0));
        return server.getAddress().getPort();
    }

    private String ask(Probe probe, int port) throws Exception {
        CompletableFuture<@Nullable String> said = new CompletableFuture<>();
        Prober.Target line = opened(probe.newProber(Duration.ofSeconds(60)).connect(Endpoint.of("127.0.0.1", port)));
        var ignored = line.probe(
                Env.system().blocking(),
                result -> said.complete(result.equals(Prober.Result.OK) ? "well" : result.reason()));
        return String.valueOf(said.get(60, TimeUnit.SECONDS));
    }

    @Test
    void httpsIsWellWithinItsStatusesIfTheCertificateIsTheOneThatIsExpected() throws Exception {
        int port = https(false);
        Probe probe = Probe.http("/health").tls(authority.ca()).authority(NAME);
        assertThat(ask(probe, port)).isEqualTo("well");
        assertThat(host).isEqualTo(NAME);
        status = 503;
        assertThat(ask(probe, port)).isEqualTo("GET /health answered 503, expected 200 to 299");
        assertThat(ask(Probe.parse("https:/health").authority(NAME), port))
                .as("not signed by whom Java trusts")
                .startsWith("TLS failed: ")
                .contains("certification path");
        assertThat(ask(Probe.http("/health").tls(authority.ca()), port))
                .as("reached by its address, which the certificate does not carry")
                .startsWith("TLS failed: ")
                .contains("127.0.0.1");
        status = 200;
        assertThat(ask(Probe.parse("tls").tls(authority.ca()).authority(NAME), port))
                .isEqualTo("well");
    }

    @Test
    void anEndpointThatAsksForACertificateIsShownOne() throws Exception {
        int port = https(true);
        Probe probe = Probe.http("/health").tls(authority.ca()).authority(NAME);
        assertThat(ask(probe, port)).isNotEqualTo("well");
        TestCertificates.Pair me = authority.forLoopback("prober");
        assertThat(ask(probe.clientCertificate(me.certificate(), me.key()), port))
                .isEqualTo("well");
    }

    @Test
    void grpcIsAskedOverTls() throws Exception {
        TestCertificates.Pair pair = authority.forName(NAME);
        Server server = NettyServerBuilder.forAddress(
                        new InetSocketAddress("127.0.0.1", 0),
                        TlsServerCredentials.create(
                                pair.certificate().toFile(), pair.key().toFile()))
                .addService(ProbedServer.serving())
                .build()
                .start();
        open.add(server::shutdownNow);
        Probe probe = Probe.grpc("orders").tls(authority.ca());
        assertThat(ask(probe.authority(NAME), server.getPort())).isEqualTo("well");
        assertThat(ask(probe, server.getPort())).contains("UNAVAILABLE");
        assertThat(ask(Probe.grpc("orders"), server.getPort())).contains("UNAVAILABLE");
    }

    @Test
    void anOrchestratorWorksOverTlsAsAUserWithTheDocumentedRole() throws Exception {
        EtcdServer etcd = opened(EtcdServer.stopped(directory).withTls(authority, authority.forLoopback("etcd"), null));
        etcd.start();
        ServiceKeys keys = new ServiceKeys("orders");
        int port = https(false);
        etcd.put(keys.endpoint("e0"), "{\"address\": \"127.0.0.1:" + port + "\"}");
        for (int i = 1; i < 3; i++) {
            etcd.put(keys.endpoint("e" + i), "{\"address\": \"127.0.0.1:" + https(false) + "\"}");
        }
        etcd.addUser("orchestrator", "pass", "orchestrating");
        DocumentedRoles.grant(etcd, "orchestrator", "orchestrating", false);
        etcd.enableAuth("secret");
        EtcdClient client = opened(EtcdClient.builder()
                .servers(etcd.address())
                .tls(authority.ca())
                .user("orchestrator", Files.writeString(directory.resolve("password"), "pass"))
                .build());
        HealthOrchestrator orchestrator = opened(HealthOrchestrator.builder(
                        client,
                        "orders",
                        "a",
                        Probe.parse("https:/health").tls(authority.ca()).authority(NAME))
                .interval(Duration.ofMillis(500))
                .timeout(Duration.ofMillis(500))
                .maxDownPercent(100)
                .build());
        orchestrator.start();
        EtcdServer.await().until(() -> orchestrator.status().probed() == 3);
        status = 500;
        EtcdServer.await().until(() -> etcd.under(keys.health()).size() == 3);
        status = 200;
        EtcdServer.await().until(() -> etcd.under(keys.health()).isEmpty());
    }
}

package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.etcd.support.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd that speaks TLS. */
class EtcdTlsTest {
    private static final String KEY = new ServiceKeys("orders").endpoint("a");

    @TempDir
    Path directory;

    private TestCertificates authority;
    private TestCertificates stranger;
    private final Listening heard = new Listening();
    private EtcdServer etcd;

    @BeforeEach
    void authorities() {
        authority = new TestCertificates(directory, "authority");
        stranger = new TestCertificates(directory, "stranger");
    }

    @AfterEach
    void stop() {
        if (etcd != null) {
            etcd.close();
        }
    }

    private void start(TestCertificates.Pair certificate, boolean mutual) {
        etcd = EtcdServer.stopped(directory).withTls(authority, certificate, mutual ? authority.ca() : null);
        etcd.start();
        etcd.put(KEY, "{\"address\": \"10.0.0.1:80\"}");
    }

    private EtcdClientBuilder client() {
        return EtcdClient.builder().servers(etcd.address());
    }

    private String problem(EtcdClientBuilder builder) {
        try (EtcdClient client = builder.build();
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            assertThat(heard.sets).isEmpty();
            return heard.errors.get(0).getMessage();
        }
    }

    private void follows(EtcdClientBuilder builder) {
        try (EtcdClient client = builder.build();
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
        }
    }

    @Test
    void aServerOfTheAuthorityIsFollowed() {
        start(authority.forLoopback("server"), false);
        follows(client().tls(authority.ca()));
    }

    @Test
    void aServerOfAnotherAuthorityIsRefused() {
        start(authority.forLoopback("server"), false);
        Path ca = stranger.ca();
        assertThat(problem(client().tls(ca)))
                .contains(etcd.address())
                .contains("TLS failed")
                .contains("certification path")
                .contains("TLS trusts " + ca + ", presents no certificate, expects the name of the host");
    }

    @Test
    void anExpiredServerIsRefused() {
        start(authority.expired("server"), false);
        assertThat(problem(client().tls(authority.ca()))).contains("CertificateExpiredException: NotAfter");
    }

    @Test
    void aServerOfAnotherNameIsRefusedUnlessThatNameIsExpected() {
        start(authority.forName("etcd.internal"), false);
        assertThat(problem(client().tls(authority.ca()))).contains("TLS failed").contains("127.0.0.1");
        assertThat(problem(client().tls(authority.ca()).authority("other.internal")))
                .contains("TLS failed");
        follows(client().tls(authority.ca()).authority("etcd.internal"));
    }

    @Test
    void aClientWithoutACertificateIsRefusedWhereOneIsAskedFor() {
        start(authority.forLoopback("server"), true);
        assertThat(problem(client().tls(authority.ca()))).contains("presents no certificate");
    }

    @Test
    void aClientOfAnotherAuthorityIsRefused() {
        start(authority.forLoopback("server"), true);
        TestCertificates.Pair me = stranger.forLoopback("me");
        assertThat(problem(client().tls(authority.ca()).clientCertificate(me.certificate(), me.key())))
                .contains("TLS failed")
                .contains("presents " + me.certificate());
    }

    @Test
    void plainTextToAServerThatSpeaksTlsFailsAndSaysSo() {
        start(authority.forLoopback("server"), false);
        assertThat(problem(client())).contains(etcd.address()).contains("UNAVAILABLE");
    }

    @Test
    void everyUsualFormOfAKeyIsShown() throws Exception {
        start(authority.forLoopback("server"), true);
        TestCertificates.Pair elliptic = authority.forLoopback("me");
        TestCertificates.Pair rsa = authority.withRsa("me-rsa");
        Path ca = authority.ca();
        follows(client().tls(ca).clientCertificate(elliptic.certificate(), elliptic.key()));
        follows(client().tls(ca).clientCertificate(elliptic.certificate(), authority.inOlderForm(elliptic, "EC")));
        follows(client().tls(ca).clientCertificate(rsa.certificate(), rsa.key()));
        follows(client().tls(ca).clientCertificate(rsa.certificate(), authority.inOlderForm(rsa, "RSA")));
    }

    @Test
    void theNextConnectionTakesNewFilesAndBrokenOnesReplaceNothing() throws Exception {
        start(authority.forLoopback("server"), true);
        Path ca = Files.copy(stranger.ca(), directory.resolve("trusted.pem"));
        TestCertificates.Pair me = authority.forLoopback("me");
        try (EtcdClient client = client().tls(ca)
                        .clientCertificate(me.certificate(), me.key())
                        .build();
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            replace(ca, authority.ca());
            heard.awaitWeights(Map.of("a", 1));

            // Half a pair, and no certificate at all: what was read before still opens connections.
            replace(me.key(), stranger.forLoopback("other").key());
            restartAndFollow(2);
            Files.writeString(ca, "no certificate");
            restartAndFollow(3);
        }
    }

    private void restartAndFollow(int weight) {
        etcd.kill();
        etcd.start();
        etcd.put(KEY, "{\"address\": \"10.0.0.1:80\", \"weight\": " + weight + "}");
        heard.awaitWeights(Map.of("a", weight));
    }

    private static void replace(Path file, Path with) throws IOException {
        Path beside = Files.copy(with, file.resolveSibling("new"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void filesThatCannotBeUsedAreRefusedAtOnceWithTheirNameAndWhy() throws Exception {
        EtcdClientBuilder builder = EtcdClient.builder().servers("127.0.0.1:1");
        Path missing = directory.resolve("missing.pem");
        assertThatThrownBy(() -> builder.tls(missing).build())
                .hasMessage(missing + " cannot be read (NoSuchFileException)");
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        assertThatThrownBy(() -> builder.tls(empty).build())
                .hasMessage(
                        "CA file " + empty + " cannot be used: it holds no certificate, expected at least one in PEM");
        TestCertificates.Pair me = authority.forLoopback("me");
        TestCertificates.Pair other = authority.forLoopback("other");
        assertThatThrownBy(() -> builder.tls(authority.ca())
                        .clientCertificate(me.certificate(), other.key())
                        .build())
                .hasMessage("client certificate " + me.certificate() + " with key " + other.key()
                        + " cannot be used: the key does not belong to the certificate");
        assertThatThrownBy(() -> builder.clientCertificate(me.certificate(), me.certificate())
                        .build())
                .hasMessageContaining("the key file holds no unencrypted private key, expected one in PEM");
    }
}

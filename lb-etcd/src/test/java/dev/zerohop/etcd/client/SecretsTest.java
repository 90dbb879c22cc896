package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdClientBuilder;
import dev.zerohop.etcd.EtcdRegistration;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.etcd.support.TestCertificates;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that can go wrong, done with passwords and keys that can be recognised: no log, no exception and no text of an object holds them. */
class SecretsTest {
    private static final String MARK = "s3cr3tMarkZ";

    @TempDir
    Path directory;

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final StringBuilder said = new StringBuilder();
    private PrintStream before;

    @BeforeEach
    void listen() {
        // slf4j-simple writes to whatever this is at the moment.
        before = System.err;
        OutputStream both = new OutputStream() {
            @Override
            public void write(int b) {
                before.write(b);
                logged.write(b);
            }
        };
        System.setErr(new PrintStream(both, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void stopListening() {
        System.setErr(before);
        System.clearProperty(ConfigFile.PROPERTY);
    }

    private void say(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        said.append(text);
    }

    private void fails(EtcdClientBuilder builder, String expected) {
        Listening heard = new Listening();
        try (EtcdClient client = builder.build();
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            Endpoint me = Endpoint.builder("10.0.0.1", 80).id("a").build();
            EtcdRegistration registration = EtcdRegistration.register(client, "orders", me, Duration.ofSeconds(10));
            Throwable write = catchThrowable(() ->
                    new Leases(client.cluster().connection()).put("k", "v", 0).get(60, TimeUnit.SECONDS));
            assertThat(write).isNotNull();
            say(write);
            heard.errors.forEach(this::say);
            assertThat(heard.errors.get(0)).hasMessageContaining(expected);
            said.append(builder)
                    .append(client)
                    .append(resolver)
                    .append(registration)
                    .append(client.cluster().connection());
        }
    }

    @Test
    void noFailureContainsASecret() throws Exception {
        List<String> secrets = new ArrayList<>(List.of(MARK));
        TestCertificates authority = new TestCertificates(directory, "authority");
        TestCertificates stranger = new TestCertificates(directory, "stranger");
        TestCertificates.Pair me = authority.forLoopback("me");
        TestCertificates.Pair foreign = stranger.forLoopback("foreign");
        for (TestCertificates.Pair pair : List.of(me, foreign)) {
            Files.readAllLines(pair.key()).stream()
                    .filter(line -> !line.startsWith("-----"))
                    .forEach(secrets::add);
        }
        Path password = Files.writeString(directory.resolve("password"), MARK);
        Path wrong = Files.writeString(directory.resolve("wrong"), MARK + "-wrong");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(wrong, PosixFilePermissions.fromString("rw-r--r--"));
        AtomicReference<String> given = new AtomicReference<>(MARK);
        try (EtcdServer etcd =
                EtcdServer.stopped(directory).withTls(authority, authority.forLoopback("server"), authority.ca())) {
            etcd.start();
            etcd.addUser("nobody", MARK, "nothing");
            etcd.enableAuth("secret");
            EtcdClientBuilder right = EtcdClient.builder()
                    .servers(etcd.address())
                    .tls(authority.ca())
                    .clientCertificate(me.certificate(), me.key());
            fails(right.user("nobody", password), "PERMISSION_DENIED");
            fails(right.user("nobody", wrong), "was rejected");
            fails(right.user("nobody", MARK + "-given"), "was rejected");
            fails(
                    right.user("nobody", () -> {
                        throw new IllegalStateException("the vault said " + given.get());
                    }),
                    "IllegalStateException was thrown by its supplier");
            fails(right.user("nobody", directory.resolve("no-file")), "cannot be read");
            fails(right.user("nobody", password).tls(stranger.ca()), "TLS failed");
            fails(
                    EtcdClient.builder()
                            .servers(etcd.address())
                            .tls(authority.ca())
                            .clientCertificate(foreign.certificate(), foreign.key())
                            .user("nobody", password),
                    "TLS failed");
            fails(EtcdClient.builder().servers(etcd.address()).user("nobody", password), "UNAVAILABLE");
            restartedWithABrokenKey(etcd, right.tls(authority.ca()), me);
        }
        fails(EtcdClient.builder().servers("127.0.0.1:1").user("nobody", password), "cannot be connected to");
        refusedAtOnce(me, password);
        Login login = new Login("nobody", given::get);
        said.append(login).append(new Login("nobody", new Login.PasswordFile(password)));
        said.append(new Access(new Tls(authority.ca(), me.certificate(), me.key(), null), login, ""));

        String everything = said + logged.toString(StandardCharsets.UTF_8);
        assertThat(everything)
                .contains("was rejected")
                .contains("TLS failed")
                .contains("the credentials read before stay")
                .contains("etcd server was '***@127.0.0.1:2379'")
                .contains("etcd://***@127.0.0.1:2379/orders");
        assertThat(everything
                        .lines()
                        .filter(line -> line.contains("etcd [127.0.0.1:1]: the password of user 'nobody'")))
                .as("a password in plain text is warned of once")
                .singleElement()
                .asString()
                .contains("is sent in plain text", "set TLS for this cluster, and requireTls");
        assertThat(everything.lines().filter(line -> line.contains("can be read by every user")))
                .as("of two files one")
                .singleElement()
                .asString()
                .contains("password file " + wrong, "chmod o-rwx", "defaultMode: 0400");
        for (String secret : secrets) {
            assertThat(everything.contains(secret))
                    .as("%s... was said", secret.substring(0, 4))
                    .isFalse();
        }
    }

    private void restartedWithABrokenKey(EtcdServer etcd, EtcdClientBuilder builder, TestCertificates.Pair me)
            throws IOException {
        try (EtcdClient client = builder.build();
                Resolver resolver = client.resolver("orders")) {
            Listening heard = new Listening();
            resolver.start(heard);
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            String key = Files.readString(me.key());
            Files.writeString(me.key(), key.replaceAll("(?m)^(M.{20})", "$1AAAA"));
            etcd.kill();
            // Denied clients ask late; a call makes this one notice.
            EtcdServer.await().until(() -> {
                say(catchThrowable(
                        () -> new Leases(client.cluster().connection()).grant(5).join()));
                return logged.toString(StandardCharsets.UTF_8).contains("the credentials read before stay");
            });
            Files.writeString(me.key(), key);
        }
    }

    private void refusedAtOnce(TestCertificates.Pair me, Path password) throws IOException {
        EtcdClientBuilder builder = EtcdClient.builder().servers("127.0.0.1:1");
        // A key where a certificate belongs, and a password where a configuration belongs.
        say(catchThrowable(() -> builder.tls(me.key()).build()));
        say(catchThrowable(() ->
                builder.tls().clientCertificate(me.key(), me.certificate()).build()));
        // As in other systems' URLs.
        String address = "nobody:" + MARK + "@127.0.0.1:2379";
        say(catchThrowable(() -> EtcdClient.of(address)));
        for (String target : List.of(
                address,
                "etcd://" + address + "/orders",
                "golb://" + address + "/z/f",
                "etcd://" + address,
                "static:///10.0.0.1:1," + address,
                "nowhere://" + address,
                "e_d://" + address,
                "refreshing-dns:///" + address,
                "etcd://nobody:" + MARK + "/" + MARK + "@127.0.0.1:2379/orders")) {
            say(catchThrowable(() -> Target.parse(target).newResolver(Env.system())));
        }
        Path file = directory.resolve("zerohop.json");
        for (String json : List.of(
                "{\"etcd\": [{\"servers\": [\"" + address + "\"]}]}",
                "{\"etcd\": [{\"password\": \"" + MARK + "\"}]}",
                "{\"password\": \"" + MARK + "\"}",
                Files.readString(password))) {
            Files.writeString(file, json);
            System.setProperty(ConfigFile.PROPERTY, file.toString());
            say(catchThrowable(() -> EtcdClient.of("127.0.0.1:1")));
        }
    }
}

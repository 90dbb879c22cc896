package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdClientBuilder;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.etcd.support.TestCertificates;
import io.etcd.jetcd.api.Permission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    private static final HostAndPort A = HostAndPort.fromString("10.0.0.1:2379");
    private static final HostAndPort B = HostAndPort.fromString("10.0.0.2:2379");
    private static final HostAndPort C = HostAndPort.fromString("10.0.0.3:2379");

    @TempDir
    Path directory;

    @AfterEach
    void forget() {
        System.clearProperty(ConfigFile.PROPERTY);
    }

    private Path write(String json) throws IOException {
        return Files.writeString(directory.resolve("zerohop.json"), json.replace('\'', '"'));
    }

    private ConfigFile read(String json) throws IOException {
        return ConfigFile.read(write(json));
    }

    @Test
    void everyFieldIsRead() throws Exception {
        ConfigFile file = read("{'clientId': 'web-7', 'etcd': [{'servers': ['10.0.0.1:2379', '10.0.0.2:2379'],"
                + " 'tls': {'ca': 'ca.pem', 'certificate': '/c.pem', 'key': '/k.pem', 'authority': 'etcd.internal'},"
                + " 'user': 'orders', 'passwordFile': 'secrets/etcd', 'namespace': 'production/'}, {'tls': {}}]}");
        assertThat(file.clientId()).isEqualTo("web-7");
        Access access = file.accessTo(List.of(B, A));
        assertThat(access)
                .isEqualTo(new Access(
                        new Tls(directory.resolve("ca.pem"), Path.of("/c.pem"), Path.of("/k.pem"), "etcd.internal"),
                        new Login("orders", new Login.PasswordFile(directory.resolve("secrets/etcd"))),
                        "production/"));
        assertThat(file.accessTo(List.of(A))).isEqualTo(access);
        assertThat(file.accessTo(List.of(C))).isEqualTo(new Access(new Tls(null, null, null, null), null, ""));
    }

    @Test
    void noCredentialsGoToAServerThatIsNotNamedForThem() throws Exception {
        ConfigFile file = read("{'etcd': [{'servers': ['10.0.0.1:2379'], 'user': 'a', 'passwordFile': 'p'}]}");
        assertThat(file.accessTo(List.of(B))).isEqualTo(Access.PLAIN);
        assertThatThrownBy(() -> file.accessTo(List.of(A, B)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected all of them or none; it lacks [10.0.0.2:2379]");
    }

    @Test
    void whereTlsIsRequiredNothingGoesInPlainText() throws Exception {
        String required = "etcd servers were [10.0.0.2:2379] without TLS, expected TLS: ";
        Path file = write("{'requireTls': true, 'etcd': [{'servers': ['10.0.0.1:2379'], 'tls': {}}]}");
        System.setProperty(ConfigFile.PROPERTY, file.toString());
        Target.parse("etcd://10.0.0.1:2379/orders").newResolver(Env.system()).close();
        EtcdClient.of("10.0.0.1:2379").close();
        EtcdClient.builder().servers("10.0.0.2:2379").tls().build().close();
        String byFile = required + "the file that ZEROHOP_CONFIG names sets requireTls";
        assertThatThrownBy(() -> Target.parse("etcd://10.0.0.2:2379/orders").newResolver(Env.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(byFile);
        assertThatThrownBy(() -> EtcdClient.of("10.0.0.2:2379")).hasMessage(byFile);
        assertThatThrownBy(() -> EtcdClient.builder()
                        .servers("10.0.0.2:2379")
                        .namespace("a/")
                        .build())
                .hasMessage(byFile);
        System.clearProperty(ConfigFile.PROPERTY);
        EtcdClientBuilder own = EtcdClient.builder()
                .servers("10.0.0.2:2379")
                .user("me", "secret")
                .requireTls();
        assertThatThrownBy(own::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(required + "requireTls was called");
        own.tls().build().close();
    }

    @Test
    void tlsAloneIsAddedToWhatTheFileSays() throws Exception {
        ConfigFile file = read("{'etcd': [{'servers': ['10.0.0.1:2379'], 'namespace': 'fleet/'},"
                + " {'tls': {'authority': 'etcd.internal'}}]}");
        assertThat(file.stated(List.of(A)).overTls())
                .isEqualTo(new Access(new Tls(null, null, null, null), null, "fleet/"));
        assertThat(file.stated(List.of(B)).overTls())
                .isEqualTo(new Access(new Tls(null, null, null, "etcd.internal"), null, ""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | the document was an array, expected an object",
                "{'etcd': {}} | etcd was an object, expected an array",
                "{'client': 'x'} | client is not known, expected clientId, etcd or requireTls",
                "{'requireTls': 'yes'} | requireTls was \"yes\", expected true or false",
                "{'etcd': [{'servers': ['me:s3cret@10.0.0.1:2379']}]} | etcd[0].servers[0] was ***@10.0.0.1:2379, expected host:port, such as 10.0.0.1:2379",
                "{'clientId': ' '} | clientId was \" \", expected a text that is not blank",
                "{'etcd': [{'servers': []}]} | etcd[0].servers was an empty array, expected at least one host:port, or no such field",
                "{'etcd': [{'servers': ['10.0.0.1']}]} | etcd[0].servers[0] was 10.0.0.1, expected host:port, such as 10.0.0.1:2379",
                "{'etcd': [{}, {}]} | etcd[1] has no servers, as one before it, expected one such entry at most",
                "{'etcd': [{'servers': ['a:1']}, {'servers': ['a:1']}]} | etcd[1].servers names a:1, as one before it, expected it once",
                "{'etcd': [{'password': 's3cret'}]} | etcd[0].password is not known, expected servers, tls, user, passwordFile or namespace",
                "{'etcd': [{'user': 'a'}]} | etcd[0].passwordFile was missing, expected user and passwordFile together",
                "{'etcd': [{'passwordFile': 'a'}]} | etcd[0].user was missing, expected user and passwordFile together",
                "{'etcd': [{'namespace': 'a'}]} | etcd[0].namespace was 'a', expected a prefix of keys that ends with a slash, such as 'production/'",
                "{'etcd': [{'tls': true}]} | etcd[0].tls was true, expected an object",
                "{'etcd': [{'tls': {'cert': 'x'}}]} | etcd[0].tls.cert is not known, expected ca, certificate, key or authority",
                "{'etcd': [{'tls': {'key': '/k'}}]} | etcd[0].tls: a client key /k was given alone, expected a certificate and its key",
            })
    void whatIsNotExpectedIsRefusedWithItsPath(String json, String message) {
        assertThatThrownBy(() -> read(json)).isInstanceOf(IOException.class).hasMessage(message);
    }

    @Test
    void aFileThatCannotBeUsedIsNamedWhenATargetIsUsed() throws Exception {
        Target target = Target.parse("etcd://10.0.0.1:2379/orders");
        Path missing = directory.resolve("missing.json");
        System.setProperty(ConfigFile.PROPERTY, missing.toString());
        assertThatThrownBy(() -> target.newResolver(Env.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("system property zerohop.config names " + missing
                        + ", which cannot be used: NoSuchFileException");
        Path file = write("{'etcd': [{'tls': {'ca': 'none.pem'}}]}");
        System.setProperty(ConfigFile.PROPERTY, file.toString());
        assertThatThrownBy(() -> target.newResolver(Env.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(directory.resolve("none.pem") + " cannot be read (NoSuchFileException)");
        write("{'etcd': 7}");
        assertThatThrownBy(() -> EtcdClient.of("10.0.0.1:2379"))
                .hasMessage("system property zerohop.config names " + file
                        + ", which cannot be used: etcd was 7, expected an array");
    }

    @Test
    void targetsAndClientsTakeTlsUserAndNamespaceFromTheFile() throws Exception {
        TestCertificates authority = new TestCertificates(directory, "authority");
        TestCertificates.Pair me = authority.forLoopback("me");
        try (EtcdServer etcd =
                EtcdServer.stopped(directory).withTls(authority, authority.forLoopback("server"), authority.ca())) {
            etcd.start();
            ServiceKeys keys = new ServiceKeys("orders");
            etcd.put("fleet/" + keys.endpoint("a"), "{\"address\": \"10.0.0.1:80\"}");
            etcd.put("fleet/golb/function/z/f", "{\"ips\": [\"10.0.0.1\"], \"weights\": [3]}");
            etcd.addUser("reader", "first", "reading");
            etcd.grant("reading", Permission.Type.READ, KeyRange.under("fleet/"));
            etcd.enableAuth("secret");
            Files.writeString(directory.resolve("password"), "first");
            System.setProperty(
                    ConfigFile.PROPERTY,
                    write("{'clientId': 'web-7', 'etcd': [{'servers': ['" + etcd.address() + "'], 'tls': {'ca': '"
                                    + authority.ca().getFileName() + "', 'certificate': '"
                                    + me.certificate() + "', 'key': '" + me.key()
                                    + "'}, 'user': 'reader', 'passwordFile': 'password', 'namespace': 'fleet/'}]}")
                            .toString());
            for (String target : List.of("etcd://" + etcd.address() + "/orders", "golb://" + etcd.address() + "/z/f")) {
                Listening heard = new Listening();
                try (Resolver resolver = Target.parse(target).newResolver(Env.system())) {
                    resolver.start(heard);
                    EtcdServer.await().until(() -> !heard.sets.isEmpty());
                }
            }
            Listening heard = new Listening();
            try (EtcdClient client = EtcdClient.of(etcd.address());
                    Resolver resolver = client.resolver("orders")) {
                assertThat(client.cluster().source().id().name()).isEqualTo("web-7");
                resolver.start(heard);
                heard.awaitWeights(Map.of("a", 1));
            }
            Listening refused = new Listening();
            try (EtcdClient client = EtcdClient.builder()
                            .servers(etcd.address())
                            .namespace("")
                            .clientId("own")
                            .build();
                    Resolver resolver = client.resolver("orders")) {
                assertThat(client.cluster().source().id().name()).isEqualTo("own");
                resolver.start(refused);
                EtcdServer.await().until(() -> !refused.errors.isEmpty());
            }
        }
    }
}

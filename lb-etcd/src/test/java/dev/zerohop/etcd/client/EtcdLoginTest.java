package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdRegistration;
import dev.zerohop.etcd.support.DocumentedRoles;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.watch.SourceFailure;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd with users. */
class EtcdLoginTest {
    private static final ServiceKeys KEYS = new ServiceKeys("orders");
    private static final KeyRange ORDERS = KeyRange.under("zerohop/v1/services/orders/");

    @TempDir
    Path directory;

    private final Listening heard = new Listening();
    private Path password;
    private EtcdServer etcd;

    @BeforeEach
    void start() throws Exception {
        password = Files.writeString(directory.resolve("password"), "first\n");
        etcd = EtcdServer.started(directory);
        put(1);
    }

    @AfterEach
    void stop() {
        etcd.close();
    }

    private void users() {
        etcd.addUser("reader", "first", "reading");
        DocumentedRoles.grant(etcd, "orders-reader", "reading", false);
        etcd.addUser("nobody", "first", "nothing");
        etcd.enableAuth("secret");
    }

    private void put(int weight) {
        etcd.put(KEYS.endpoint("a"), "{\"address\": \"10.0.0.1:80\", \"weight\": " + weight + "}");
    }

    private EtcdClient client(String user) {
        return EtcdClient.builder().servers(etcd.address()).user(user, password).build();
    }

    private String problem(EtcdClient client) {
        try (client;
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            assertThat(heard.errors.get(0))
                    .isInstanceOfSatisfying(
                            SourceFailure.class,
                            failure -> assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.DENIED));
            return heard.errors.get(0).getMessage();
        }
    }

    @Test
    void aUserReadsAndFollowsWhatItsRoleAllows() {
        users();
        try (EtcdClient client = client("reader");
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            put(2);
            heard.awaitWeights(Map.of("a", 2));
            assertThat(heard.errors).isEmpty();
        }
    }

    @Test
    void aBadPasswordIsADenialThatNamesTheUserAndWhereThePasswordCameFrom() throws Exception {
        users();
        Files.writeString(password, "wrong");
        assertThat(problem(client("reader")))
                .contains(etcd.address())
                .contains("user 'reader' with password file " + password + " was rejected")
                .contains("invalid user ID or password")
                .doesNotContain("wrong");
    }

    @Test
    void aMissingPermissionNamesUserKeysAndTheCommandThatGrantsIt() {
        users();
        assertThat(problem(client("nobody")))
                .contains("PERMISSION_DENIED")
                .contains("user 'nobody' may not read zerohop/v1/services/orders/endpoints/*, ")
                .contains(
                        "to allow it: etcdctl role grant-permission ROLE read --prefix 'zerohop/v1/services/orders/'");
    }

    @Test
    void theCommandThatGrantsWhatIsMissingGivesAwayNoOtherService() {
        users();
        List<KeyRange> orchestrated = List.of(
                KeyRange.under("zerohop/v1/services/orders/endpoints/"),
                KeyRange.key("zerohop/v1/services/orders/config"),
                KeyRange.under("zerohop/v1/orchestrator/orders/workers/"),
                KeyRange.key("zerohop/v1/orchestrator/orders/assignment"));
        try (EtcdClient client = client("nobody")) {
            assertThat(failure(new GrpcKeyStore(client.cluster().connection()).read(orchestrated)))
                    .hasMessageEndingWith(
                            "to allow it: etcdctl role grant-permission ROLE read --prefix 'zerohop/v1/services/orders/'"
                                    + " && etcdctl role grant-permission ROLE read --prefix 'zerohop/v1/orchestrator/orders/'");
        }
    }

    @Test
    void aServerThatMayOnlyReadCannotRegister() {
        users();
        try (EtcdClient client = client("reader")) {
            Leases leases = new Leases(client.cluster().connection());
            assertThat(leases.put(KEYS.endpoint("b"), "{}", 0))
                    .failsWithin(60, TimeUnit.SECONDS)
                    .withThrowableOfType(java.util.concurrent.ExecutionException.class)
                    .havingRootCause()
                    .withMessageContaining("permission denied");
            assertThat(failure(leases.put(KEYS.endpoint("b"), "{}", 0)))
                    .hasMessageContaining("may not write " + KEYS.endpoint("b")
                            + "; to allow it: etcdctl role grant-permission ROLE readwrite '" + KEYS.endpoint("b")
                            + "'");
            SourceFailure failure = failure(leases.replace(KEYS.endpoint("b"), 1, "{}", 0));
            assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.DENIED);
            assertThat(failure)
                    .hasMessageContaining("etcdctl role grant-permission ROLE readwrite '" + KEYS.endpoint("b") + "'");
        }
    }

    @Test
    void keysAreNamedAsEtcdSeesThem() {
        users();
        EtcdClient client = EtcdClient.builder()
                .servers(etcd.address())
                .user("nobody", password)
                .namespace("production/")
                .build();
        assertThat(problem(client)).contains("--prefix 'production/zerohop/v1/services/orders/'");
    }

    private static SourceFailure failure(java.util.concurrent.CompletableFuture<?> call) {
        EtcdServer.await().until(call::isDone);
        try {
            call.join();
            throw new AssertionError("it was allowed");
        } catch (CompletionException failed) {
            return (SourceFailure) failed.getCause();
        }
    }

    @Test
    void aTokenThatEtcdDoesNotKnowAnyMoreIsRenewedAtOnce() throws Exception {
        users();
        try (EtcdClient client = client("reader");
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            // The token is refused, and no connection ends because of it.
            etcd.changePassword("reader", "first");
            Leases leases = new Leases(client.cluster().connection());
            assertThat(leases.grant(30).get(60, TimeUnit.SECONDS).id()).isNotZero();
            KeyStore store = new GrpcKeyStore(client.cluster().connection());
            etcd.changePassword("reader", "first");
            assertThat(store.read(KEYS.followed()).get(60, TimeUnit.SECONDS).entries())
                    .containsKey(KEYS.endpoint("a"));

            put(2);
            heard.awaitWeights(Map.of("a", 2));
            etcd.shutDown();
            etcd.start();
            put(3);
            heard.awaitWeights(Map.of("a", 3));
            assertThat(heard.errors).noneMatch(error -> ((SourceFailure) error).kind() == SourceFailure.Kind.DENIED);
        }
    }

    @Test
    void aNewPasswordInTheFileIsUsedWhenTheOldOneEnds() throws Exception {
        users();
        try (EtcdClient client = client("reader");
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            Files.writeString(password, "second");
            etcd.changePassword("reader", "second");
            KeyStore store = new GrpcKeyStore(client.cluster().connection());
            assertThat(store.read(KEYS.followed()).get(60, TimeUnit.SECONDS).entries())
                    .hasSize(1);

            // A file that is gone meanwhile leaves the last good password in use.
            put(2);
            heard.awaitWeights(Map.of("a", 2));
            Files.delete(password);
            etcd.shutDown();
            etcd.start();
            put(3);
            heard.awaitWeights(Map.of("a", 3));
        }
    }

    @Test
    void aRefusedPasswordIsAskedAboutOnceAndAChangedOneAtOnce() {
        users();
        AtomicInteger asked = new AtomicInteger();
        String[] now = {"wrong"};
        try (EtcdClient client = EtcdClient.builder()
                .servers(etcd.address())
                .user("reader", () -> {
                    asked.incrementAndGet();
                    return now[0];
                })
                .build()) {
            KeyStore store = new GrpcKeyStore(client.cluster().connection());
            SourceFailure first = failure(store.read(KEYS.followed()));
            SourceFailure second = failure(store.read(KEYS.followed()));
            assertThat(first.kind()).isEqualTo(SourceFailure.Kind.DENIED);
            assertThat(Status.fromThrowable(second))
                    .as("etcd was not asked again")
                    .isSameAs(Status.fromThrowable(first));
            assertThat(asked).hasValue(2);
            now[0] = "first";
            assertThat(store.read(KEYS.followed()).join().entries()).hasSize(1);
        }
    }

    @Test
    void aUserIsNoHindranceWhereNoneIsAskedForAndIsUsedOnceOneIs() {
        try (EtcdClient client = client("reader");
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            users();
            assertThat(new GrpcKeyStore(client.cluster().connection())
                            .read(KEYS.followed())
                            .join()
                            .entries())
                    .hasSize(1);
            put(2);
            heard.awaitWeights(Map.of("a", 2));
        }
    }

    @Test
    void aServerRegistersWithPermissionOnItsServicesEndpointsAlone() {
        etcd.addUser("server", "first", "serving");
        DocumentedRoles.grant(etcd, "orders-server", "serving", false);
        users();
        Endpoint me = Endpoint.builder("10.0.0.2", 80).id("b").build();
        try (EtcdClient client = client("server")) {
            EtcdRegistration registration = EtcdRegistration.register(client, "orders", me, Duration.ofSeconds(10));
            registration.registered().orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(etcd.get(KEYS.endpoint("b"))).isNotNull();
            registration.leave(Duration.ZERO).orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(etcd.get(KEYS.endpoint("b"))).isNull();
        }
    }
}

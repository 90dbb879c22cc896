package dev.zerohop.kubernetes;

import static dev.zerohop.kubernetes.ScriptedApi.versioned;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Env;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real client against a server that misbehaves on the wire; the time between attempts is fake. */
class HttpApiServerTest {
    private static final Selection<EndpointSlice> WHAT = Selection.endpointSlices("shop", "orders");

    private final FakeTime time = new FakeTime();
    private final Env env = new Env(time, ScriptedDice.seeded(1), Env.system().blocking());
    private final Told told = new Told();
    private ScriptedApi api;
    private KubernetesDiscovery discovery;

    @TempDir
    Path directory;

    @AfterEach
    void close() throws IOException {
        if (discovery != null) {
            discovery.close();
        }
        api.close();
    }

    /** Lists one slice at version 5, and accepts watches. */
    private static void wellBehaved(ScriptedApi.Request request, ScriptedApi.Connection to) throws IOException {
        if (request.isWatch()) {
            to.upgrade();
        } else {
            to.slices("5", null, versioned(Slices.slice("a"), "5"));
        }
    }

    private static void later(ScriptedApi.Request request, ScriptedApi.Connection to) throws IOException {
        if (request.isWatch()) {
            to.upgrade();
        } else {
            to.slices("9", null, versioned(Slices.slice("b"), "9"));
        }
    }

    private void start(ScriptedApi.Script script) throws IOException {
        start(script, KubernetesOptions.builder());
    }

    private void start(ScriptedApi.Script script, KubernetesOptions.Builder options) throws IOException {
        api = new ScriptedApi(script);
        discovery = KubernetesDiscovery.of(env, options.apiServer(api.uri()).build());
        discovery.follow(WHAT, told);
    }

    /** Moves the fake time in small steps until it is so. */
    private void until(Callable<Boolean> condition) {
        await().until(() -> {
            time.advance(Duration.ofMillis(20));
            return condition.call();
        });
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
    }

    private void untilWatching() {
        until(() -> !api.watches.isEmpty() && told.names().equals(Set.of("a")));
    }

    @Test
    void listsThenWatchesFromTheVersionAndAppliesEvents() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        ScriptedApi.Request watch = api.lastWatch().request;
        assertThat(watch.path()).isEqualTo("/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices");
        assertThat(watch.query())
                .containsEntry("labelSelector", "kubernetes.io/service-name=orders")
                .containsEntry("resourceVersion", "5")
                .containsEntry("allowWatchBookmarks", "true");
        assertThat(Integer.parseInt(watch.query().get("timeoutSeconds"))).isBetween(300, 600);
        api.lastWatch().event("ADDED", versioned(Slices.slice("b"), "6"));
        until(() -> told.names().equals(Set.of("a", "b")));
        api.lastWatch().event("DELETED", versioned(Slices.slice("a"), "7"));
        until(() -> told.names().equals(Set.of("b")));
        assertThat(api.lists()).isEqualTo(1);
        assertThat(told.failures).isEmpty();
    }

    /** Whatever follows would be taken for what is there already, or never be told. */
    @ParameterizedTest
    @CsvSource({
        "BOOKMARK, {}",
        "ADDED, {\"name\":\"c\"}",
        "ADDED, {\"resourceVersion\":\"6\"}",
        "DELETED, {\"name\":\"a\"}"
    })
    void anEventThatLacksItsNameOrVersionEndsTheWatchAndAllIsListedAgain(String type, String metadata)
            throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.script = HttpApiServerTest::later;
        api.lastWatch()
                .text("{\"type\":\"" + type + "\",\"object\":{\"kind\":\"EndpointSlice\",\"apiVersion\":"
                        + "\"discovery.k8s.io/v1\",\"metadata\":" + metadata + "}}");
        until(() -> told.names().equals(Set.of("b")));
    }

    @Test
    void pagesAreReadToTheEnd() throws IOException {
        start((request, to) -> {
            if (request.isWatch()) {
                to.upgrade();
            } else if (request.query().get("continue") == null) {
                to.slices("5", "to be+continued/=", versioned(Slices.slice("a"), "3"));
            } else {
                assertThat(request.query())
                        .containsEntry("continue", "to be+continued/=")
                        .containsEntry("limit", "100");
                to.slices("5", null, versioned(Slices.slice("b"), "4"));
            }
        });
        until(() -> told.names().equals(Set.of("a", "b")));
        assertThat(api.lists()).isEqualTo(2);
    }

    @Test
    void aWatchThatEndsInGoodOrderGoesOnWhereItWas() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.lastWatch().bookmark("77");
        until(() -> !told.confirmed.isEmpty());
        time.advance(SelectionWatch.SETTLED);
        api.lastWatch().close();
        until(() -> api.watches.size() == 2);
        assertThat(api.lastWatch().request.query()).containsEntry("resourceVersion", "77");
        assertThat(api.lists()).isEqualTo(1);
    }

    @Test
    void anExpiredVersionInsideTheWatchIsListedAgain() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.script = HttpApiServerTest::later;
        api.lastWatch().error(410, "too old resource version: 5 (8)");
        until(() -> told.names().equals(Set.of("b")));
        until(() -> api.watches.size() == 2);
        assertThat(api.lastWatch().request.query()).containsEntry("resourceVersion", "9");
        assertThat(told.failures).isEmpty();
    }

    @Test
    void anExpiredVersionOnTheHandshakeIsListedAgain() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.script = (request, to) -> {
            if (request.isWatch() && request.query().get("resourceVersion").equals("5")) {
                to.status(410, "too old resource version: 5 (8)");
            } else {
                later(request, to);
            }
        };
        time.advance(SelectionWatch.SETTLED);
        api.lastWatch().close();
        until(() -> told.names().equals(Set.of("b")));
        assertThat(told.failures).isEmpty();
    }

    @Test
    void serverErrorsAreReportedAndRetried() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        start((request, to) -> {
            if (asked.incrementAndGet() <= 3) {
                to.status(500, "etcdserver: request timed out");
            } else {
                wellBehaved(request, to);
            }
        });
        untilWatching();
        assertThat(told.failures.get(0))
                .hasMessageContaining("answered 500")
                .hasMessageContaining("etcdserver: request timed out");
        assertThat(asked.get()).isGreaterThanOrEqualTo(4);
        until(() -> !told.stale);
    }

    @Test
    void theServersWishToBeLeftAloneIsRead() throws IOException {
        start((request, to) -> to.status(429, "slow down", "Retry-After: 30"));
        until(() -> told.failures.size() == 1);
        assertThat(told.failures.get(0).retryAfter()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void aListThatHangsInItsBodyIsGivenUpAndItsConnectionClosed() throws IOException {
        List<ScriptedApi.Connection> hanging = new CopyOnWriteArrayList<>();
        start((request, to) -> {
            hanging.add(to);
            to.beginAndHang();
        });
        until(() -> !hanging.isEmpty());
        until(() -> !told.failures.isEmpty());
        assertThat(told.failures.get(0)).hasMessageContaining("did not answer within 20 s");
        await().until(() -> hanging.get(0).left);
        api.script = HttpApiServerTest::wellBehaved;
        untilWatching();
    }

    @Test
    void aListThatNeverBeginsIsGivenUpAndItsConnectionClosed() throws IOException {
        List<ScriptedApi.Connection> hanging = new CopyOnWriteArrayList<>();
        start((request, to) -> {
            hanging.add(to);
            to.hang();
        });
        until(() -> !hanging.isEmpty());
        until(() -> !told.failures.isEmpty());
        await().until(() -> hanging.get(0).left);
        api.script = HttpApiServerTest::wellBehaved;
        untilWatching();
    }

    @Test
    void aHalfClosedWatchIsListedAgain() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.script = HttpApiServerTest::later;
        api.lastWatch().halfClose();
        until(() -> told.names().equals(Set.of("b")));
        assertThat(told.failures).isEmpty();
    }

    @Test
    void aResetWatchIsListedAgain() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.script = HttpApiServerTest::later;
        api.lastWatch().reset();
        until(() -> told.names().equals(Set.of("b")));
        assertThat(told.failures).isEmpty();
    }

    @Test
    void aSilentWatchIsListedAgainAndItsConnectionClosed() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        ScriptedApi.Connection silent = api.lastWatch();
        api.script = HttpApiServerTest::later;
        time.advance(Duration.ofMinutes(12));
        until(() -> told.names().equals(Set.of("b")));
        until(() -> api.watches.size() == 2);
        await().until(() -> silent.left);
    }

    @Test
    void anEventThatIsNoJsonIsDoubted() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.script = HttpApiServerTest::later;
        api.lastWatch().text("<html>maintenance</html>");
        until(() -> told.names().equals(Set.of("b")));
    }

    @Test
    void aListThatIsNoJsonIsAFailure() throws IOException {
        start((request, to) -> to.json(200, "<html>maintenance</html>"));
        until(() -> !told.failures.isEmpty());
        assertThat(told.failures.get(0)).hasMessageContaining("the request to list endpointslices");
    }

    @Test
    void aPermissionTakenAndGivenBack() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        api.script = (request, to) ->
                to.status(403, "endpointslices.discovery.k8s.io is forbidden: User x cannot list resource");
        api.lastWatch().reset();
        until(() -> !told.failures.isEmpty());
        assertThat(told.failures.get(0))
                .hasMessageContaining("answered 403")
                .hasMessageContaining("User x cannot list resource")
                .hasMessageContaining(
                        "{apiGroups: [\"discovery.k8s.io\"], resources: [\"endpointslices\"], verbs: [\"list\", \"watch\"]}");
        assertThat(told.failures.get(0).kind()).isEqualTo(SourceFailure.Kind.DENIED);
        assertThat(told.names()).containsExactly("a");
        api.script = HttpApiServerTest::later;
        time.advance(Duration.ofSeconds(20));
        assertThat(told.names()).containsExactly("a");
        until(() -> told.names().equals(Set.of("b")) && !told.stale);
    }

    @Test
    void aServerWithoutTheResourceIsDistinguished() throws IOException {
        start((request, to) -> to.status(404, "the server could not find the requested resource"));
        until(() -> !told.failures.isEmpty());
        assertThat(told.failures.get(0).kind()).isEqualTo(SourceFailure.Kind.MISSING);
    }

    @Test
    void aTokenThatIsRotatedInItsFileIsTakenUp() throws IOException {
        Path token = directory.resolve("token");
        Files.writeString(token, "first\n");
        start(HttpApiServerTest::wellBehaved, KubernetesOptions.builder().tokenFile(token));
        untilWatching();
        assertThat(api.requests).extracting(ScriptedApi.Request::token).containsOnly("first");
        Files.writeString(token, "second\n");
        api.script = (request, to) -> {
            if (request.token().equals("second")) {
                later(request, to);
            } else {
                to.status(401, "Unauthorized");
            }
        };
        api.lastWatch().reset();
        until(() -> told.names().equals(Set.of("b")));
        assertThat(told.failures).isEmpty();
    }

    @Test
    void aTokenFileThatCannotBeReadIsAFailureThatHeals() throws IOException {
        Path token = directory.resolve("absent");
        start(HttpApiServerTest::wellBehaved, KubernetesOptions.builder().tokenFile(token));
        until(() -> !told.failures.isEmpty());
        assertThat(told.failures.get(0)).hasMessageContaining("absent");
        Files.writeString(token, "first");
        untilWatching();
    }

    /** The client's own way, which needs no file of ours: the mounted token is read again when the old one is refused. */
    @Test
    void theServiceAccountsTokenIsTakenUpWhenItIsRotated() throws IOException {
        Path token = directory.resolve("token");
        Files.writeString(token, "first");
        api = new ScriptedApi((request, to) -> {
            if (request.token().equals("first")) {
                wellBehaved(request, to);
            } else {
                to.status(401, "Unauthorized");
            }
        });
        System.setProperty("kubernetes.auth.tryKubeConfig", "false");
        System.setProperty("kubernetes.auth.serviceAccount.token", token.toString());
        System.setProperty("kubernetes.master", api.uri().toString());
        try {
            discovery = KubernetesDiscovery.of(env, KubernetesOptions.defaults());
            discovery.follow(WHAT, told);
            untilWatching();
            Files.writeString(token, "second");
            api.script = (request, to) -> {
                if (request.token().equals("second")) {
                    later(request, to);
                } else {
                    to.status(401, "Unauthorized");
                }
            };
            api.lastWatch().reset();
            until(() -> told.names().equals(Set.of("b")));
            assertThat(told.failures).isEmpty();
        } finally {
            System.clearProperty("kubernetes.auth.tryKubeConfig");
            System.clearProperty("kubernetes.auth.serviceAccount.token");
            System.clearProperty("kubernetes.master");
        }
    }

    private Path kubeconfig(String user) throws IOException {
        Path file = directory.resolve("kubeconfig");
        Files.writeString(file, """
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{name: test, cluster: {server: "%s"}}]
                users: [{name: other, user: {tokenFile: other}}, {name: test, user: {%s}}]
                contexts: [{name: test, context: {cluster: test, user: test}}]
                """.formatted(api.uri(), user));
        return file;
    }

    private void startWithKubeconfig(String user) throws IOException {
        api = new ScriptedApi(HttpApiServerTest::wellBehaved);
        discovery = KubernetesDiscovery.of(
                env, KubernetesOptions.builder().kubeconfig(kubeconfig(user)).build());
        discovery.follow(WHAT, told);
    }

    @Test
    void aTokenFileOfTheKubeconfigGoesBeforeItsTokenAndIsReadForEachRequest() throws IOException {
        Files.writeString(directory.resolve("token"), "first\n");
        startWithKubeconfig("token: stale, tokenFile: token");
        untilWatching();
        assertThat(api.requests).extracting(ScriptedApi.Request::token).containsOnly("first");
        Files.writeString(directory.resolve("token"), "second\n");
        api.script = HttpApiServerTest::later;
        int before = api.requests.size();
        api.lastWatch().reset();
        until(() -> told.names().equals(Set.of("b")));
        assertThat(List.copyOf(api.requests).stream().skip(before))
                .extracting(ScriptedApi.Request::token)
                .containsOnly("second");
    }

    @Test
    void whileTheTokenFileOfTheKubeconfigCannotBeReadItsTokenStandsIn() throws IOException {
        startWithKubeconfig("token: standby, tokenFile: absent");
        untilWatching();
        assertThat(api.requests).extracting(ScriptedApi.Request::token).containsOnly("standby");
    }

    @Test
    void aTokenFileOfTheKubeconfigThatIsNotThereOrEmptyIsAFailureThatHeals() throws IOException {
        startWithKubeconfig("tokenFile: late");
        until(() -> told.failures.size() == 1);
        assertThat(told.failures.get(0))
                .hasMessageContaining("token file " + directory.resolve("late") + " cannot be read");
        Files.writeString(directory.resolve("late"), "\n");
        until(() -> told.failures.stream()
                .anyMatch(failure -> failure.getMessage()
                        .endsWith("token file " + directory.resolve("late") + " is empty, expected a bearer token")));
        assertThat(api.requests).isEmpty();
        Files.writeString(directory.resolve("late"), "good");
        untilWatching();
    }

    @Test
    void aTokenFileOfTheKubeconfigThatIsFoundCountsToo() throws IOException {
        Files.writeString(directory.resolve("token"), "first");
        api = new ScriptedApi(HttpApiServerTest::wellBehaved);
        System.setProperty("kubeconfig", kubeconfig("tokenFile: token").toString());
        try {
            discovery = KubernetesDiscovery.of(env, KubernetesOptions.defaults());
            discovery.follow(WHAT, told);
            untilWatching();
        } finally {
            System.clearProperty("kubeconfig");
        }
        assertThat(api.requests).extracting(ScriptedApi.Request::token).containsOnly("first");
    }

    @Test
    void aTokenFileOfTheOptionsGoesBeforeTheKubeconfigs() throws IOException {
        Files.writeString(directory.resolve("token"), "kubeconfig's");
        Path own = Files.writeString(directory.resolve("own"), "own");
        api = new ScriptedApi(HttpApiServerTest::wellBehaved);
        discovery = KubernetesDiscovery.of(
                env,
                KubernetesOptions.builder()
                        .kubeconfig(kubeconfig("tokenFile: token"))
                        .tokenFile(own)
                        .build());
        discovery.follow(WHAT, told);
        untilWatching();
        assertThat(api.requests).extracting(ScriptedApi.Request::token).containsOnly("own");
    }

    /** The token is for the API server: whoever can make it answer with a redirect must not be given it. */
    @ParameterizedTest
    @CsvSource({"301, list", "302, list", "307, list", "308, list", "307, watch"})
    void aRedirectIsNotFollowedAndItsTargetSeesNoToken(int code, String of) throws IOException {
        try (ScriptedApi other = new ScriptedApi(HttpApiServerTest::wellBehaved)) {
            api = new ScriptedApi((request, to) -> {
                if (request.isWatch() == of.equals("watch")) {
                    to.json(code, "", "Location: " + other.uri() + request.path() + "?limit=1");
                } else {
                    wellBehaved(request, to);
                }
            });
            discovery = KubernetesDiscovery.of(
                    env,
                    KubernetesOptions.builder()
                            .kubeconfig(kubeconfig("token: secret"))
                            .build());
            discovery.follow(WHAT, told);
            until(() -> !told.failures.isEmpty());
            assertThat(told.failures.get(0))
                    .hasMessageContaining("answered " + code)
                    .hasMessageContaining("expected the address of the API server itself");
            assertThat(api.requests).extracting(ScriptedApi.Request::token).containsOnly("secret");
            assertThat(other.requests).isEmpty();
        }
    }

    /** A POST, as the doctor's questions are. */
    @Test
    void aRedirectOfAQuestionAboutPermissionsIsNotFollowed() throws IOException {
        try (ScriptedApi other = new ScriptedApi(HttpApiServerTest::wellBehaved)) {
            Path token = Files.writeString(directory.resolve("token"), "secret");
            api = new ScriptedApi((request, to) -> to.json(307, "", "Location: " + other.uri() + request.path()));
            try (HttpApiServer server = new HttpApiServer(KubernetesOptions.builder()
                    .apiServer(api.uri())
                    .tokenFile(token)
                    .build())) {
                var asked = server.create(
                        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                        new SelfSubjectAccessReview(),
                        SelfSubjectAccessReview.class,
                        "review");
                await().until(asked::isDone);
                assertThat(asked.handle((made, thrown) -> thrown).join()).hasMessageContaining("answered 307");
            }
            assertThat(api.requests).hasSize(1);
            assertThat(other.requests).isEmpty();
        }
    }

    @Test
    void closingEndsTheWatchAndLeavesNoTimer() throws IOException {
        start(HttpApiServerTest::wellBehaved);
        untilWatching();
        ScriptedApi.Connection watch = api.lastWatch();
        discovery.close();
        await().until(() -> watch.left);
        await().until(() -> time.pendingTasks() == 0);
    }

    /** The handshake is answered after the end: whoever has stopped listening must still end what comes of it. */
    @Test
    void closingEndsAWatchThatIsJustBeingOpened() throws IOException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        start((request, to) -> {
            if (request.isWatch()) {
                asked.countDown();
                try {
                    closed.await();
                } catch (InterruptedException interrupted) {
                    throw new IOException(interrupted);
                }
            }
            wellBehaved(request, to);
        });
        until(() -> asked.getCount() == 0);
        discovery.close();
        closed.countDown();
        await().until(() -> !api.watches.isEmpty() && api.lastWatch().left);
    }

    /** Hears a copy out, from any thread. */
    private static final class Told implements Reflector.Subscriber<EndpointSlice, String> {
        final List<Reflector.State<EndpointSlice, String>> states = new CopyOnWriteArrayList<>();
        final List<SourceFailure> failures = new CopyOnWriteArrayList<>();
        final List<Instant> confirmed = new CopyOnWriteArrayList<>();
        volatile boolean stale;

        Set<String> names() {
            return states.isEmpty()
                    ? Set.of()
                    : new TreeSet<>(states.get(states.size() - 1).values().keySet());
        }

        @Override
        public void onState(Reflector.State<EndpointSlice, String> state, boolean nowStale) {
            stale = nowStale;
            states.add(state);
        }

        @Override
        public void onConfirmed(Instant asOf) {
            confirmed.add(asOf);
        }

        @Override
        public void onFailure(SourceFailure cause) {
            failures.add(cause);
        }
    }
}

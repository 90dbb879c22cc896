package dev.zerohop.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.zerohop.EndpointSelector;
import dev.zerohop.grpc.ZerohopGrpc;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What an application does with a channel, on whatever version of grpc-java and whichever transports the class path has. */
@ParameterizedClass
@MethodSource("transports")
@Timeout(60)
class SmokeTest {
    private static final Metadata.Key<String> USER = Metadata.Key.of("x-user-id", Metadata.ASCII_STRING_MARSHALLER);

    @Parameter
    Transport transport;

    private final List<EchoServer> servers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();

    static List<Transport> transports() {
        return Transport.all();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (ManagedChannel channel : channels) {
            channel.shutdownNow();
            assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
        servers.forEach(EchoServer::close);
    }

    private EchoServer server(String id) {
        EchoServer server = new EchoServer(transport, id);
        servers.add(server);
        return server;
    }

    private ManagedChannel built(ManagedChannelBuilder<?> builder) {
        ManagedChannel channel = builder.build();
        channels.add(channel);
        return channel;
    }

    private static String target(EchoServer... of) {
        StringBuilder text = new StringBuilder("static:///");
        for (EchoServer server : of) {
            text.append(text.charAt(text.length() - 1) == '/' ? "" : ",")
                    .append(server.address())
                    .append(";id=")
                    .append(server.id)
                    .append(";ordinal=")
                    .append(server.id.charAt(server.id.length() - 1));
        }
        return text.toString();
    }

    private static Map<String, ?> config(Map<String, ?> zerohop) {
        return Map.of("loadBalancingConfig", List.of(Map.of("zerohop", zerohop)));
    }

    private static String call(io.grpc.Channel channel, CallOptions options) {
        CallOptions bounded = options.getDeadline() == null ? options.withDeadlineAfter(20, TimeUnit.SECONDS) : options;
        return ClientCalls.blockingUnaryCall(channel, EchoServer.UNARY, bounded, "x");
    }

    private static void awaitAnswersOf(io.grpc.Channel channel, String... ids) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 10 * ids.length; i++) {
                seen.add(call(channel, CallOptions.DEFAULT));
            }
            assertThat(seen).containsExactlyInAnyOrder(ids);
        });
    }

    @Test
    void theClassPathHasTheVersionThatIsMeant() {
        String jar = NameResolver.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        assertThat(jar).contains("grpc-api-" + System.getProperty("compat.grpc") + ".jar");
    }

    @Test
    void aTargetIsEnoughForUnaryCallsAndStreams() throws Exception {
        ManagedChannel channel = built(transport.channel(target(server("s-0"), server("s-1"))));
        awaitAnswersOf(channel, "s-0", "s-1");
        CompletableFuture<List<String>> answers = new CompletableFuture<>();
        List<String> got = new ArrayList<>();
        StreamObserver<String> requests = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(EchoServer.STREAM, CallOptions.DEFAULT), new StreamObserver<>() {
                    @Override
                    public void onNext(String value) {
                        got.add(value.substring(value.length() - 1));
                    }

                    @Override
                    public void onError(Throwable failed) {
                        answers.completeExceptionally(failed);
                    }

                    @Override
                    public void onCompleted() {
                        answers.complete(got);
                    }
                });
        requests.onNext("a");
        requests.onNext("b");
        requests.onCompleted();
        assertThat(answers.get(20, TimeUnit.SECONDS)).containsExactly("a", "b");
    }

    @Test
    void hostNamesAndGrpcsOwnResolverWork() {
        EchoServer a = server("s-0");
        assertThat(call(built(transport.channel("static:///localhost:" + a.port())), CallOptions.DEFAULT))
                .isEqualTo("s-0");
        assertThat(call(
                        built(transport
                                .channel("dns:///localhost:" + a.port())
                                .defaultServiceConfig(config(Map.of("policy", "least_request")))),
                        CallOptions.DEFAULT))
                .isEqualTo("s-0");
        assertThat(call(built(transport.channel("localhost:" + a.port())), CallOptions.DEFAULT))
                .isEqualTo("s-0");
    }

    @Test
    void keysOfOptionsAndHeadersGoToTheirOwners() {
        ManagedChannel channel = built(transport
                .channel(target(server("s-0"), server("s-1"), server("s-2")))
                .defaultServiceConfig(config(Map.of(
                        "policy", Map.of("shard", Map.of("strategy", "modulo", "shards", 3.0)),
                        "key", Map.of("header", USER.name(), "as", "integer"))))
                .intercept(ZerohopGrpc.interceptor()));
        for (int key = 0; key < 9; key++) {
            String owner = "s-" + key % 3;
            assertThat(call(channel, CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key))))
                    .isEqualTo(owner);
            Metadata headers = new Metadata();
            headers.put(USER, Integer.toString(key));
            assertThat(call(
                            io.grpc.ClientInterceptors.intercept(
                                    channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                            CallOptions.DEFAULT))
                    .isEqualTo(owner);
        }
        assertThatThrownBy(() -> call(channel, CallOptions.DEFAULT))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        thrown -> assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void aRetryGoesElsewhereWithAndWithoutTheInterceptor() {
        EchoServer bad = server("s-0");
        String target = target(bad, server("s-1"));
        Map<String, ?> retries = Map.of(
                "methodConfig",
                List.of(Map.of(
                        "name", List.of(Map.of()),
                        "retryPolicy",
                                Map.of(
                                        "maxAttempts",
                                        2.0,
                                        "initialBackoff",
                                        "0.01s",
                                        "maxBackoff",
                                        "0.05s",
                                        "backoffMultiplier",
                                        1.0,
                                        "retryableStatusCodes",
                                        List.of("UNAVAILABLE")))));
        for (boolean intercepted : List.of(true, false)) {
            ManagedChannelBuilder<?> builder = transport.channel(target).defaultServiceConfig(retries);
            ManagedChannel channel = built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
            bad.fails = false;
            awaitAnswersOf(channel, "s-0", "s-1");
            bad.fails = true;
            int before = bad.calls.get();
            for (int i = 0; i < 8; i++) {
                assertThat(call(channel, CallOptions.DEFAULT)).isEqualTo("s-1");
            }
            assertThat(bad.calls.get()).isGreaterThan(before);
        }
    }

    @Test
    void endpointsComeAndGoAndAKilledOneIsLeftOut(@TempDir Path directory) throws Exception {
        EchoServer a = server("s-0");
        EchoServer b = server("s-1");
        EchoServer c = server("s-2");
        Path file = directory.resolve("endpoints.json");
        name(file, a, b);
        ManagedChannel channel = built(transport.channel("file://" + file));
        awaitAnswersOf(channel, "s-0", "s-1");
        name(file, a, b, c);
        awaitAnswersOf(channel, "s-0", "s-1", "s-2");
        name(file, b, c);
        awaitAnswersOf(channel, "s-1", "s-2");
        b.close();
        await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
            for (int i = 0; i < 10; i++) {
                if (!call(channel, CallOptions.DEFAULT).equals("s-2")) {
                    return false;
                }
            }
            return true;
        });
        c.close();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThatThrownBy(() -> call(channel, CallOptions.DEFAULT))
                        .hasMessageContaining("UNAVAILABLE")
                        .hasMessageContaining("0 of 2 endpoints usable")
                        .hasMessageContaining(c.address()));
    }

    private static void name(Path file, EchoServer... of) throws Exception {
        StringBuilder json = new StringBuilder("{\"endpoints\": [");
        for (EchoServer server : of) {
            json.append(json.charAt(json.length() - 1) == '[' ? "" : ", ")
                    .append("{\"id\": \"%s\", \"host\": \"127.0.0.1\", \"port\": %d}"
                            .formatted(server.id, server.port()));
        }
        Path next = file.resolveSibling("next.json");
        Files.writeString(next, json.append("]}"));
        Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void aDeadlineEndsACallThatWaitsAndOneThatIsNotAnswered() {
        EchoServer silent = server("s-0");
        ManagedChannel channel = built(transport.channel(target(silent)));
        awaitAnswersOf(channel, "s-0");
        silent.silent = true;
        assertThatThrownBy(() -> call(channel, CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS)))
                .hasMessageContaining("DEADLINE_EXCEEDED");
        ManagedChannel waiting = built(transport
                .channel(target(silent))
                .defaultServiceConfig(config(Map.of(
                        "policy", Map.of("shard", Map.of("strategy", "modulo", "shards", 2.0, "ownerDown", "WAIT"))))));
        assertThatThrownBy(() -> call(
                        waiting,
                        CallOptions.DEFAULT
                                .withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(1))
                                .withDeadlineAfter(1, TimeUnit.SECONDS)))
                .hasMessageContaining("DEADLINE_EXCEEDED");
    }

    @Test
    void aServerThatIsNotServingGetsNoCallsWhereHealthChecksAreConfigured() {
        EchoServer a = server("s-0");
        EchoServer b = server("s-1");
        for (EchoServer each : servers) {
            each.health.setStatus("shop.Orders", ServingStatus.SERVING);
        }
        ManagedChannel channel = built(transport
                .channel(target(a, b))
                .defaultServiceConfig(Map.of(
                        "loadBalancingConfig",
                        List.of(Map.of("zerohop", Map.of())),
                        "healthCheckConfig",
                        Map.of("serviceName", "shop.Orders"))));
        awaitAnswersOf(channel, "s-0", "s-1");
        a.health.setStatus("shop.Orders", ServingStatus.NOT_SERVING);
        awaitAnswersOf(channel, "s-1");
        a.health.setStatus("shop.Orders", ServingStatus.SERVING);
        awaitAnswersOf(channel, "s-0", "s-1");
    }

    @Test
    void anotherPolicyThatTheApplicationChoseIsLeftAlone() {
        EchoServer a = server("s-0");
        ManagedChannel channel = built(transport
                .channel(target(a, server("s-1")))
                .defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of("pick_first", Map.of())))));
        for (int i = 0; i < 10; i++) {
            assertThat(call(channel, CallOptions.DEFAULT)).isEqualTo("s-0");
        }
    }
}

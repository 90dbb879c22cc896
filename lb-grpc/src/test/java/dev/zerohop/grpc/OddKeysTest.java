package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.testing.OddKey;
import dev.zerohop.testing.OddKeys;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of odd keys over gRPC: seven real servers, each the owner of one ordinal, write down what arrives. */
class OddKeysTest {
    private static final int SHARDS = 7;
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of(OddKeys.HEADER, Metadata.ASCII_STRING_MARSHALLER);

    private static Fleet fleet;
    private static ManagedChannel integers;
    private static ManagedChannel texts;

    @BeforeAll
    static void start() {
        fleet = Fleet.of("s-0", "s-1", "s-2", "s-3", "s-4", "s-5", "s-6");
        integers = channel("integer");
        texts = channel("text");
    }

    @AfterAll
    static void stop() throws InterruptedException {
        fleet.close();
    }

    private static ManagedChannel channel(String as) {
        return fleet.built(fleet.builder()
                .intercept(ZerohopGrpc.interceptor())
                .defaultServiceConfig(Json.serviceConfig(
                        "{'policy': {'shard': {'shards': " + SHARDS + "}}, 'key': {'header': '" + OddKeys.HEADER
                                + "', 'as': '" + as + "'}}",
                        null)));
    }

    static List<OddKey> inHeaders() {
        return OddKeys.inHeaders();
    }

    @ParameterizedTest
    @MethodSource("inHeaders")
    void arrivesAtItsOwnerOrIsRefusedWithTheOneSentence(OddKey odd) {
        fleet.servers.values().forEach(server -> server.log.clear());
        Metadata headers = new Metadata();
        odd.carried().forEach(value -> headers.put(HEADER, value));
        Channel channel = ClientInterceptors.intercept(
                odd.source().integer() ? integers : texts, MetadataUtils.newAttachHeadersInterceptor(headers));
        if (odd.key() != null) {
            String owner = "s-" + odd.owner(SHARDS);
            assertThat(TestServer.call(channel, CallOptions.DEFAULT, "x")).isEqualTo(owner);
            assertThat(fleet.server(owner).log).hasSize(1);
        } else {
            assertThatThrownBy(() -> TestServer.call(channel, CallOptions.DEFAULT, "x"))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            refused ->
                                    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
                    .hasMessageStartingWith("INVALID_ARGUMENT: fleet: ")
                    .hasMessageContaining(odd.refusal());
        }
        assertThat(fleet.servers.values().stream()
                        .mapToInt(server -> server.log.size())
                        .sum())
                .isEqualTo(odd.key() == null ? 0 : 1);
    }

    static List<String> patternsToRefuse() {
        return OddKeys.patternsToRefuse();
    }

    /** gRPC has no paths to find keys in, but a configuration may be for HTTP as well. */
    @ParameterizedTest
    @MethodSource("patternsToRefuse")
    void aPatternThatWouldFillTheMemoryIsRefusedAsConfiguration(String pattern) {
        Status error = new ZerohopLoadBalancerProvider()
                .parseLoadBalancingPolicyConfig(Json.map("{'key': {'path': '" + pattern + "'}}"))
                .getError();
        assertThat(error).isNotNull();
        assertThat(error.getDescription())
                .contains("key.path: was ", "expected a regular expression with exactly one group");
    }
}

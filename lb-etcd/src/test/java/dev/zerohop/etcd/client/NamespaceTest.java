package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdRegistration;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import io.etcd.jetcd.api.CampaignRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.DeleteRangeResponse;
import io.etcd.jetcd.api.ElectionGrpc;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveResponse;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two fleets in one etcd. */
class NamespaceTest {
    @TempDir
    static Path directory;

    private static EtcdServer etcd;

    @BeforeAll
    static void start() {
        etcd = EtcdServer.started(directory);
    }

    @AfterAll
    static void stop() {
        etcd.close();
    }

    private static EtcdClient client(String namespace) {
        return EtcdClient.builder().servers(etcd.address()).namespace(namespace).build();
    }

    /** A call that is made and does nothing. */
    private static class NoopCall<R, S> extends ClientCall<R, S> {
        @Override
        public void start(Listener<S> listener, Metadata headers) {}

        @Override
        public void request(int numMessages) {}

        @Override
        public void cancel(String message, Throwable cause) {}

        @Override
        public void halfClose() {}

        @Override
        public void sendMessage(R message) {}
    }

    /** What a channel with a namespace sends of a request. */
    private static <Q> Q sent(String namespace, MethodDescriptor<Q, ?> method, Class<Q> type, Q request) {
        List<Object> sent = new ArrayList<>();
        Channel next = new Channel() {
            @Override
            public <R, S> ClientCall<R, S> newCall(MethodDescriptor<R, S> called, CallOptions options) {
                return new NoopCall<>() {
                    @Override
                    public void sendMessage(R message) {
                        sent.add(message);
                    }
                };
            }

            @Override
            public String authority() {
                return "test";
            }
        };
        new Namespace(namespace)
                .interceptCall(method, CallOptions.DEFAULT, next)
                .sendMessage(request);
        return type.cast(sent.get(0));
    }

    private static TxnRequest transaction(String prefix, String end) {
        DeleteRangeRequest range = DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(prefix + "a"))
                .setRangeEnd(ByteString.copyFromUtf8(prefix + "b"))
                .build();
        RangeRequest all = RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(prefix))
                .setRangeEnd(ByteString.copyFromUtf8(end))
                .build();
        TxnRequest nested = TxnRequest.newBuilder()
                .addFailure(RequestOp.newBuilder().setRequestDeleteRange(range))
                .build();
        return TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(ByteString.copyFromUtf8(prefix + "a"))
                        .setRangeEnd(ByteString.copyFromUtf8(prefix + "b"))
                        .setVersion(0))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8(prefix + "a"))
                                .setValue(ByteString.copyFromUtf8("a value"))))
                .addSuccess(RequestOp.newBuilder().setRequestRange(all))
                .addFailure(RequestOp.newBuilder().setRequestTxn(nested))
                .build();
    }

    @Test
    void everyKeyOfATransactionIsWithinTheNamespace() {
        // The end of a range that has none is the end of the namespace.
        assertThat(sent("p/", KVGrpc.getTxnMethod(), TxnRequest.class, transaction("", "\0")))
                .isEqualTo(transaction("p/", "p0"));
    }

    @Test
    void whatIsWrittenUnderANamespaceIsReadThereAndNowhereElse() {
        String key = new ServiceKeys("orders").endpoint("a");
        Endpoint me = Endpoint.builder("10.0.0.1", 80).id("a").build();
        Endpoint second = Endpoint.builder("10.0.0.3", 80).id("b").build();
        Listening heard = new Listening();
        Listening other = new Listening();
        try (EtcdClient production = client("production/");
                EtcdClient staging = client("production/2/");
                Resolver orders = production.resolver("orders");
                Resolver none = staging.resolver("orders")) {
            none.start(other);
            orders.start(heard);
            EtcdRegistration registration = EtcdRegistration.register(production, "orders", me, Duration.ofSeconds(10));
            EtcdRegistration announced =
                    EtcdRegistration.register(production, "orders", second, Duration.ofSeconds(10));
            heard.awaitWeights(Map.of("a", 1, "b", 1));
            assertThat(etcd.get("production/" + key)).isNotNull();
            assertThat(etcd.get(key)).isNull();
            // The announcement is a transaction, and etcd deletes what it holds under the lease. One that is followed
            // by the deletion at once may be seen
            // with it, so the two are of different endpoints.
            var leaving = announced.leave(Duration.ofHours(1));
            EtcdServer.await().until(() -> heard.last().endpoints().get(1).readiness() == Endpoint.Readiness.DRAINING);
            assertThat(leaving).isNotDone();
            var left = registration.leave(Duration.ZERO);
            EtcdServer.await().until(left::isDone);
            heard.awaitWeights(Map.of("b", 1));
            etcd.put("production/" + key, "{\"address\": \"10.0.0.2:80\", \"weight\": 7}");
            heard.awaitWeights(Map.of("a", 7, "b", 1));
            EtcdServer.await().until(() -> !other.sets.isEmpty());
            assertThat(other.weights()).isEmpty();
        }
    }

    @Test
    void noCallReachesBeyondIt() throws Exception {
        etcd.put("before", "1");
        etcd.put("fleet/a", "1");
        etcd.put("fleet/b", "1");
        etcd.put("fleet0", "1");
        try (EtcdClient client = client("fleet/")) {
            ByteString everything = ByteString.copyFrom(new byte[1]);
            RangeResponse found = Unary.call(
                            client.cluster().connection(),
                            KVGrpc.getRangeMethod(),
                            RangeRequest.newBuilder()
                                    .setKey(everything)
                                    .setRangeEnd(everything)
                                    .build())
                    .get(60, TimeUnit.SECONDS);
            assertThat(found.getKvsList())
                    .extracting(pair -> pair.getKey().toStringUtf8())
                    .containsExactly("a", "b");
            DeleteRangeResponse deleted = Unary.call(
                            client.cluster().connection(),
                            KVGrpc.getDeleteRangeMethod(),
                            DeleteRangeRequest.newBuilder()
                                    .setKey(everything)
                                    .setRangeEnd(everything)
                                    .setPrevKv(true)
                                    .build())
                    .get(60, TimeUnit.SECONDS);
            assertThat(deleted.getPrevKvsList())
                    .extracting(pair -> pair.getKey().toStringUtf8())
                    .containsExactly("a", "b");
            assertThat(etcd.get("before")).isNotNull();
            assertThat(etcd.get("fleet0")).isNotNull();
        }
    }

    @Test
    void theKeysOfALeaseAreStripped() throws Exception {
        try (EtcdClient client = client("leased/")) {
            Leases leases = new Leases(client.cluster().connection());
            Leases.Lease lease = leases.grant(30).get(60, TimeUnit.SECONDS);
            leases.put("k", "v", lease.id()).get(60, TimeUnit.SECONDS);
            LeaseTimeToLiveResponse answer = Unary.call(
                            client.cluster().connection(),
                            LeaseGrpc.getLeaseTimeToLiveMethod(),
                            LeaseTimeToLiveRequest.newBuilder()
                                    .setID(lease.id())
                                    .setKeys(true)
                                    .build())
                    .get(60, TimeUnit.SECONDS);
            assertThat(answer.getKeysList())
                    .extracting(ByteString::toStringUtf8)
                    .containsExactly("k");
            assertThat(etcd.get("leased/k")).isNotNull();
        }
    }

    @Test
    void aRequestWhoseKeysAreNotKnownIsRefused() throws Exception {
        try (EtcdClient client = client("fleet/")) {
            var election = ElectionGrpc.newBlockingStub(
                    client.cluster().connection().channel().calls());
            assertThatThrownBy(() -> election.campaign(CampaignRequest.getDefaultInstance()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("CampaignRequest was sent under the namespace 'fleet/'");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"production", "/", "a//b/", "a\n/", " "})
    void aNamespaceThatCouldMixWithAnotherIsRefused(String namespace) {
        assertThatThrownBy(() -> EtcdClient.builder().namespace(namespace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("namespace was '" + Printable.text(namespace)
                        + "', expected a prefix of keys that ends with a slash, such as 'production/'");
        assertThat(Namespace.check("namespace", "/a/b/")).isEqualTo("/a/b/");
        assertThat(List.of(Namespace.check("namespace", ""))).containsExactly("");
    }
}

package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.testing.FreePorts;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one member of a cluster without a quorum has is read from whichever member is alive. */
class StaleReadTest {
    private static final List<KeyRange> RANGES = List.of(KeyRange.under("a/"));

    private final List<ManagedChannel> made = new CopyOnWriteArrayList<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CompletableFuture<Void> mayAnswer = new CompletableFuture<>();
    private Server alive;

    /** Has lost its quorum: what is not serializable fails. */
    private final class WithoutQuorum extends KVGrpc.KVImplBase {
        @Override
        public void txn(TxnRequest request, StreamObserver<TxnResponse> answer) {
            if (!request.getSuccess(0).getRequestRange().getSerializable()) {
                answer.onError(Status.UNAVAILABLE
                        .withDescription("etcdserver: no leader")
                        .asRuntimeException());
                return;
            }
            asked.countDown();
            var answered = mayAnswer.thenRun(() -> {
                answer.onNext(TxnResponse.newBuilder()
                        .setHeader(ResponseHeader.newBuilder().setRevision(7))
                        .addResponses(ResponseOp.newBuilder().setResponseRange(RangeResponse.getDefaultInstance()))
                        .build());
                answer.onCompleted();
            });
            assertThat(answered).isNotNull();
        }
    }

    @BeforeEach
    void start() throws Exception {
        alive = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new WithoutQuorum())
                .build()
                .start();
    }

    @AfterEach
    void stop() {
        alive.shutdownNow();
        made.forEach(ManagedChannel::shutdownNow);
    }

    private HostAndPort living() {
        return HostAndPort.fromParts("127.0.0.1", alive.getPort());
    }

    private static HostAndPort dead() {
        return HostAndPort.fromParts("127.0.0.1", FreePorts.next());
    }

    private ManagedChannel transport(HostAndPort server) {
        ManagedChannel transport = NettyChannelBuilder.forAddress(
                        server.getHost(), server.getPort(), InsecureChannelCredentials.create())
                .disableRetry()
                .build();
        made.add(transport);
        return transport;
    }

    /** Begins with the first server. */
    private EtcdConnection connection(List<HostAndPort> servers) {
        Env system = Env.system();
        return new EtcdConnection(
                servers, Access.PLAIN, new Env(system.time(), () -> 0L, system.blocking()), this::transport);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void oneLivingMemberIsFoundWhereverItStands(int place) throws Exception {
        mayAnswer.complete(null);
        List<HostAndPort> servers = new ArrayList<>(List.of(dead(), dead()));
        servers.add(place, living());
        try (EtcdConnection connection = connection(servers)) {
            GrpcKeyStore store = new GrpcKeyStore(connection);
            assertThat(store.serializableRead(RANGES).get(60, TimeUnit.SECONDS).revision())
                    .isEqualTo(7);
        }
    }

    /** The copies of endpoints and of their health share a connection; each asks for a quorum again and again. */
    @Test
    void whatIsGivenUpMeanwhileForAnotherCallDoesNotCutItOff() throws Exception {
        try (EtcdConnection connection = connection(List.of(living()))) {
            GrpcKeyStore store = new GrpcKeyStore(connection);
            CompletableFuture<KeyStore.Reading> old = store.serializableRead(RANGES);
            assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
            assertThatThrownBy(() -> store.read(RANGES).get(60, TimeUnit.SECONDS))
                    .hasMessageContaining("no leader");
            mayAnswer.complete(null);
            assertThat(old.get(60, TimeUnit.SECONDS).revision()).isEqualTo(7);
        }
    }

    @Test
    void eachIsAskedOnceAndItsConnectionIsShutAfterwards() throws Exception {
        try (EtcdConnection connection = connection(List.of(dead(), dead(), dead()))) {
            GrpcKeyStore store = new GrpcKeyStore(connection);
            assertThatThrownBy(() -> store.serializableRead(RANGES).get(60, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(SourceFailure.class)
                    .hasMessageContaining("cannot be connected to");
            assertThat(made.stream().map(ManagedChannel::authority).distinct()).hasSize(3);
            assertThat(made).hasSize(3).allMatch(ManagedChannel::isShutdown);
        }
    }

    @Test
    void aClosedClientAsksNobody() {
        EtcdConnection connection = connection(List.of(dead(), dead()));
        connection.close();
        assertThatThrownBy(() ->
                        new GrpcKeyStore(connection).serializableRead(RANGES).get(60, TimeUnit.SECONDS))
                .hasMessageContaining("is closed");
        assertThat(made).isEmpty();
    }
}

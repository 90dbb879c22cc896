package dev.zerohop.etcd.client;

import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseRevokeResponse;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.PutResponse;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Channel;
import io.grpc.Status;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Leases and the keys under them. Every call ends in bounded time and fails with an {@link SourceFailure}. */
public final class Leases {
    private final EtcdConnection connection;

    public Leases(EtcdConnection connection) {
        this.connection = connection;
    }

    /**
     * A lease.
     *
     * @param id etcd's number for it
     * @param ttlSeconds its length as granted; etcd lengthens what is too short for it
     */
    public record Lease(long id, long ttlSeconds) {}

    public CompletableFuture<Lease> grant(long ttlSeconds) {
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build();
        return Unary.<LeaseGrantResponse>call(
                        connection, (channel, observer) -> leases(channel).leaseGrant(request, observer))
                .thenApply(response -> new Lease(response.getID(), response.getTTL()));
    }

    /** Renews a lease; answers the seconds it has now, 0 if there is no such lease any more. */
    public CompletableFuture<Long> keepAlive(long lease) {
        return Unary.<LeaseKeepAliveResponse>call(connection, (channel, observer) -> {
                    var requests = leases(channel).leaseKeepAlive(observer);
                    requests.onNext(
                            LeaseKeepAliveRequest.newBuilder().setID(lease).build());
                    requests.onCompleted();
                })
                .thenApply(LeaseKeepAliveResponse::getTTL);
    }

    /** Ends a lease and deletes the keys under it; no error if there is no such lease any more. */
    public CompletableFuture<Void> revoke(long lease) {
        LeaseRevokeRequest request =
                LeaseRevokeRequest.newBuilder().setID(lease).build();
        return Unary.<LeaseRevokeResponse>call(
                        connection, (channel, observer) -> leases(channel).leaseRevoke(request, observer))
                .handle((response, thrown) -> {
                    if (thrown != null && Status.fromThrowable(thrown).getCode() != Status.Code.NOT_FOUND) {
                        throw new CompletionException(thrown);
                    }
                    return null;
                });
    }

    /** Writes a key under a lease, whoever had it before; answers the revision of the write. */
    public CompletableFuture<Long> put(String key, String value, long lease) {
        PutRequest request = putRequest(key, value, lease);
        return Unary.<PutResponse>call(
                        connection, (channel, observer) -> keys(channel).put(request, observer))
                .thenApply(response -> response.getHeader().getRevision());
    }

    /**
     * What stands under a key.
     *
     * @param value its value
     * @param lease the lease that it is under; 0 for none
     */
    record Standing(String value, long lease) {}

    /** What stands under a key now; empty if nothing does. */
    CompletableFuture<Optional<Standing>> find(String key) {
        RangeRequest request =
                RangeRequest.newBuilder().setKey(GrpcKeyStore.bytes(key)).build();
        return Unary.<RangeResponse>call(
                        connection, (channel, observer) -> keys(channel).range(request, observer))
                .thenApply(response -> response.getKvsList().stream()
                        .findFirst()
                        .map(pair -> new Standing(pair.getValue().toStringUtf8(), pair.getLease())));
    }

    /** Writes a key under a lease if nobody has written it since {@code revision}; answers whether it did. */
    CompletableFuture<Boolean> replace(String key, long revision, String value, long lease) {
        TxnRequest request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(GrpcKeyStore.bytes(key))
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(revision))
                .addSuccess(RequestOp.newBuilder().setRequestPut(putRequest(key, value, lease)))
                .build();
        return Unary.<TxnResponse>call(
                        connection, (channel, observer) -> keys(channel).txn(request, observer))
                .thenApply(TxnResponse::getSucceeded);
    }

    /**
     * Holds a transaction to what it was begun under: a key that was created at a certain revision and is still there.
     *
     * @param created the revision
     */
    public record Guard(String key, long created) {}

    /**
     * A change of one key.
     *
     * @param value null to delete the key
     * @param lease the lease of what is put; 0 for none
     */
    public record Write(String key, @Nullable String value, long lease) {
        public static Write put(String key, String value, long lease) {
            return new Write(key, value, lease);
        }

        public static Write delete(String key) {
            return new Write(key, null, 0);
        }
    }

    /** Makes all changes, or none if the guard does not hold; answers their revision, 0 if none was made. At most 128 of them, etcd's limit. */
    public CompletableFuture<Long> write(@Nullable Guard guard, List<Write> writes) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        if (guard != null) {
            request.addCompare(Compare.newBuilder()
                    .setKey(GrpcKeyStore.bytes(guard.key()))
                    .setTarget(Compare.CompareTarget.CREATE)
                    .setResult(Compare.CompareResult.EQUAL)
                    .setCreateRevision(guard.created()));
        }
        for (Write write : writes) {
            String value = write.value();
            request.addSuccess(
                    value == null
                            ? RequestOp.newBuilder()
                                    .setRequestDeleteRange(
                                            DeleteRangeRequest.newBuilder().setKey(GrpcKeyStore.bytes(write.key())))
                            : RequestOp.newBuilder().setRequestPut(putRequest(write.key(), value, write.lease())));
        }
        return Unary.<TxnResponse>call(
                        connection, (channel, observer) -> keys(channel).txn(request.build(), observer))
                .thenApply(response ->
                        response.getSucceeded() ? response.getHeader().getRevision() : 0L);
    }

    private static PutRequest putRequest(String key, String value, long lease) {
        return PutRequest.newBuilder()
                .setKey(GrpcKeyStore.bytes(key))
                .setValue(GrpcKeyStore.bytes(value))
                .setLease(lease)
                .build();
    }

    private static KVGrpc.KVStub keys(Channel channel) {
        return KVGrpc.newStub(channel).withDeadlineAfter(EtcdConnection.CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static LeaseGrpc.LeaseStub leases(Channel channel) {
        return LeaseGrpc.newStub(channel).withDeadlineAfter(EtcdConnection.CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }
}

package dev.zerohop.etcd;

import io.etcd.jetcd.api.Compare;
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
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Channel;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Leases and the keys under them. Every call ends in bounded time and fails with an {@link EtcdFailure}. */
final class Leases {
    private final EtcdConnection connection;

    Leases(EtcdConnection connection) {
        this.connection = connection;
    }

    /**
     * A lease.
     *
     * @param id etcd's number for it
     * @param ttlSeconds its length as granted; etcd lengthens what is too short for it
     */
    record Lease(long id, long ttlSeconds) {}

    CompletableFuture<Lease> grant(long ttlSeconds) {
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build();
        return Unary.<LeaseGrantResponse>call(
                        connection, (channel, observer) -> leases(channel).leaseGrant(request, observer))
                .thenApply(response -> new Lease(response.getID(), response.getTTL()));
    }

    /** Renews a lease; answers the seconds it has now, 0 if there is no such lease any more. */
    CompletableFuture<Long> keepAlive(long lease) {
        return Unary.<LeaseKeepAliveResponse>call(connection, (channel, observer) -> {
                    var requests = leases(channel).leaseKeepAlive(observer);
                    requests.onNext(
                            LeaseKeepAliveRequest.newBuilder().setID(lease).build());
                    requests.onCompleted();
                })
                .thenApply(LeaseKeepAliveResponse::getTTL);
    }

    /** Ends a lease and deletes the keys under it; no error if there is no such lease any more. */
    CompletableFuture<Void> revoke(long lease) {
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
    CompletableFuture<Long> put(String key, String value, long lease) {
        PutRequest request = putRequest(key, value, lease);
        return Unary.<PutResponse>call(
                        connection, (channel, observer) -> keys(channel).put(request, observer))
                .thenApply(response -> response.getHeader().getRevision());
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

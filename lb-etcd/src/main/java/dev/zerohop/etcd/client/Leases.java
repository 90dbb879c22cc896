package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Status;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Leases, and single keys with or without one. Every call ends in bounded time and fails with a {@link SourceFailure}. */
public final class Leases {
    private final EtcdConnection connection;

    public Leases(EtcdConnection connection) {
        this.connection = connection;
    }

    /**
     * A lease.
     *
     * @param id etcd's id of the lease
     * @param ttlSeconds its length as granted; etcd raises lengths below its minimum
     * @param revision etcd's revision when it was granted
     */
    public record Lease(long id, long ttlSeconds, long revision) {}

    public CompletableFuture<Lease> grant(long ttlSeconds) {
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build();
        return Unary.call(connection, LeaseGrpc.getLeaseGrantMethod(), request)
                .thenApply(response -> new Lease(
                        response.getID(),
                        response.getTTL(),
                        response.getHeader().getRevision()));
    }

    /** Renews a lease; completes with its remaining seconds, 0 if it has ended. */
    public CompletableFuture<Long> keepAlive(long lease) {
        LeaseKeepAliveRequest request =
                LeaseKeepAliveRequest.newBuilder().setID(lease).build();
        return Unary.call(connection, LeaseGrpc.getLeaseKeepAliveMethod(), request)
                .thenApply(LeaseKeepAliveResponse::getTTL);
    }

    /** Ends a lease and deletes the keys under it; no error if it has ended already. */
    public CompletableFuture<Void> revoke(long lease) {
        LeaseRevokeRequest request =
                LeaseRevokeRequest.newBuilder().setID(lease).build();
        return Unary.call(connection, LeaseGrpc.getLeaseRevokeMethod(), request).handle((response, thrown) -> {
            if (thrown != null && Status.fromThrowable(thrown).getCode() != Status.Code.NOT_FOUND) {
                throw new CompletionException(thrown);
            }
            return null;
        });
    }

    /** Writes a key under a lease, whatever its present value; completes with the revision of the write. */
    public CompletableFuture<Long> put(String key, String value, long lease) {
        return Unary.call(connection, KVGrpc.getPutMethod(), putRequest(key, GrpcKeyStore.bytes(value), lease))
                .thenApply(response -> response.getHeader().getRevision());
    }

    /**
     * The value of a key.
     *
     * @param revision when it was written last
     * @param lease the lease that it is under; 0 for none
     */
    public record Stored(ByteString value, long revision, long lease) {}

    /** What a key holds now; empty if it does not exist. */
    public CompletableFuture<Optional<Stored>> find(String key) {
        RangeRequest request =
                RangeRequest.newBuilder().setKey(GrpcKeyStore.bytes(key)).build();
        return Unary.call(connection, KVGrpc.getRangeMethod(), request)
                .thenApply(response -> response.getKvsList().stream()
                        .findFirst()
                        .map(pair -> new Stored(pair.getValue(), pair.getModRevision(), pair.getLease())));
    }

    /** Writes a key if it was last written at {@code revision}, 0 for never; completes with whether it was written. */
    public CompletableFuture<Boolean> replace(String key, long revision, String value, long lease) {
        TxnRequest request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(GrpcKeyStore.bytes(key))
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(revision))
                .addSuccess(RequestOp.newBuilder().setRequestPut(putRequest(key, GrpcKeyStore.bytes(value), lease)))
                .build();
        return Unary.call(connection, KVGrpc.getTxnMethod(), request).thenApply(TxnResponse::getSucceeded);
    }

    /**
     * The condition of a transaction: the key that was created, or last written, at a certain revision still exists.
     *
     * @param created the revision of its creation; 0 for a key that must not exist, {@link #ANY} for whenever
     * @param written the revision of its last write; 0 for a key that must not exist, {@link #ANY} for whenever
     */
    public record Guard(String key, long created, long written) {
        /** No condition. */
        static final long ANY = -1;

        /** The key that was created at a revision. */
        public Guard(String key, long created) {
            this(key, created, ANY);
        }

        /** The key that was last written at a revision. */
        public static Guard written(String key, long revision) {
            return new Guard(key, ANY, revision);
        }

        private Compare compare() {
            Compare.Builder compare =
                    Compare.newBuilder().setKey(GrpcKeyStore.bytes(key)).setResult(Compare.CompareResult.EQUAL);
            return created == ANY
                    ? compare.setTarget(Compare.CompareTarget.MOD)
                            .setModRevision(written)
                            .build()
                    : compare.setTarget(Compare.CompareTarget.CREATE)
                            .setCreateRevision(created)
                            .build();
        }
    }

    /**
     * A change of one key, or the deletion of a range.
     *
     * @param value null to delete
     * @param lease the lease of the written key; 0 for none
     */
    public record Write(KeyRange range, @Nullable ByteString value, long lease) {
        public static Write put(String key, String value, long lease) {
            return put(key, GrpcKeyStore.bytes(value), lease);
        }

        public static Write put(String key, ByteString value, long lease) {
            return new Write(KeyRange.key(key), value, lease);
        }

        public static Write delete(String key) {
            return delete(KeyRange.key(key));
        }

        public static Write delete(KeyRange range) {
            return new Write(range, null, 0);
        }
    }

    /** Makes all changes, or none if the guard does not hold; completes with their revision, 0 if none was made. At most 128 changes, etcd's limit. */
    public CompletableFuture<Long> write(@Nullable Guard guard, List<Write> writes) {
        return write(guard == null ? List.of() : List.of(guard), writes);
    }

    /** The same if all guards hold. */
    public CompletableFuture<Long> write(List<Guard> guards, List<Write> writes) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        guards.forEach(guard -> request.addCompare(guard.compare()));
        for (Write write : writes) {
            ByteString value = write.value();
            KeyRange range = write.range();
            request.addSuccess(
                    value == null
                            ? RequestOp.newBuilder()
                                    .setRequestDeleteRange(DeleteRangeRequest.newBuilder()
                                            .setKey(GrpcKeyStore.bytes(range.from()))
                                            .setRangeEnd(GrpcKeyStore.bytes(range.end())))
                            : RequestOp.newBuilder().setRequestPut(putRequest(range.from(), value, write.lease())));
        }
        return Unary.call(connection, KVGrpc.getTxnMethod(), request.build())
                .thenApply(response ->
                        response.getSucceeded() ? response.getHeader().getRevision() : 0L);
    }

    private static PutRequest putRequest(String key, ByteString value, long lease) {
        return PutRequest.newBuilder()
                .setKey(GrpcKeyStore.bytes(key))
                .setValue(value)
                .setLease(lease)
                .build();
    }
}

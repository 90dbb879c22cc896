package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** etcd over gRPC: all ranges are read in one transaction and watched over one stream. A watch that ends is not resumed here. */
public final class GrpcKeyStore implements KeyStore {
    private final EtcdConnection connection;

    GrpcKeyStore(EtcdConnection connection) {
        this.connection = connection;
    }

    @Override
    public CompletableFuture<Reading> read(List<KeyRange> ranges) {
        return Unary.call(connection, KVGrpc.getTxnMethod(), request(ranges, false))
                .thenApply(GrpcKeyStore::reading);
    }

    @Override
    public CompletableFuture<Reading> serializableRead(List<KeyRange> ranges) {
        return Unary.callAny(connection, KVGrpc.getTxnMethod(), request(ranges, true))
                .thenApply(GrpcKeyStore::reading);
    }

    /** Reads the size and the last written key of each range in one transaction: some 60 bytes a range, whatever its size. */
    @Override
    public CompletableFuture<Summary> summary(List<KeyRange> ranges) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (KeyRange range : ranges) {
            request.addSuccess(RequestOp.newBuilder()
                    .setRequestRange(range(range)
                            .setKeysOnly(true)
                            .setLimit(1)
                            .setSortTarget(RangeRequest.SortTarget.MOD)
                            .setSortOrder(RangeRequest.SortOrder.DESCEND)));
        }
        return Unary.call(connection, KVGrpc.getTxnMethod(), request.build()).thenApply(GrpcKeyStore::summary);
    }

    private static Summary summary(TxnResponse response) {
        long keys = 0;
        long newest = 0;
        for (ResponseOp range : response.getResponsesList()) {
            keys += range.getResponseRange().getCount();
            for (KeyValue last : range.getResponseRange().getKvsList()) {
                newest = Math.max(newest, last.getModRevision());
            }
        }
        return new Summary(version(response.getHeader()), keys, newest);
    }

    @Override
    public int servers() {
        return connection.servers();
    }

    private static TxnRequest request(List<KeyRange> ranges, boolean serializable) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (KeyRange range : ranges) {
            request.addSuccess(
                    RequestOp.newBuilder().setRequestRange(range(range).setSerializable(serializable)));
        }
        return request.build();
    }

    private static RangeRequest.Builder range(KeyRange range) {
        return RangeRequest.newBuilder().setKey(bytes(range.from())).setRangeEnd(bytes(range.end()));
    }

    private static Version version(ResponseHeader header) {
        return new Version(header.getClusterId(), header.getRaftTerm(), header.getRevision());
    }

    private static Reading reading(TxnResponse response) {
        Map<String, Entry> entries = new HashMap<>();
        for (ResponseOp range : response.getResponsesList()) {
            for (KeyValue pair : range.getResponseRange().getKvsList()) {
                Entry entry = entry(pair);
                entries.put(entry.key(), entry);
            }
        }
        return new Reading(version(response.getHeader()), entries);
    }

    @Override
    public Watch watch(List<KeyRange> ranges, Version from, ListWatch.Watcher<Entry, Version> watcher) {
        EtcdConnection.ServerChannel channel;
        try {
            channel = connection.channel();
        } catch (SourceFailure none) {
            watcher.onEnd(none);
            return () -> {};
        }
        WatchStream stream = new WatchStream(connection, channel, ranges.size(), from, watcher);
        var requests = WatchGrpc.newStub(channel.calls()).watch(stream);
        for (KeyRange range : ranges) {
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(bytes(range.from()))
                            .setRangeEnd(bytes(range.end()))
                            .setStartRevision(from.revision() + 1)
                            .setProgressNotify(true))
                    .build());
        }
        return stream;
    }

    static Entry entry(KeyValue pair) {
        return new Entry(text(pair.getKey()), pair.getValue(), pair.getModRevision());
    }

    /** A key as text. The text of a key that is not UTF-8 includes its bytes, so that different keys have different texts. */
    static String text(ByteString key) {
        return key.isValidUtf8()
                ? key.toStringUtf8()
                : key.toStringUtf8() + " (not UTF-8: " + HexFormat.of().formatHex(key.toByteArray()) + ")";
    }

    public static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}

package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
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
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** etcd over plain gRPC stubs: reads as one transaction, watches of several ranges over one stream. Resumes nothing by itself. */
public final class GrpcKeyStore implements KeyStore {
    private final EtcdConnection connection;

    GrpcKeyStore(EtcdConnection connection) {
        this.connection = connection;
    }

    @Override
    public CompletableFuture<Reading> read(List<KeyRange> ranges) {
        TxnRequest request = request(ranges, false);
        return Unary.<TxnResponse>call(
                        connection,
                        (calls, observer) -> KVGrpc.newStub(calls)
                                .withDeadlineAfter(EtcdConnection.CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                                .txn(request, observer))
                .thenApply(GrpcKeyStore::reading);
    }

    @Override
    public CompletableFuture<Reading> serializableRead(List<KeyRange> ranges) {
        TxnRequest request = request(ranges, true);
        return Unary.<TxnResponse>callWithoutFailover(
                        connection,
                        (calls, observer) -> KVGrpc.newStub(calls)
                                .withOption(EtcdConnection.WITHOUT_LEADER, true)
                                .withDeadlineAfter(EtcdConnection.SHORT_CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                                .txn(request, observer))
                .thenApply(GrpcKeyStore::reading);
    }

    /** For each range its size and the key that was written last, in one transaction: some 60 bytes a range, however many keys it has. */
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
        return Unary.<TxnResponse>call(
                        connection,
                        (calls, observer) -> KVGrpc.newStub(calls)
                                .withDeadlineAfter(EtcdConnection.CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                                .txn(request.build(), observer))
                .thenApply(GrpcKeyStore::summary);
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
    public Watch watch(List<KeyRange> ranges, long fromRevision, Watcher watcher) {
        EtcdConnection.ServerChannel channel;
        try {
            channel = connection.channel();
        } catch (SourceFailure closed) {
            watcher.onEnd(closed);
            return () -> {};
        }
        WatchStream stream = new WatchStream(connection, channel, ranges.size(), fromRevision, watcher);
        var requests = WatchGrpc.newStub(channel.calls()).watch(stream);
        for (KeyRange range : ranges) {
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(bytes(range.from()))
                            .setRangeEnd(bytes(range.end()))
                            .setStartRevision(fromRevision)
                            .setProgressNotify(true))
                    .build());
        }
        return stream;
    }

    private static final class WatchStream implements ClientResponseObserver<WatchRequest, WatchResponse>, Watch {
        private final EtcdConnection connection;
        private final EtcdConnection.ServerChannel channel;
        private final int wanted;
        private final long fromRevision;
        private final Watcher watcher;
        private volatile @Nullable ClientCallStreamObserver<WatchRequest> requests;
        private volatile boolean cancelled;
        private int created;

        WatchStream(
                EtcdConnection connection, EtcdConnection.ServerChannel channel, int wanted, long fromRevision, Watcher watcher) {
            this.connection = connection;
            this.channel = channel;
            this.wanted = wanted;
            this.fromRevision = fromRevision;
            this.watcher = watcher;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> requestStream) {
            requests = requestStream;
        }

        @Override
        public boolean leftBehind() {
            return channel.left();
        }

        @Override
        public void cancel() {
            cancelled = true;
            ClientCallStreamObserver<WatchRequest> stream = requests;
            if (stream != null) {
                stream.cancel("no longer wanted", null);
            }
        }

        @Override
        public void onNext(WatchResponse response) {
            if (response.getCanceled()) {
                end(connection.cancelled(channel, response.getCancelReason(), response.getCompactRevision()));
            } else if (response.getCreated()) {
                created++;
                long revision = response.getHeader().getRevision();
                if (revision < fromRevision - 1) {
                    // It would say nothing before it is where another answer was, and lose what happens until then.
                    end(
                            new SourceFailure(
                                    SourceFailure.Kind.EXPIRED,
                                    "etcd " + channel.server() + " is at revision " + revision + ", behind "
                                            + (fromRevision - 1)
                                            + ", from which it was to be followed: it was restored, or lags behind the others"));
                } else if (created == wanted) {
                    connection.answered(channel);
                    watcher.onCreated();
                } else if (created > wanted) {
                    end(new SourceFailure(
                            SourceFailure.Kind.EXPIRED,
                            "etcd " + channel.server() + " created a watch again, so events may be missing"));
                }
            } else {
                List<Event> events = new ArrayList<>(response.getEventsCount());
                for (io.etcd.jetcd.api.Event event : response.getEventsList()) {
                    KeyValue pair = event.getKv();
                    boolean put = event.getType() == io.etcd.jetcd.api.Event.EventType.PUT;
                    events.add(new Event(text(pair.getKey()), put ? entry(pair) : null, pair.getModRevision()));
                }
                watcher.onEvents(response.getHeader().getRevision(), events);
            }
        }

        private void end(SourceFailure cause) {
            watcher.onEnd(cause);
            cancel();
        }

        @Override
        public void onError(Throwable thrown) {
            // Our own cancelling says nothing about the server.
            if (!cancelled) {
                watcher.onEnd(connection.failed(channel, thrown));
            }
        }

        @Override
        public void onCompleted() {
            watcher.onEnd(new SourceFailure(
                    SourceFailure.Kind.EXPIRED, "etcd " + channel.server() + " ended the watch without a reason"));
        }
    }

    private static Entry entry(KeyValue pair) {
        return new Entry(text(pair.getKey()), pair.getValue(), pair.getModRevision());
    }

    /** A key as text. Those that are no UTF-8 stay apart from one another and from all others, whose bytes differ. */
    private static String text(ByteString key) {
        return key.isValidUtf8()
                ? key.toStringUtf8()
                : key.toStringUtf8() + " (not UTF-8: " + HexFormat.of().formatHex(key.toByteArray()) + ")";
    }

    public static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}

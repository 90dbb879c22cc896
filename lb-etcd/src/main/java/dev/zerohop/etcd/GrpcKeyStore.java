package dev.zerohop.etcd;

import com.google.protobuf.ByteString;
import dev.zerohop.Cancellable;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** etcd over plain gRPC stubs: reads as one transaction, watches of several ranges over one stream. Resumes nothing by itself. */
final class GrpcKeyStore implements KeyStore {
    private final EtcdConnection connection;

    GrpcKeyStore(EtcdConnection connection) {
        this.connection = connection;
    }

    @Override
    public CompletableFuture<Reading> read(List<KeyRange> ranges) {
        return read(ranges, false);
    }

    @Override
    public CompletableFuture<Reading> readMaybeOld(List<KeyRange> ranges) {
        return read(ranges, true);
    }

    private CompletableFuture<Reading> read(List<KeyRange> ranges, boolean maybeOld) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (KeyRange range : ranges) {
            request.addSuccess(RequestOp.newBuilder()
                    .setRequestRange(RangeRequest.newBuilder()
                            .setKey(bytes(range.from()))
                            .setRangeEnd(bytes(range.end()))
                            .setSerializable(maybeOld)));
        }
        return Unary.<TxnResponse>call(
                        connection,
                        (channel, observer) -> KVGrpc.newStub(channel)
                                .withOption(EtcdConnection.WITHOUT_LEADER, maybeOld)
                                .withDeadlineAfter(EtcdConnection.CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                                .txn(request.build(), observer))
                .thenApply(GrpcKeyStore::reading);
    }

    private static Reading reading(TxnResponse response) {
        Map<String, Entry> entries = new HashMap<>();
        for (ResponseOp range : response.getResponsesList()) {
            for (KeyValue pair : range.getResponseRange().getKvsList()) {
                Entry entry = entry(pair);
                entries.put(entry.key(), entry);
            }
        }
        return new Reading(response.getHeader().getRevision(), entries);
    }

    @Override
    public Cancellable watch(List<KeyRange> ranges, long fromRevision, Watcher watcher) {
        EtcdConnection.Link link;
        try {
            link = connection.link();
        } catch (EtcdFailure closed) {
            watcher.onEnd(closed);
            return () -> {};
        }
        WatchStream stream = new WatchStream(connection, link, ranges.size(), watcher);
        var requests = WatchGrpc.newStub(link.channel()).watch(stream);
        for (KeyRange range : ranges) {
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(bytes(range.from()))
                            .setRangeEnd(bytes(range.end()))
                            .setStartRevision(fromRevision)
                            .setProgressNotify(true))
                    .build());
        }
        return stream::cancel;
    }

    private static final class WatchStream implements ClientResponseObserver<WatchRequest, WatchResponse> {
        private final EtcdConnection connection;
        private final EtcdConnection.Link link;
        private final int wanted;
        private final Watcher watcher;
        private volatile @Nullable ClientCallStreamObserver<WatchRequest> requests;
        private volatile boolean cancelled;
        private int created;

        WatchStream(EtcdConnection connection, EtcdConnection.Link link, int wanted, Watcher watcher) {
            this.connection = connection;
            this.link = link;
            this.wanted = wanted;
            this.watcher = watcher;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> requestStream) {
            requests = requestStream;
        }

        void cancel() {
            cancelled = true;
            ClientCallStreamObserver<WatchRequest> stream = requests;
            if (stream != null) {
                stream.cancel("no longer wanted", null);
            }
        }

        @Override
        public void onNext(WatchResponse response) {
            if (response.getCanceled()) {
                end(connection.cancelled(link, response.getCancelReason(), response.getCompactRevision()));
            } else if (response.getCreated()) {
                created++;
                if (created == wanted) {
                    watcher.onCreated();
                } else if (created > wanted) {
                    end(new EtcdFailure(
                            EtcdFailure.Kind.INTERRUPTED,
                            "etcd " + link.server() + " created a watch again, so events may be missing"));
                }
            } else {
                List<Event> events = new ArrayList<>(response.getEventsCount());
                for (io.etcd.jetcd.api.Event event : response.getEventsList()) {
                    KeyValue pair = event.getKv();
                    boolean put = event.getType() == io.etcd.jetcd.api.Event.EventType.PUT;
                    events.add(
                            new Event(pair.getKey().toStringUtf8(), put ? entry(pair) : null, pair.getModRevision()));
                }
                watcher.onEvents(response.getHeader().getRevision(), events);
            }
        }

        private void end(EtcdFailure cause) {
            watcher.onEnd(cause);
            cancel();
        }

        @Override
        public void onError(Throwable thrown) {
            // Our own cancelling says nothing about the server.
            if (!cancelled) {
                watcher.onEnd(connection.failed(link, thrown));
            }
        }

        @Override
        public void onCompleted() {
            watcher.onEnd(new EtcdFailure(
                    EtcdFailure.Kind.INTERRUPTED, "etcd " + link.server() + " ended the watch without a reason"));
        }
    }

    private static Entry entry(KeyValue pair) {
        return new Entry(pair.getKey().toStringUtf8(), pair.getValue(), pair.getModRevision());
    }

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}

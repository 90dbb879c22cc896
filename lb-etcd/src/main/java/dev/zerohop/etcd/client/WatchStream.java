package dev.zerohop.etcd.client;

import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.ListWatch.Change;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answers to one watch of several ranges, with the highest revision so far: the ranges are watched side by side, and one may be ahead. */
final class WatchStream implements ClientResponseObserver<WatchRequest, WatchResponse>, KeyStore.Watch {
    private final EtcdConnection connection;
    private final EtcdConnection.ServerChannel channel;
    private final int ranges;
    private final Version from;
    private final ListWatch.Watcher<Entry, Version> watcher;
    private volatile @Nullable ClientCallStreamObserver<WatchRequest> requests;
    private volatile boolean cancelled;
    private Version version;
    private int created;

    WatchStream(
            EtcdConnection connection,
            EtcdConnection.ServerChannel channel,
            int ranges,
            Version from,
            ListWatch.Watcher<Entry, Version> watcher) {
        this.connection = connection;
        this.channel = channel;
        this.ranges = ranges;
        this.from = from;
        this.version = from;
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
            created(response.getHeader().getRevision());
        } else {
            version = version.atLeast(response.getHeader().getRevision());
            List<Change<Entry, Version>> changes = new ArrayList<>(response.getEventsCount());
            for (Event event : response.getEventsList()) {
                KeyValue pair = event.getKv();
                boolean deleted = event.getType() != Event.EventType.PUT;
                changes.add(new Change<>(
                        GrpcKeyStore.text(pair.getKey()),
                        deleted ? null : GrpcKeyStore.entry(pair),
                        deleted,
                        version.at(pair.getModRevision())));
            }
            watcher.onChanges(version, changes);
        }
    }

    private void created(long revision) {
        created++;
        if (revision < from.revision()) {
            // The server would report nothing until it reaches the known revision, so changes until then would be
            // lost.
            end(expired(" is at revision " + revision + ", behind " + from.revision()
                    + ", from which the watch was to start: it was restored, or lags behind the others"));
        } else if (created == ranges) {
            connection.answered(channel);
            watcher.onOpen();
        } else if (created > ranges) {
            end(expired(" created a watch again, so events may be missing"));
        }
    }

    private SourceFailure expired(String why) {
        return new SourceFailure(SourceFailure.Kind.EXPIRED, "etcd " + channel.server() + why);
    }

    private void end(SourceFailure cause) {
        watcher.onEnd(cause);
        cancel();
    }

    @Override
    public void onError(Throwable thrown) {
        // A cancellation by this client is no failure of the server.
        if (!cancelled) {
            watcher.onEnd(connection.failed(channel, thrown));
        }
    }

    @Override
    public void onCompleted() {
        watcher.onEnd(expired(" ended the watch without a reason"));
    }
}

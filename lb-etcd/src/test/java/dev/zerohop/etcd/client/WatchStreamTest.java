package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the answers of one stream are to a copy. */
class WatchStreamTest {

    /** Two ranges are watched side by side, and one of them may be ahead. */
    @Test
    void theVersionIsTheHighestThatAnyRangeHasReached() throws Exception {
        List<@Nullable Version> versions = new ArrayList<>();
        List<ListWatch.Change<Entry, Version>> changes = new ArrayList<>();
        try (EtcdConnection connection =
                new EtcdConnection(List.of(HostAndPort.fromString("127.0.0.1:1")), Access.PLAIN, Env.system())) {
            WatchStream stream = new WatchStream(
                    connection, connection.channel(), 2, new Version(7, 2, 10), new ListWatch.Watcher<>() {
                        @Override
                        public void onOpen() {}

                        @Override
                        public void onChanges(@Nullable Version upTo, List<ListWatch.Change<Entry, Version>> reported) {
                            versions.add(upTo);
                            changes.addAll(reported);
                        }

                        @Override
                        public void onBookmark(Version upTo) {}

                        @Override
                        public void onEnd(@Nullable SourceFailure cause) {
                            throw new AssertionError("it ended", cause);
                        }
                    });
            stream.onNext(event(90, "a/1"));
            stream.onNext(event(50, "b/1"));
        }
        assertThat(versions).containsExactly(new Version(7, 2, 90), new Version(7, 2, 90));
        assertThat(changes)
                .extracting(ListWatch.Change::version)
                .containsExactly(new Version(7, 2, 90), new Version(7, 2, 50));
    }

    private static WatchResponse event(long revision, String key) {
        return WatchResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setRevision(revision))
                .addEvents(Event.newBuilder()
                        .setType(Event.EventType.PUT)
                        .setKv(KeyValue.newBuilder()
                                .setKey(GrpcKeyStore.bytes(key))
                                .setModRevision(revision)))
                .build();
    }
}

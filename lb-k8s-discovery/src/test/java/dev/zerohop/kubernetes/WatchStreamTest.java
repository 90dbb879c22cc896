package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchStreamTest {
    private final List<String> calls = new ArrayList<>();

    private final ListWatch.Watcher<EndpointSlice, String> watcher = new ListWatch.Watcher<>() {
        @Override
        public void onOpen() {
            calls.add("open");
        }

        @Override
        public void onChanges(String upTo, List<ListWatch.Change<EndpointSlice, String>> changes) {
            changes.forEach(change -> calls.add(change.deleted() ? "delete" : "put"));
        }

        @Override
        public void onBookmark(String version) {
            calls.add("bookmark");
        }

        @Override
        public void onEnd(SourceFailure cause) {
            calls.add("end");
        }
    };

    private final WebSocket socket = new WebSocket() {
        @Override
        public boolean send(ByteBuffer buffer) {
            return true;
        }

        @Override
        public boolean sendClose(int code, String reason) {
            calls.add("close " + code);
            return true;
        }

        @Override
        public long queueSize() {
            return 0;
        }

        @Override
        public void request() {}
    };

    /** The handshake may be answered between the cancel and the news of it. */
    @Test
    void aWatchThatIsCancelledBeforeItOpensIsClosedWhenItDoes() throws Exception {
        HttpClient.Factory clients = new JdkHttpClientFactory();
        try (HttpClient http = clients.newBuilder().build()) {
            WatchStream<EndpointSlice> stream = new WatchStream<>(
                    new HttpApiServer.Connection("http://127.0.0.1:1", http, new KubernetesSerialization()),
                    Selection.endpointSlices("shop", "orders"),
                    watcher);
            stream.cancel();
            stream.onOpen(socket);
        }
        assertThat(calls).containsExactly("close 1000");
    }
}

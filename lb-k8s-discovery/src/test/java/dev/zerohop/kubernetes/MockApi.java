package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** fabric8's API server in memory, on 127.0.0.1; stopped and started again on the same port, with the same or another store. */
final class MockApi implements AutoCloseable {
    // Held: a logger that nobody holds forgets its level.
    private static final Logger ITS_LOGGER = Logger.getLogger("io.fabric8.mockwebserver");

    static {
        ITS_LOGGER.setLevel(Level.OFF);
    }

    private final int port;
    final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile Dispatcher store = new KubernetesCrudDispatcher();
    private MockWebServer server;
    private KubernetesClient client;

    MockApi() {
        server = started(0);
        port = server.getPort();
        client = newClient();
    }

    private MockWebServer started(int on) {
        MockWebServer next = new MockWebServer();
        next.setHttp2ClearTextEnabled(false);
        next.setDispatcher(new Recording());
        next.start(InetAddress.getLoopbackAddress(), on);
        return next;
    }

    private KubernetesClient newClient() {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(uri().toString())
                .withHttp2Disable(true)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    KubernetesOptions options() {
        return KubernetesOptions.builder().apiServer(uri()).build();
    }

    /** Creates or replaces an object. */
    void put(HasMetadata object) {
        client.resource(object).createOr(NonDeletingOperation::update);
    }

    void delete(HasMetadata object) {
        client.resource(object).delete();
    }

    /** Of slices. */
    long lists() {
        return requests.stream()
                .filter(request -> request.contains("/endpointslices?") && request.contains("limit="))
                .count();
    }

    /** Of slices. */
    long watches() {
        return requests.stream()
                .filter(request -> request.contains("/endpointslices?") && request.contains("watch=true"))
                .count();
    }

    void stop() {
        server.shutdown();
    }

    /** On the same port, with what it held. */
    void restart() {
        server = started(port);
    }

    /** On the same port, with nothing. */
    void restartEmpty() {
        store = new KubernetesCrudDispatcher();
        restart();
    }

    private final class Recording extends Dispatcher {
        @Override
        public MockResponse dispatch(RecordedRequest request) {
            requests.add(request.getMethod() + " " + request.getPath());
            return store.dispatch(request);
        }
    }

    @Override
    public void close() {
        client.close();
        try {
            server.shutdown();
        } catch (IllegalStateException slow) {
            // It gives up after 10 s, which a busy machine may need. What is left ends with the process.
            if (!(slow.getCause() instanceof TimeoutException)) {
                throw slow;
            }
        }
    }
}

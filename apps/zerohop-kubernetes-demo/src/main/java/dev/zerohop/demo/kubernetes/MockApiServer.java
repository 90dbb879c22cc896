package dev.zerohop.demo.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.net.InetAddress;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * The mock of a Kubernetes API server that comes with fabric8's client, on one port of the loopback address. Its objects outlive a stop. Used by one thread.
 */
final class MockApiServer implements AutoCloseable {
    private final KubernetesCrudDispatcher store = new KubernetesCrudDispatcher();
    private final KubernetesClient client;
    private final String url;
    private @Nullable KubernetesMockServer running;

    MockApiServer() {
        KubernetesMockServer first = start(0);
        running = first;
        url = "http://" + first.getHostName() + ":" + first.getPort() + "/";
        Config config = new ConfigBuilder(Config.empty()).withMasterUrl(url).build();
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    private KubernetesMockServer start(int port) {
        KubernetesMockServer server =
                new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), store, false);
        server.init(InetAddress.getLoopbackAddress(), port);
        return server;
    }

    /** The client that writes objects, as kubectl would. */
    KubernetesClient kubectl() {
        return client;
    }

    String url() {
        return url;
    }

    /** Cuts all connections and stops answering. */
    void stop() {
        KubernetesMockServer server = running;
        if (server != null) {
            server.destroy();
            running = null;
        }
    }

    /** Answers again, on the same port. */
    void restart() {
        if (running == null) {
            running = start(port());
        }
    }

    private int port() {
        return java.net.URI.create(url).getPort();
    }

    @Override
    public void close() {
        client.close();
        stop();
    }
}

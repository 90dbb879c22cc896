package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Prober;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process whose system properties name a proxy, as they do for calls to the Internet: etcd and the endpoints that are probed are asked without it. */
class NoProxyTest {
    @TempDir
    Path directory;

    private final Map<String, String> before = new HashMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private ServerSocket proxy;

    /** Called once the servers of the test are there: the test asks those as anybody does. */
    private void nameAProxy() throws IOException {
        proxy = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread accepting = new Thread(() -> {
            try {
                while (true) {
                    proxy.accept().close();
                    connections.incrementAndGet();
                }
            } catch (IOException closed) {
                // The test is over.
            }
        });
        accepting.setDaemon(true);
        accepting.start();
        String port = Integer.toString(proxy.getLocalPort());
        for (String scheme : new String[] {"http", "https"}) {
            set(scheme + ".proxyHost", "127.0.0.1");
            set(scheme + ".proxyPort", port);
        }
        // By default what is local is never asked by way of a proxy.
        set("http.nonProxyHosts", "");
    }

    private void set(String property, String value) {
        before.put(property, System.getProperty(property));
        System.setProperty(property, value);
    }

    @AfterEach
    void forget() throws IOException {
        before.forEach((property, value) -> {
            if (value == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, value);
            }
        });
        proxy.close();
    }

    private static String ask(Probe probe, int port) throws Exception {
        CompletableFuture<String> said = new CompletableFuture<>();
        try (Prober.Target line = probe.newProber(Duration.ofSeconds(60)).connect(Endpoint.of("127.0.0.1", port))) {
            var ignored = line.probe(
                    Env.system().blocking(),
                    result -> said.complete(result.equals(Prober.Result.OK) ? "well" : result.reason()));
            return said.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void endpointsAreProbedDirectly() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(ProbedServer.serving())
                .build()
                .start();
        try (ProbedServer http = new ProbedServer()) {
            nameAProxy();
            assertThat(ask(Probe.http("/health"), http.port())).isEqualTo("well");
            assertThat(ask(Probe.grpc("orders"), server.getPort())).isEqualTo("well");
            assertThat(ask(Probe.tcp(), http.port())).isEqualTo("well");
        } finally {
            server.shutdownNow();
        }
        assertThat(connections).hasValue(0);
    }

    @Test
    void etcdIsAskedDirectly() throws Exception {
        try (EtcdServer etcd = EtcdServer.started(directory)) {
            etcd.put(new ServiceKeys("orders").endpoint("a"), "{\"address\": \"10.0.0.1:80\"}");
            nameAProxy();
            follow(etcd.address());
        }
        assertThat(connections).hasValue(0);
    }

    private static void follow(String address) {
        try (EtcdClient client = EtcdClient.of(address);
                Resolver resolver = client.resolver("orders")) {
            Listening heard = new Listening();
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
        }
    }
}

package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.testing.FreePorts;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Probes of real servers. */
class SocketProberTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    /** Gives each connection the same bytes, after its request; none to let it hang. Notes the requests. */
    private final class Server implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
        private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
        volatile @Nullable String answer;
        volatile boolean staysOpen;

        Server(@Nullable String answer) throws Exception {
            this.answer = answer;
            Thread thread = new Thread(this::serve, "probed server");
            thread.setDaemon(true);
            thread.start();
            open.add(this);
        }

        private void serve() {
            while (!socket.isClosed()) {
                try {
                    Socket connection = socket.accept();
                    accepted.add(connection);
                    String now = answer;
                    if (now != null) {
                        InputStream in = connection.getInputStream();
                        StringBuilder request = new StringBuilder();
                        int next;
                        while (!request.toString().endsWith("\r\n\r\n") && (next = in.read()) >= 0) {
                            request.append((char) next);
                        }
                        requests.add(request.toString());
                        connection.getOutputStream().write(now.getBytes(StandardCharsets.ISO_8859_1));
                        if (!staysOpen) {
                            connection.close();
                        }
                    }
                } catch (Exception ended) {
                    // The next one.
                }
            }
        }

        int port() {
            return socket.getLocalPort();
        }

        @Override
        public void close() throws Exception {
            socket.close();
            for (Socket each : accepted) {
                each.close();
            }
        }
    }

    private static SocketProber tcp() {
        return new SocketProber(0, false, null, ProbeTransport.DEFAULT, PATIENCE);
    }

    private static SocketProber http(int port, ProbeTransport transport) {
        return new SocketProber(port, false, new HttpGet("/health?full", 200, 299), transport, PATIENCE);
    }

    /** The result of one probe, which is not called off: what it opened it closes by itself. */
    private static String ask(Prober prober, String host, int port) throws Exception {
        CompletableFuture<Prober.Result> said = new CompletableFuture<>();
        Cancellable ignored =
                prober.connect(Endpoint.of(host, port)).probe(Env.system().blocking(), said::complete);
        Prober.Result result = said.get(60, TimeUnit.SECONDS);
        return result.kind() == Prober.Result.Kind.FAILURE
                ? result.reason()
                : result.kind().name();
    }

    @Test
    void tcpIsWellWhenItConnects() throws Exception {
        Server server = new Server(null);
        assertThat(ask(tcp(), "127.0.0.1", server.port())).isEqualTo("OK");
        Socket accepted = server.accepted.take();
        accepted.setSoTimeout(60_000);
        assertThat(accepted.getInputStream().read()).as("closed at once").isEqualTo(-1);
        assertThat(ask(tcp(), "127.0.0.1", FreePorts.next())).contains("refused");
        assertThat(ask(tcp(), "no-such-host.invalid", 80))
                .isEqualTo("its host name no-such-host.invalid cannot be resolved");
    }

    @Test
    void httpIsWellWithinItsStatuses() throws Exception {
        Server server = new Server("HTTP/1.1 204 No Content\r\n\r\n");
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .isEqualTo("OK");
        assertThat(server.requests.take())
                .isEqualTo("GET /health?full HTTP/1.1\r\nHost: 127.0.0.1:" + server.port()
                        + "\r\nUser-Agent: zerohop-health\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        server.answer = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .isEqualTo("GET /health?full answered 503, expected 200 to 299");
        server.answer = "HTTP/1.0 200\n\nmore";
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .as("the reason phrase may be missing")
                .isEqualTo("OK");
    }

    @ParameterizedTest
    @CsvSource({
        "199, 'GET /health?full answered 199, expected 200 to 299'",
        "200, OK",
        "299, OK",
        "300, 'GET /health?full answered 300, expected 200 to 299'"
    })
    void theBordersOfTheRangeBelongToIt(int status, String said) throws Exception {
        Server server = new Server("HTTP/1.1 " + status + " x\r\n\r\n");
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .isEqualTo(said);
    }

    @ParameterizedTest
    @CsvSource({"''", "'SSH-2.0-OpenSSH_9.6\r\n'", "'HTTP/2 200\r\n'", "'HTTP/1.1 2000 x\r\n'"})
    void whatIsNotHttpIsNotWell(String answer) throws Exception {
        Server server = new Server(answer);
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .isEqualTo("GET /health?full was not answered with HTTP/1.1");
    }

    @Test
    void anEndlessLineIsNotRead() throws Exception {
        Server server = new Server("HTTP/1.1 200 " + "x".repeat(2_000));
        server.staysOpen = true;
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .isEqualTo("OK");
    }

    @Test
    void anotherPortAndTheNameOfTheServiceAreUsed() throws Exception {
        Server server = new Server("HTTP/1.1 200 OK\r\n\r\n");
        ProbeTransport named = new ProbeTransport() {
            @Override
            public String authority() {
                return "orders.shop.svc:443";
            }
        };
        assertThat(ask(http(server.port(), named), "127.0.0.1", 1)).isEqualTo("OK");
        assertThat(server.requests.take()).contains("\r\nHost: orders.shop.svc:443\r\n");
    }

    /** It comes from a target's text. */
    @Test
    void anAuthorityThatIsNoneIsNotSent() throws Exception {
        Server server = new Server("HTTP/1.1 200 OK\r\n\r\n");
        ProbeTransport odd = new ProbeTransport() {
            @Override
            public String authority() {
                return "x\r\nEvil: yes";
            }
        };
        assertThat(ask(http(0, odd), "127.0.0.1", server.port())).isEqualTo("OK");
        assertThat(server.requests.take()).contains("\r\nHost: 127.0.0.1:").doesNotContain("Evil");
    }

    @Test
    void aServerThatHangsIsLetGoWhenTheProbeIsCalledOff() throws Exception {
        Server server = new Server(null);
        CompletableFuture<Prober.Result> said = new CompletableFuture<>();
        Cancellable probe = http(0, ProbeTransport.DEFAULT)
                .connect(Endpoint.of("127.0.0.1", server.port()))
                .probe(Env.system().blocking(), said::complete);
        Socket accepted = server.accepted.take();
        probe.cancel();
        assertThat(said.get(60, TimeUnit.SECONDS).kind())
                .as("its thread is back")
                .isEqualTo(Prober.Result.Kind.FAILURE);
        accepted.setSoTimeout(60_000);
        while (accepted.getInputStream().read() >= 0) {
            // The request.
        }
    }

    @Test
    void aServerThatHangsEndsTheProbeWhenItsPatienceIsOver() throws Exception {
        Server server = new Server(null);
        Prober impatient =
                new SocketProber(0, false, new HttpGet("/", 200, 299), ProbeTransport.DEFAULT, Duration.ofMillis(50));
        assertThat(ask(impatient, "127.0.0.1", server.port()))
                .startsWith("GET / was not answered: ")
                .contains("timed out");
    }

    @Test
    void aProbeThatWasCalledOffBeforeItBeganOpensNothing() throws Exception {
        Server server = new Server(null);
        List<Runnable> threads = new ArrayList<>();
        List<Prober.Result> said = new ArrayList<>();
        Cancellable probe =
                tcp().connect(Endpoint.of("127.0.0.1", server.port())).probe(threads::add, said::add);
        probe.cancel();
        threads.get(0).run();
        assertThat(said).hasSize(1);
        assertThat(said.get(0).kind()).isEqualTo(Prober.Result.Kind.FAILURE);
        try (Socket next = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            assertThat(server.accepted.take().getPort())
                    .as("the first that was opened")
                    .isEqualTo(next.getLocalPort());
        }
    }
}

package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import dev.zerohop.testing.FreePorts;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
        "200, 'GET /health?full answered 200, expected 201 to 298'",
        "201, OK",
        "298, OK",
        "299, 'GET /health?full answered 299, expected 201 to 298'"
    })
    void theBordersOfTheRangeBelongToIt(int status, String said) throws Exception {
        Server server = new Server("HTTP/1.1 " + status + " x\r\n\r\n");
        Prober within =
                new SocketProber(0, false, new HttpGet("/health?full", 201, 298), ProbeTransport.DEFAULT, PATIENCE);
        assertThat(ask(within, "127.0.0.1", server.port())).isEqualTo(said);
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

    @Test
    void theHostOfACheckStandsInForTheNameOfTheService() throws Exception {
        Server server = new Server("HTTP/1.1 200 OK\r\n\r\n");
        Check named = new Check.Http(0, false, "checks.svc", new HttpGet("/", 200, 299));
        assertThat(ask(named.prober(ProbeTransport.DEFAULT, PATIENCE), "127.0.0.1", server.port()))
                .isEqualTo("OK");
        assertThat(server.requests.take()).contains("\r\nHost: checks.svc\r\n");
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

    /** A clock of which each look costs a second. */
    private static final class LeapingTime implements Time {
        private final AtomicLong now = new AtomicLong();

        @Override
        public long nanoTime() {
            return now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        }

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public Cancellable schedule(long delayNanos, Runnable task) {
            throw new UnsupportedOperationException();
        }
    }

    /** Each read is in time, all together are not: a byte now and then would hold the thread for ever. */
    @Test
    @Timeout(60)
    void theTimeIsThatOfTheProbeAndNotOfEachRead() throws Exception {
        try (ServerSocket dripping = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> {
                try (Socket connection = dripping.accept()) {
                    while (true) {
                        connection.getOutputStream().write('\r');
                    }
                } catch (Exception closed) {
                    // The probe is over.
                }
            });
            server.setDaemon(true);
            server.start();
            Prober prober = new SocketProber(
                    0,
                    false,
                    new HttpGet("/", 200, 299),
                    ProbeTransport.DEFAULT,
                    Duration.ofSeconds(9),
                    new LeapingTime());
            assertThat(ask(prober, "127.0.0.1", dripping.getLocalPort()))
                    .isEqualTo("GET / was not answered: the probe timed out");
        }
    }

    @Test
    void anInterimAnswerIsNotTheAnswer() throws Exception {
        Server server = new Server(
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + "HTTP/1.1 200 OK\r\n\r\n");
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .isEqualTo("OK");
        server.answer = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 No\r\n\r\n";
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .isEqualTo("GET /health?full answered 503, expected 200 to 299");
        server.answer = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000) + "HTTP/1.1 200 OK\r\n\r\n";
        assertThat(ask(http(0, ProbeTransport.DEFAULT), "127.0.0.1", server.port()))
                .as("within a bound")
                .isEqualTo("GET /health?full was not answered with HTTP/1.1");
    }

    /** Else the rest meets a reset. */
    @Test
    void theRestOfAnAnswerIsReadAsWell() throws Exception {
        Server server = new Server("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + "x".repeat(5_000));
        server.staysOpen = true;
        CompletableFuture<Prober.Result> said = new CompletableFuture<>();
        Cancellable probe = http(0, ProbeTransport.DEFAULT)
                .connect(Endpoint.of("127.0.0.1", server.port()))
                .probe(Env.system().blocking(), said::complete);
        assertThat(said.get(60, TimeUnit.SECONDS).kind()).isEqualTo(Prober.Result.Kind.OK);
        // As the loop does.
        probe.cancel();
        Socket accepted = server.accepted.take();
        accepted.setSoTimeout(60_000);
        assertThat(accepted.getInputStream().read())
                .as("closed in peace, not reset")
                .isEqualTo(-1);
    }

    @Test
    void ofSeveralAddressesTheNextOneIsTried() throws Exception {
        InetAddress[] both = InetAddress.getAllByName("localhost");
        org.junit.jupiter.api.Assumptions.assumeTrue(both.length > 1, "localhost has two addresses");
        try (ServerSocket second = new ServerSocket(0, 50, both[1])) {
            assertThat(ask(tcp(), "localhost", second.getLocalPort())).isEqualTo("OK");
        }
    }

    @Test
    void anEndpointWithoutAnAddressIsSkipped() throws Exception {
        ProbeTransport files = new ProbeTransport() {
            @Override
            public boolean hasAddress(Endpoint endpoint) {
                return false;
            }
        };
        assertThat(ask(new SocketProber(0, false, null, files, PATIENCE), "local", 1))
                .isEqualTo("SKIPPED");
    }

    @Test
    void aProbeThatWaitsForAThreadHasNotLeft() {
        List<Runnable> threads = new ArrayList<>();
        List<Prober.Result> said = new ArrayList<>();
        Prober.Running probe = (Prober.Running)
                tcp().connect(Endpoint.of("127.0.0.1", FreePorts.next())).probe(threads::add, said::add);
        assertThat(probe.sent()).isFalse();
        threads.get(0).run();
        assertThat(probe.sent()).isTrue();
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

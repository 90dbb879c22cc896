package dev.zerohop.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.testing.FakeTime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatusServerTest {
    private final StatusPage page = StatusPage.create();
    private StatusServer server;

    @BeforeEach
    void start() throws IOException {
        server = StatusServer.start(page, 0);
    }

    @AfterEach
    void close() {
        server.close();
        page.close();
    }

    /** As it stands on the wire: clients write what they like into Host. */
    private String ask(String request) throws IOException {
        try (Socket socket = sent(server, request)) {
            return rest(socket);
        }
    }

    private static Socket sent(StatusServer to, String text) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), to.port());
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private String get(String path, String host) throws IOException {
        return ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    @Test
    void itServesThePageOnLoopback() throws Exception {
        assertThat(server.uri()).hasToString("http://127.0.0.1:" + server.port() + "/");
        assertThat(get("/", "127.0.0.1:" + server.port()))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .containsIgnoringCase("Content-Security-Policy: default-src 'none'")
                .containsIgnoringCase("Content-Type: text/html; charset=utf-8")
                .contains("<title>zerohop</title>");
        assertThat(get("/state.json", "localhost")).contains("\"services\":");
        assertThat(get("/favicon.ico", "localhost")).startsWith("HTTP/1.1 404 ");
    }

    @Test
    void aForeignHostIsRefused() throws Exception {
        assertThat(get("/state.json", "evil.example"))
                .startsWith("HTTP/1.1 403 ")
                .doesNotContain("services");
    }

    @Test
    void nothingButReadingIsAllowed() throws Exception {
        assertThat(ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 405 ")
                .containsIgnoringCase("Allow: GET, HEAD");
        assertThat(ask("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("\r\n\r\n");
    }

    @Test
    void addressesThatOthersReachNeedAWordOfTheirOwn() throws Exception {
        InetSocketAddress any = new InetSocketAddress("0.0.0.0", 0);
        assertThatThrownBy(() -> StatusServer.start(page, any))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the status page was to listen on 0.0.0.0, which other machines reach, expected an address of loopback, or startForOthers()");
        try (StatusServer open = StatusServer.startForOthers(page, any)) {
            assertThat(open.uri()).hasToString("http://127.0.0.1:" + open.port() + "/");
        }
        assertThatThrownBy(() -> StatusServer.start(page, InetSocketAddress.createUnresolved("nowhere.invalid", 0)))
                .hasMessageContaining("which does not resolve");
    }

    @Test
    void aPortInUseIsAnException() {
        assertThatThrownBy(() -> StatusServer.start(page, server.port())).isInstanceOf(IOException.class);
    }

    @Test
    void itsThreadsKeepNoProcessAlive() throws Exception {
        assertThat(get("/", "localhost")).contains("zerohop");
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().startsWith("zerohop-status")
                        || thread.getName().startsWith("HTTP-Dispatcher"))
                .isNotEmpty()
                .allMatch(Thread::isDaemon);
    }

    @Test
    void afterItsEndItListensNoMore() {
        server.close();
        server.close();
        assertThatThrownBy(() -> get("/", "localhost")).isInstanceOf(IOException.class);
    }

    // ---- requests that are sent by half ----

    private static final String HALF = "GET /state.json HTTP/1.1\r\nConnection: close\r\nHost: local";
    private static final String OTHER_HALF = "host\r\n\r\n";

    @Test
    void requestsSentByHalfMakeWayForOthersAfterASecond() throws Exception {
        FakeTime time = new FakeTime();
        List<Socket> halves = new ArrayList<>();
        try (StatusPage timed = StatusPage.builder().time(time).build();
                StatusServer stalled = StatusServer.start(timed, 0)) {
            for (int i = 0; i < 3 * ExchangeThreads.THREADS; i++) {
                halves.add(sent(stalled, HALF));
            }
            Waiting.until(() -> stalled.exchanges() == halves.size());
            try (Socket whole = sent(stalled, HALF + OTHER_HALF)) {
                Waiting.until(() -> stalled.exchanges() == halves.size() + 1);
                Waiting.until(() -> {
                    time.advance(ExchangeThreads.PATIENCE);
                    return whole.getInputStream().available() > 0;
                });
                assertThat(rest(whole)).startsWith("HTTP/1.1 200 ");
            }
        } finally {
            for (Socket half : halves) {
                half.close();
            }
        }
    }

    @Test
    void aSlowRequestThatNoOtherWaitsForHasAMinute() throws Exception {
        FakeTime time = new FakeTime();
        try (StatusPage timed = StatusPage.builder().time(time).build();
                StatusServer idle = StatusServer.start(timed, 0)) {
            try (Socket slow = sent(idle, HALF)) {
                Waiting.until(() -> time.pendingTasks() == 1);
                time.advance(ExchangeThreads.LONGEST.minusSeconds(2));
                slow.getOutputStream().write(OTHER_HALF.getBytes(StandardCharsets.ISO_8859_1));
                assertThat(rest(slow)).startsWith("HTTP/1.1 200 ");
            }
            Waiting.until(() -> time.pendingTasks() == 0);
            try (Socket never = sent(idle, HALF)) {
                Waiting.until(() -> time.pendingTasks() == 1);
                time.advance(ExchangeThreads.LONGEST);
                assertThat(rest(never)).isEmpty();
            }
        }
    }
}

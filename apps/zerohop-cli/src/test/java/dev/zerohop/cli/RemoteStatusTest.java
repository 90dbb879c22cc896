package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code top} reads of a server that may be no status page. */
class RemoteStatusTest {
    private static final int MAX_BYTES = 100_000;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private RemoteStatus status;
    private volatile int code = 200;

    /** How many bytes it sends, without saying so first; less than nothing for one that never ends. */
    private volatile long bytes;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(code, 0);
            byte[] piece = new byte[1_000];
            Arrays.fill(piece, (byte) 'x');
            try (OutputStream out = exchange.getResponseBody()) {
                for (long left = bytes; left != 0; left -= bytes < 0 ? 0 : piece.length) {
                    out.write(piece);
                }
            }
        });
        server.start();
        HttpUrl url = HttpUrl.get("http://127.0.0.1:" + server.getAddress().getPort() + "/state.json");
        OkHttpClient client =
                new OkHttpClient.Builder().readTimeout(Duration.ofSeconds(120)).build();
        status = new RemoteStatus(client, url, MAX_BYTES);
    }

    @AfterEach
    void close() {
        status.close();
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void anAnswerIsReadToItsBoundAndNotPastIt() throws Exception {
        bytes = MAX_BYTES;
        assertThat(status.read()).hasSize(MAX_BYTES);
        for (long more : new long[] {MAX_BYTES + 1_000, -1}) {
            bytes = more;
            assertThatThrownBy(status::read)
                    .isInstanceOf(IOException.class)
                    .hasMessage("the answer was longer than 100000 bytes, expected the state.json of a status page");
        }
    }

    @Test
    void ofAnErrorTheBeginningIsShown() {
        code = 503;
        bytes = -1;
        assertThatThrownBy(status::read)
                .isInstanceOf(IOException.class)
                .hasMessage("was answered with 503 " + "x".repeat(1_000));
    }
}

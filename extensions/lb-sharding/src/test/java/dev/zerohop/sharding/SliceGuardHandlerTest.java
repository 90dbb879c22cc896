package dev.zerohop.sharding;

import static dev.zerohop.sharding.FakeOwnership.all;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.zerohop.KeySource;
import dev.zerohop.sharding.SliceGuard.Misdirected;
import dev.zerohop.testing.FakeTime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guarded JDK HTTP server on a real socket. */
@Timeout(300)
class SliceGuardHandlerTest {
    private static final KeySource HEADER = new KeySource(KeySource.Place.HEADER, "x-customer", false);

    private final FakeTime time = new FakeTime();
    private final FakeOwnership member = new FakeOwnership("b");
    private final SliceGuard guard = SliceGuard.builder(member)
            .misdirected(Misdirected.REJECT)
            .time(time)
            .build();
    private final List<String> handled = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", SliceGuardHandler.byHeader(guard, HEADER, this::serve));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        handled.add(exchange.getRequestMethod());
        exchange.sendResponseHeaders(204, -1);
        exchange.close();
    }

    private CompletableFuture<HttpResponse<String>> call(String method, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + server.getAddress().getPort() + "/"))
                .version(HttpClient.Version.HTTP_1_1)
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                .orTimeout(60, TimeUnit.SECONDS);
    }

    @Test
    void aMisdirectedRequestIsAnsweredWithGenerationAndOwnerAndNotRun() {
        member.know(all(7, "a"));
        HttpResponse<String> rejected =
                call("POST", "X-Customer", "c1", "Zerohop-Shard-Epoch", "6").join();
        assertThat(rejected.statusCode()).isEqualTo(421);
        assertThat(rejected.headers().map())
                .containsEntry("zerohop-shard-epoch", List.of("7"))
                .containsEntry("zerohop-owner", List.of("a"));
        assertThat(rejected.body())
                .isEqualTo("generation was 6: by generation 7 the key belongs to a, this member is b");
        HttpResponse<String> head =
                call("HEAD", "x-customer", "c1", "zerohop-shard-epoch", "6").join();
        assertThat(head.statusCode()).isEqualTo(421);
        assertThat(head.headers().map()).containsEntry("zerohop-owner", List.of("a"));
        assertThat(handled).isEmpty();
    }

    @Test
    void allOthersRun() {
        member.know(all(7, "a"));
        assertThat(call("GET", "x-customer", "c1", "zerohop-shard-epoch", "6", "zerohop-not-owner", "1")
                        .join()
                        .statusCode())
                .isEqualTo(204);
        assertThat(call("GET", "x-customer", "c1").join().statusCode()).isEqualTo(204);
        assertThat(call("GET", "zerohop-shard-epoch", "6").join().statusCode()).isEqualTo(204);
        member.know(all(8, "b"));
        assertThat(call("GET", "x-customer", "c1", "zerohop-shard-epoch", "8")
                        .join()
                        .statusCode())
                .isEqualTo(204);
        assertThat(guard.counts()).isEqualTo(new SliceGuard.Counts(4, 1, 1, 0, 0));
    }

    @Test
    void aRequestFromALaterGenerationWaitsForIt() {
        member.know(all(7, "a"));
        CompletableFuture<HttpResponse<String>> held = call("GET", "x-customer", "c1", "zerohop-shard-epoch", "8");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> guard.counts().waited() == 1);
        assertThat(handled).isEmpty();
        member.know(all(8, "b"));
        assertThat(held.join().statusCode()).isEqualTo(204);
    }

    @Test
    void aKeyThatCannotBeUsedIsTheCallersFault() {
        HttpResponse<String> bad =
                call("GET", "x-customer", "one", "x-customer", "two").join();
        assertThat(bad.statusCode()).isEqualTo(400);
        assertThat(bad.body()).contains("the key (header 'x-customer') was given more than once");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SliceGuardHandler.byHeader(
                        guard, new KeySource(KeySource.Place.QUERY, "customer", false), this::serve))
                .withMessage("key source was query parameter 'customer', expected a header");
    }
}

package dev.zerohop.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import dev.zerohop.apps.EtcdProcess;
import dev.zerohop.gateway.Gateway.Limits;
import dev.zerohop.testing.FreePorts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to headers and bodies on the way, and when something breaks on it. */
class GatewayHttpTest {
    private static final int MEGABYTE = 1 << 20;

    /** More than the heap of this process. */
    private static final int MEGABYTES = 192;

    @TempDir
    static Path directory;

    private static EtcdProcess etcd;

    private GatewayRig rig;

    @BeforeAll
    static void start() {
        etcd = EtcdProcess.started(directory);
    }

    @AfterAll
    static void stop() {
        etcd.close();
    }

    @BeforeEach
    void rig() {
        rig = new GatewayRig(etcd);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private Gateway serving(String address) throws Exception {
        return serving(address, GatewayRig.LIMITS, "first");
    }

    private Gateway serving(String address, Limits limits, String handler) throws Exception {
        rig.function("f", Map.of(address, 1));
        return rig.gateway(limits, handler, "n1");
    }

    /** A server that answers each connection with these bytes once it has read a head, and keeps the head. */
    private String raw(CompletableFuture<String> heard, String answer) throws IOException {
        ServerSocket server = rig.with(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        Thread thread = new Thread(() -> {
            while (true) {
                try (Socket socket = server.accept()) {
                    StringBuilder head = new StringBuilder();
                    while (head.indexOf("\r\n\r\n") < 0) {
                        head.append((char) socket.getInputStream().read());
                    }
                    heard.complete(head.toString());
                    socket.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                    socket.getOutputStream().flush();
                } catch (IOException closed) {
                    return;
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return "127.0.0.1:" + server.getLocalPort();
    }

    // ---- headers ----

    /** How the bytes of a text look to who reads them one by one. */
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    @Test
    void theBytesOfHeadersAndTrailersStayWhatTheyWere() throws Exception {
        CompletableFuture<String> heard = new CompletableFuture<>();
        String address = raw(
                heard,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\nX-Name: Zo\u00eb\r\nVia: 1.0 \u00ef\r\n"
                        + "\r\n1\r\na\r\n0\r\nX-Trailer: \u20ac\r\n\r\n");
        Gateway gateway = serving(address);
        try (RawClient client = new RawClient(gateway.port())) {
            client.send(
                    "GET /function/f HTTP/1.1\r\nHost: h\r\nX-Name: Zo\u00eb \u20ac\r\nX-Forwarded-For: \u00fc\r\n"
                            + "X-Forwarded-Proto: \u00fc\r\nX-Forwarded-Host: \u00fc\r\nVia: 1.0 \u00fc\r\nForwarded: for=\u00fc\r\n\r\n");
            assertThat(client.head())
                    .contains("HTTP/1.1 200 OK", bytes("X-Name: Zo\u00eb"), bytes("Via: 1.0 \u00ef, 1.1 n1"));
            assertThat(client.until("0\r\n" + bytes("X-Trailer: \u20ac") + "\r\n\r\n"))
                    .startsWith("1\r\na\r\n");
        }
        assertThat(heard.get().lines())
                .contains(
                        bytes("X-Name: Zo\u00eb \u20ac"),
                        bytes("X-Forwarded-For: \u00fc, 127.0.0.1"),
                        bytes("X-Forwarded-Proto: \u00fc"),
                        bytes("X-Forwarded-Host: \u00fc"),
                        bytes("Via: 1.0 \u00fc, 1.1 n1"),
                        bytes("Forwarded: for=\u00fc, for=127.0.0.1;host=h;proto=http"));
    }

    @Test
    void forwardingHeadersAreAppendedAndThoseOfOneHopEnd() throws Exception {
        CompletableFuture<String> heard = new CompletableFuture<>();
        String address = raw(
                heard,
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Secret, close\r\nX-Secret: s\r\nKeep-Alive: timeout=1\r\n"
                        + "Proxy-Connection: x\r\nUpgrade: h2c\r\nEndpoint-Load-Metrics: TEXT cpu_utilization=1\r\nX-Multi: 1\r\nX-Multi: 2\r\nVia: 1.0 inner\r\nX-Final-Host: liar\r\n"
                        + "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: inner/1\r\n\r\nok");
        Gateway gateway = serving(address);
        try (RawClient client = new RawClient(gateway.port())) {
            client.send(
                    "GET /function/f HTTP/1.1\r\nHost: shop.example:81\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n"
                            + "X-Forwarded-Proto: https\r\nForwarded: for=192.0.2.1\r\nVia: 1.0 fred\r\nConnection: close, X-Mine, Upgrade\r\nX-Mine: m\r\n"
                            + "TE: trailers\r\nUpgrade: h2c\r\nProxy-Authorization: Basic eA==\r\nX-Kept: k\r\nAuthorization: Bearer t\r\n"
                            + "X-Final-Host: forged\r\nCookie: a=b\r\n\r\n");
            List<String> head = client.head();
            assertThat(head.get(0)).isEqualTo("HTTP/1.1 200 OK");
            assertThat(head)
                    .contains(
                            "X-Multi: 1",
                            "X-Multi: 2",
                            "X-Final-Host: " + address,
                            "Via: 1.0 inner, 1.1 n1",
                            "Date: Thu, 01 Jan 1970 00:00:00 GMT",
                            "Server: inner/1",
                            "Content-Length: 2")
                    .noneMatch(line ->
                            line.matches("(?i)(x-secret|keep-alive|proxy-connection|upgrade|endpoint-load-metrics):.*"))
                    .filteredOn(line -> line.matches("X-Forwarded-Host-n1: \\d{10}\\.\\d{7}"))
                    .hasSize(1);
            assertThat(head).filteredOn(line -> line.startsWith("Date:")).hasSize(1);
        }
        List<String> sent = heard.get().lines().toList();
        assertThat(sent)
                .contains(
                        "GET / HTTP/1.1",
                        "Host: " + address,
                        "X-Forwarded-For: 192.0.2.1, 192.0.2.2, 127.0.0.1",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Host: shop.example:81",
                        "Forwarded: for=192.0.2.1, for=127.0.0.1;host=\"shop.example:81\";proto=http",
                        "Via: 1.0 fred, 1.1 n1",
                        "X-Kept: k",
                        "Authorization: Bearer t",
                        "Cookie: a=b",
                        "X-Final-Host: " + address)
                .noneMatch(
                        line -> line.matches(
                                "(?i)(x-mine|te|upgrade|proxy-authorization|user-agent|accept-encoding|expect|transfer-encoding):.*"))
                .filteredOn(line -> line.startsWith("X-Forwarded-Host-n1:"))
                .singleElement()
                .asString()
                .matches("X-Forwarded-Host-n1: \\d{10}\\.\\d{7}");
    }

    @Test
    void whatTheClientAcceptsIsNeitherUnpackedNorChanged() throws Exception {
        Upstream upstream = rig.with(new Upstream(exchange -> {
            exchange.getResponseHeaders().add("Content-Encoding", "gzip");
            exchange.sendResponseHeaders(200, 3);
            exchange.getResponseBody().write(new byte[] {1, 2, 3});
        }));
        Gateway gateway = serving(upstream.address());
        HttpResponse<byte[]> answer = rig.client.send(
                GatewayRig.request(gateway, "/function/f", "Accept-Encoding", "gzip", "User-Agent", "mine")
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.body()).containsExactly(1, 2, 3);
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
        Headers sent = upstream.lastHeaders;
        assertThat(sent.get("Accept-Encoding")).containsExactly("gzip");
        assertThat(sent.get("User-Agent")).containsExactly("mine");
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 404, 500, 503})
    void answersOfTheEndpointAreItsOwn(int status) throws Exception {
        Upstream upstream = rig.with(new Upstream(exchange -> {
            exchange.getResponseHeaders().add("Location", "http://elsewhere.invalid/");
            exchange.sendResponseHeaders(status, 2);
            exchange.getResponseBody().write(new byte[] {'n', 'o'});
        }));
        Gateway gateway = serving(upstream.address());
        HttpResponse<String> answer = rig.get(gateway, "/function/f");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).isEqualTo("no");
        assertThat(answer.headers().firstValue("Location")).contains("http://elsewhere.invalid/");
        assertThat(answer.headers().firstValue("X-Final-Host")).contains(upstream.address());
        assertThat(upstream.requests).hasSize(1);
    }

    // ---- bodies ----

    @Test
    void answersWithoutABodyKeepTheirHeaders() throws Exception {
        Upstream upstream = rig.with(new Upstream(exchange -> {
            switch (exchange.getRequestURI().getPath()) {
                case "/204" -> exchange.sendResponseHeaders(204, -1);
                case "/304" -> {
                    exchange.getResponseHeaders().add("ETag", "\"e\"");
                    exchange.sendResponseHeaders(304, -1);
                }
                default -> {
                    exchange.getResponseHeaders().add("Content-Length", "12345");
                    exchange.sendResponseHeaders(200, -1);
                }
            }
        }));
        Gateway gateway = serving(upstream.address());
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("HEAD /function/f/head HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.head()).contains("HTTP/1.1 200 OK", "Content-Length: 12345");
            client.send("GET /function/f/204 HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.head()).contains("HTTP/1.1 204 No Content");
            client.send("GET /function/f/304 HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.head()).contains("HTTP/1.1 304 Not Modified", "ETag: \"e\"");
            client.send("DELETE /function/f/204 HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.head()).contains("HTTP/1.1 204 No Content");
            client.send("POST /function/f/204 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.head()).as("one connection for all").contains("HTTP/1.1 204 No Content");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bodiesLargerThanTheHeapStreamBothWays(boolean lengthKnown) throws Exception {
        AtomicLong received = new AtomicLong();
        Upstream upstream = rig.with(new Upstream(exchange -> {
            byte[] buffer = new byte[MEGABYTE];
            InputStream in = exchange.getRequestBody();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                received.addAndGet(read);
            }
            exchange.sendResponseHeaders(200, lengthKnown ? (long) MEGABYTES * MEGABYTE : 0);
            for (int i = 0; i < MEGABYTES; i++) {
                exchange.getResponseBody().write(buffer);
            }
        }));
        assertThat(Runtime.getRuntime().maxMemory()).isLessThan((long) MEGABYTES * MEGABYTE);
        Gateway gateway = serving(upstream.address());
        long sent = (long) MEGABYTES * MEGABYTE;
        try (Socket socket = new Socket("127.0.0.1", gateway.port())) {
            OutputStream out = socket.getOutputStream();
            out.write(("POST /function/f HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                            + (lengthKnown ? "Content-Length: " + sent : "Transfer-Encoding: chunked") + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            byte[] buffer = new byte[MEGABYTE];
            for (int i = 0; i < MEGABYTES; i++) {
                if (!lengthKnown) {
                    out.write("100000\r\n".getBytes(StandardCharsets.US_ASCII));
                }
                out.write(buffer);
                if (!lengthKnown) {
                    out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
                }
            }
            if (!lengthKnown) {
                out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            out.flush();
            long back = 0;
            InputStream in = socket.getInputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                back += read;
            }
            assertThat(back).isGreaterThan(sent);
        }
        assertThat(received.get()).isEqualTo(sent);
    }

    @Test
    void theFirstBytesArriveBeforeTheLastAreSent() throws Exception {
        CountDownLatch sawHead = new CountDownLatch(1);
        CountDownLatch sawFirst = new CountDownLatch(1);
        CompletableFuture<Integer> firstOfRequest = new CompletableFuture<>();
        Upstream upstream = rig.with(new Upstream(exchange -> {
            firstOfRequest.complete(exchange.getRequestBody().read());
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().flush();
            await(sawHead);
            exchange.getResponseBody().write('1');
            exchange.getResponseBody().flush();
            await(sawFirst);
            exchange.getResponseBody().write('2');
        }));
        Gateway gateway = serving(upstream.address());
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("POST /function/f HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\na");
            assertThat(firstOfRequest.get()).isEqualTo('a');
            client.send("b");
            assertThat(client.head()).contains("HTTP/1.1 200 OK");
            sawHead.countDown();
            assertThat(client.until("1")).endsWith("1");
            sawFirst.countDown();
            assertThat(client.rest()).contains("2");
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        }
    }

    @Test
    void aClientThatWaitsFor100GetsItOnlyWhenTheBodyWillBeRead() throws Exception {
        Upstream upstream = rig.with(Upstream.named("u"));
        Gateway gateway = serving(upstream.address());
        String expecting =
                " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("PUT /function/f" + expecting);
            assertThat(client.head()).contains("HTTP/1.1 100 Continue");
            client.send("ab");
            assertThat(client.rest()).startsWith("HTTP/1.1 200 OK").endsWith("u");
        }
        assertThat(upstream.lastHeaders).doesNotContainKey("Expect");
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("PUT /function/nobody" + expecting);
            assertThat(client.head()).contains("HTTP/1.1 404 Not Found");
        }
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("PUT /function/f HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: something\r\n\r\n");
            assertThat(client.head().get(0)).startsWith("HTTP/1.1 417");
        }
    }

    @Test
    void trailersOfAnAnswerAreKept() throws Exception {
        String address = raw(
                new CompletableFuture<>(),
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n"
                        + "Transfer-Encoding: gzip\r\nContent-Length: 9\r\nConnection: close\r\n\r\n");
        Gateway gateway = serving(address);
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("GET /function/f HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            assertThat(client.head()).contains("Trailer: X-Sum");
            assertThat(client.rest()).contains("ok").endsWith("0\r\nX-Sum: 7\r\n\r\n");
        }
    }

    // ---- what breaks ----

    @Test
    void aClientThatLeavesEndsTheCallToTheEndpoint() throws Exception {
        for (boolean begun : new boolean[] {false, true}) {
            CountDownLatch arrived = new CountDownLatch(1);
            CompletableFuture<Void> cut = new CompletableFuture<>();
            try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
                Thread thread = new Thread(() -> {
                    try (Socket socket = server.accept()) {
                        StringBuilder head = new StringBuilder();
                        while (head.indexOf("\r\n\r\n") < 0) {
                            head.append((char) socket.getInputStream().read());
                        }
                        if (begun) {
                            socket.getOutputStream()
                                    .write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
                                            .getBytes(StandardCharsets.US_ASCII));
                        }
                        arrived.countDown();
                        // Says nothing more; hears the end.
                        assertThat(socket.getInputStream().read()).isEqualTo(-1);
                        cut.complete(null);
                    } catch (IOException reset) {
                        cut.complete(null);
                    } catch (RuntimeException | Error failed) {
                        cut.completeExceptionally(failed);
                    }
                });
                thread.start();
                Gateway gateway = serving("127.0.0.1:" + server.getLocalPort());
                RawClient client = new RawClient(gateway.port());
                client.send("GET /function/f HTTP/1.1\r\nHost: h\r\n\r\n");
                arrived.await();
                if (begun) {
                    client.until("x");
                }
                client.close();
                GatewayRig.await().until(cut::isDone);
                cut.get();
            }
        }
    }

    @Test
    void aRequestThatComesBeforeTheAnswerToTheLastIsNotLost() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Upstream upstream = rig.with(new Upstream(exchange -> {
            if (exchange.getRequestURI().getPath().equals("/slow")) {
                await(go);
            }
            byte[] path = exchange.getRequestURI().getPath().getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, path.length);
            exchange.getResponseBody().write(path);
        }));
        Gateway gateway = serving(upstream.address());
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("GET /function/f/slow HTTP/1.1\r\nHost: h\r\n\r\n");
            GatewayRig.await().until(() -> upstream.requests.contains("GET /slow"));
            client.send("GET /function/f/next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            // Long enough that somebody has looked at the connection meanwhile.
            CompletableFuture.runAsync(
                            () -> {},
                            CompletableFuture.delayedExecutor(1_500, java.util.concurrent.TimeUnit.MILLISECONDS))
                    .join();
            go.countDown();
            assertThat(client.until("/slow")).startsWith("HTTP/1.1 200 OK");
            assertThat(client.rest()).contains("HTTP/1.1 200 OK").endsWith("/next");
            assertThat(upstream.requests).containsExactly("GET /slow", "GET /next");
        }
    }

    @Test
    void anEndpointThatFailsIsAnsweredWithASentence() throws Exception {
        String dead = "127.0.0.1:" + FreePorts.next();
        Gateway gateway = serving(dead);
        HttpResponse<String> refused = rig.get(gateway, "/function/f");
        assertThat(refused.statusCode()).isEqualTo(502);
        assertThat(refused.body()).contains(dead).contains("CONNECT_FAILURE");
        HttpResponse<String> again = rig.get(gateway, "/function/f");
        assertThat(again.statusCode())
                .as("the first endpoint always, also when it is down")
                .isEqualTo(502);

        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Limits hasty = new Limits(8, 64, Duration.ofSeconds(5), Duration.ofMillis(300), Duration.ofSeconds(60));
            Gateway waiting = serving("127.0.0.1:" + silent.getLocalPort(), hasty, "first");
            HttpResponse<String> late = rig.get(waiting, "/function/f");
            assertThat(late.statusCode()).isEqualTo(504);
            assertThat(late.body()).contains("TIMEOUT");
        }

        String garbled = raw(new CompletableFuture<>(), "garbage\r\n\r\n");
        assertThat(rig.get(serving(garbled), "/function/f").statusCode()).isEqualTo(502);

        String breaks = raw(new CompletableFuture<>(), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        Gateway gatewayOfHalf = serving(breaks);
        try (RawClient client = new RawClient(gatewayOfHalf.port())) {
            client.send("GET /function/f HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.head()).contains("Content-Length: 10");
            assertThat(client.rest()).as("cut off, not filled up").isEqualTo("half");
        }
    }

    @Test
    void underWrrWhatWasNotSentGoesToAnotherEndpointAndWhatWasIsNotSentTwice() throws Exception {
        String dead = "127.0.0.1:" + FreePorts.next();
        Upstream alive = rig.with(Upstream.named("alive"));
        rig.function("f", List.of(dead, alive.address()), List.of(1, 1));
        Gateway gateway = rig.gateway("wrr", "n1");
        for (int i = 0; i < 4; i++) {
            HttpRequest post = GatewayRig.request(gateway, "/function/f")
                    .POST(HttpRequest.BodyPublishers.ofString("once"))
                    .build();
            assertThat(rig.send(post).body()).isEqualTo("alive");
        }
        assertThat(alive.requests).hasSize(4);

        CompletableFuture<String> heard = new CompletableFuture<>();
        String closes = raw(heard, "");
        rig.function("g", List.of(closes, alive.address()), List.of(1, 1));
        HttpRequest post = GatewayRig.request(gateway, "/function/g")
                .POST(HttpRequest.BodyPublishers.ofString("once"))
                .build();
        GatewayRig.await()
                .until(() -> rig.get(gateway, "/function/g", "X-Probe", "1").statusCode() != 404);
        int before = alive.requests.size();
        List<Integer> answers =
                List.of(rig.send(post).statusCode(), rig.send(post).statusCode());
        assertThat(answers).contains(502);
        assertThat(alive.requests)
                .hasSize(before
                        + (int) answers.stream().filter(status -> status == 200).count());
    }

    @Test
    void whatIsTooMuchAtOnceIsRefused() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Upstream upstream = rig.with(new Upstream(exchange -> {
            await(go);
            exchange.sendResponseHeaders(204, -1);
        }));
        Gateway gateway = serving(
                upstream.address(),
                new Limits(2, 64, Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofSeconds(60)),
                "first");
        HttpRequest request = GatewayRig.request(gateway, "/function/f").build();
        var one = rig.client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        var two = rig.client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        GatewayRig.await().until(() -> upstream.requests.size() == 2);
        HttpResponse<String> three = rig.send(request);
        assertThat(three.statusCode()).isEqualTo(503);
        assertThat(three.headers().firstValue("Retry-After")).contains("1");
        assertThat(three.body()).contains("2 requests under way");
        go.countDown();
        assertThat(one.get().statusCode()).isEqualTo(204);
        assertThat(two.get().statusCode()).isEqualTo(204);
    }

    @Test
    void aStopLetsRunningRequestsEndAndTakesNoNewOnes() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Upstream upstream = rig.with(new Upstream(exchange -> {
            await(go);
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write("done".getBytes(StandardCharsets.US_ASCII));
        }));
        Gateway gateway = serving(upstream.address());
        int port = gateway.port();
        var running = rig.client.sendAsync(
                GatewayRig.request(gateway, "/function/f").build(), HttpResponse.BodyHandlers.ofString());
        GatewayRig.await().until(() -> !upstream.requests.isEmpty());
        CompletableFuture<Void> stopping = CompletableFuture.runAsync(gateway::close);
        GatewayRig.await().until(() -> {
            try (Socket ignored = new Socket("127.0.0.1", port)) {
                return false;
            } catch (IOException refused) {
                return true;
            }
        });
        assertThat(stopping).isNotDone();
        go.countDown();
        assertThat(running.get().body()).isEqualTo("done");
        stopping.get();
    }
}

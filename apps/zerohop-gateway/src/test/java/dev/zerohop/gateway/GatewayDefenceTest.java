package dev.zerohop.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.apps.EtcdProcess;
import dev.zerohop.gateway.Gateway.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What hostile endpoints and callers can do to other callers: nothing. */
class GatewayDefenceTest {
    private static final String STOLEN = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen";

    private static final String ORDERLY = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";

    /** So short that waiting for it costs little, and long enough for what is not slow. */
    private static final Duration SLOW = Duration.ofMillis(300);

    @TempDir
    static Path directory;

    private static EtcdProcess etcd;

    private static GatewayRig shared;

    private static Gateway gateway;

    private GatewayRig rig;

    @BeforeAll
    static void start() throws Exception {
        etcd = EtcdProcess.started(directory);
        shared = new GatewayRig(etcd);
        gateway = shared.gateway("first", "n1");
    }

    @AfterAll
    static void stop() throws Exception {
        shared.close();
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

    /** Answers its first request with {@code first} and all others in an orderly way; notes which connection took which. */
    private String endpoint(String first, List<String> seen) throws IOException {
        ServerSocket server = rig.with(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        AtomicInteger requests = new AtomicInteger();
        Thread acceptor = new Thread(() -> {
            for (int i = 1; true; i++) {
                int connection = i;
                try {
                    Socket socket = rig.with(server.accept());
                    Thread thread = new Thread(() -> serve(socket, connection, requests, first, seen));
                    thread.setDaemon(true);
                    thread.start();
                } catch (IOException closed) {
                    return;
                }
            }
        });
        acceptor.setDaemon(true);
        acceptor.start();
        return "127.0.0.1:" + server.getLocalPort();
    }

    private static void serve(Socket socket, int connection, AtomicInteger requests, String first, List<String> seen) {
        try (socket) {
            while (true) {
                StringBuilder head = new StringBuilder();
                while (head.indexOf("\r\n\r\n") < 0) {
                    int next = socket.getInputStream().read();
                    if (next < 0) {
                        return;
                    }
                    head.append((char) next);
                }
                seen.add(connection + " " + head.substring(0, head.indexOf(" HTTP")));
                String answer = requests.incrementAndGet() == 1 ? first : ORDERLY;
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
            }
        } catch (IOException ended) {
            // The gateway has closed it.
        }
    }

    /** Makes the shared gateway serve an endpoint as function {@code f}. */
    private void serve(String address) {
        etcd.put("golb/function/zone-b/f", "{\"ips\": [\"" + address + "\"], \"weights\": [1]}");
        String marker = "m" + address.substring(address.indexOf(':') + 1);
        etcd.put("golb/function/zone-b/" + marker, "{\"ips\": [\"127.0.0.1:1\"], \"weights\": [1]}");
        // A path that is only refused where there is a function; what was written before is known by then.
        GatewayRig.await()
                .until(() ->
                        shared.get(gateway, "/function/" + marker + "/a/%2E/").statusCode() != 404);
        etcd.delete("golb/function/zone-b/" + marker);
    }

    private static String ask(String method) throws IOException {
        try (RawClient client = new RawClient(gateway.port())) {
            client.send(method + " /function/f HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            return client.rest();
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        }
    }

    // ---- endpoints ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HEAD 200 OK\r\nContent-Length: 6\r\n\r\n",
                "GET 304 Not Modified\r\nETag: x\r\n\r\n",
                "GET 304 Not Modified\r\nContent-Length: 900\r\n\r\n",
                "GET 204 No Content\r\n\r\n",
                "GET 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "GET 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            })
    void moreThanTheAnswerReachesNoOtherCaller(String answer) throws Exception {
        int space = answer.indexOf(' ');
        List<String> seen = new CopyOnWriteArrayList<>();
        serve(endpoint("HTTP/1.1" + answer.substring(space) + STOLEN, seen));
        String first = ask(answer.substring(0, space));
        assertThat(first)
                .startsWith("HTTP/1.1" + answer.substring(space, space + 4))
                .doesNotContain("stolen");
        assertThat(ask("GET")).endsWith("\r\n\r\nmine");
        assertThat(ask("GET")).endsWith("\r\n\r\nmine");
        assertThat(seen).containsExactly("1 " + answer.substring(0, space) + " /", "2 GET /", "2 GET /");
    }

    /** A body that comes in spite of that may come late. */
    @ParameterizedTest
    @ValueSource(strings = {"HEAD 200 OK\r\nContent-Length: 6", "GET 204 No Content", "GET 304 Not Modified"})
    void anAnswerWithoutABodyIsTheLastOnItsConnection(String answer) throws Exception {
        String method = answer.substring(0, answer.indexOf(' '));
        List<String> seen = new CopyOnWriteArrayList<>();
        serve(endpoint("HTTP/1.1" + answer.substring(method.length()) + "\r\n\r\n", seen));
        assertThat(ask(method)).startsWith("HTTP/1.1 ");
        assertThat(ask("GET")).endsWith("\r\n\r\nmine");
        assertThat(seen).containsExactly("1 " + method + " /", "2 GET /");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "101 Switching Protocols\r\n",
                "101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n",
                "000 X\r\n",
                "600 X\r\n",
                "-20 X\r\n",
                "200\u001b[31m\r\n",
                "200 OK\r\nno colon\r\n",
                "200 OK\r\n: no name\r\n",
                "200 OK\r\nA B: space\r\n",
                "200 OK\r\nX: a\rSet-Cookie: b\r\n",
                "200 OK\r\nX: nul\u0000\r\n",
                "200 OK\r\nContent-Length: -5\r\n",
                "200 OK\r\nContent-Length: +5\r\n",
                "200 OK\r\nContent-Length: x\r\n",
                "200 OK\r\nContent-Length: 99999999999999999999\r\n",
                "200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n",
                "200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
                "200 OK\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
            })
    void aMalformedHeadIs502AndEndsItsConnection(String head) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        serve(endpoint("HTTP/1.1 " + head + "\r\n" + STOLEN, seen));
        String first = ask("GET");
        assertThat(first)
                .startsWith("HTTP/1.1 502 ")
                .contains("\r\n\r\nzerohop gateway: ")
                .endsWith("\n");
        assertThat(first.substring(first.indexOf("zerohop gateway")).strip())
                .doesNotContain("\u001b", "\n", "\r", "stolen");
        assertThat(ask("GET")).endsWith("\r\n\r\nmine");
        assertThat(seen).containsExactly("1 GET /", "2 GET /");
    }

    /** It would arrive packed, and nothing would say so. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: identity, chunked"
            })
    void aBodyThatIsPackedForTheWayIs501(String encoding) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        serve(endpoint(ORDERLY, seen));
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("POST /function/f HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + encoding
                    + "\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
            assertThat(client.rest()).startsWith("HTTP/1.1 501 ").contains("expected chunked or none");
        }
        assertThat(seen).isEmpty();
    }

    @Test
    void headsLargerThanUsualPassAndEndlessOnesAre502() throws Exception {
        for (int size : new int[] {30_000, AnswerHead.LIMIT}) {
            serve(endpoint(
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + "x".repeat(size) + "\r\n\r\n",
                    new CopyOnWriteArrayList<>()));
            assertThat(ask("GET")).startsWith(size == 30_000 ? "HTTP/1.1 200 " : "HTTP/1.1 502 ");
        }
    }

    // ---- URLs ----

    /** What may stand in a URL by RFC 3986 stays, but for an apostrophe in the query; all else is encoded. */
    @Test
    void whatIsChangedInAUrl() throws Exception {
        for (Map.Entry<String, String> url : Map.of(
                        "/a'(b)*;c=d,e:@!$&+~?q='x'",
                        "/a'(b)*;c=d,e:@!$&+~?q=%27x%27",
                        "/%41%7e?%41=%7e&a=b+c%20d&e=/?:@!$()*,;-._~&f&=&&%",
                        "/%41%7e?%41=%7e&a=b+c%20d&e=/?:@!$()*,;-._~&f&=&&%",
                        "/?\"<>{}|^`\\",
                        "/?%22%3C%3E{}|^`\\")
                .entrySet()) {
            List<String> seen = new CopyOnWriteArrayList<>();
            serve(endpoint(ORDERLY, seen));
            try (RawClient client = new RawClient(gateway.port())) {
                client.send("GET /function/f" + url.getKey() + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
                assertThat(client.rest()).endsWith("mine");
            }
            assertThat(seen).containsExactly("1 GET " + url.getValue());
        }
    }

    /** Its names count as far as they are names; what is none of them is no reason to answer for the endpoint. */
    @ParameterizedTest
    @ValueSource(strings = {"X-Mine, via= b", "X-Mine, \"", "X-Mine, a;b = \"c", ",,X-Mine;, X-Mine"})
    void aConnectionHeaderThatIsNoListOfNamesIsNoFault(String value) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        serve(endpoint(ORDERLY, seen));
        try (RawClient client = new RawClient(gateway.port())) {
            client.send("GET /function/f HTTP/1.1\r\nHost: h\r\nX-Mine: m\r\nConnection: close\r\nConnection: " + value
                    + "\r\n\r\n");
            assertThat(client.rest()).endsWith("mine");
        }
        assertThat(seen).hasSize(1);
    }

    @Test
    void logLinesCannotSteerATerminal() throws Exception {
        HttpResponse<String> answer = shared.get(gateway, "/function/%1b%5D52;c;eA==%07%0a%c2%9b31m");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body())
                .isEqualTo(
                        "zerohop gateway: there is no function \\u001b]52;c;eA==\\u0007 \\u009b31m in zone zone-b\n");
    }

    // ---- circles ----

    @Test
    void whatCameThroughThisGatewayBeforeIs508() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        serve(endpoint(ORDERLY, seen));
        HttpResponse<String> again = shared.get(gateway, "/function/f", "x-forwarded-host-N1", "1.0");
        assertThat(again.statusCode()).isEqualTo(508);
        assertThat(again.body()).contains("passed through n1 before");
        assertThat(seen).isEmpty();
        assertThat(shared.get(gateway, "/function/f", "X-Forwarded-Host-n11", "1.0")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void anEndpointThatIsTheGatewayItselfIsAskedOnce() throws Exception {
        etcd.put("golb/function/zone-b/loop", "{\"ips\": [\"127.0.0.1:" + gateway.port() + "\"], \"weights\": [1]}");
        serve(endpoint(ORDERLY, new CopyOnWriteArrayList<>()));
        HttpResponse<String> answer = shared.get(gateway, "/function/loop/function/loop/function/loop/x");
        assertThat(answer.statusCode()).isEqualTo(508);
        assertThat(answer.headers().allValues("Via")).containsExactly("1.1 n1");
    }

    // ---- callers ----

    @Test
    void aHeadThatNeverEndsIsCutWhileIdleAndBusyConnectionsStay() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Upstream upstream = rig.with(new Upstream(exchange -> {
            if (exchange.getRequestURI().getPath().equals("/wait")) {
                await(go);
            }
            exchange.sendResponseHeaders(204, -1);
        }));
        rig.function("slow", Map.of(upstream.address(), 1));
        Gateway hasty =
                rig.gateway(new Limits(64, 64, Duration.ofSeconds(60), Duration.ofSeconds(60), SLOW), "first", "n1");
        String get = "GET /function/slow HTTP/1.1\r\nHost: h\r\n\r\n";
        try (RawClient idle = new RawClient(hasty.port());
                RawClient used = new RawClient(hasty.port());
                RawClient busy = new RawClient(hasty.port());
                RawClient slow = new RawClient(hasty.port());
                RawClient later = new RawClient(hasty.port())) {
            busy.send("GET /function/slow/wait HTTP/1.1\r\nHost: h\r\n\r\n");
            used.send(get);
            assertThat(used.head().get(0)).startsWith("HTTP/1.1 204");
            later.send(get);
            assertThat(later.head().get(0)).startsWith("HTTP/1.1 204");
            later.send("GET /function/slow HTTP/1.1\r\n");
            slow.send("G");
            assertThat(slow.rest()).isEmpty();
            assertThat(later.rest()).isEmpty();
            go.countDown();
            assertThat(busy.head().get(0)).startsWith("HTTP/1.1 204");
            idle.send(get);
            assertThat(idle.head().get(0)).startsWith("HTTP/1.1 204");
            used.send(get);
            assertThat(used.head().get(0)).startsWith("HTTP/1.1 204");
        }
    }

    @Test
    void aBodyThatComesByteByByteIs408() throws Exception {
        Upstream upstream = rig.with(Upstream.named("u"));
        rig.function("slow", Map.of(upstream.address(), 1));
        Gateway hasty =
                rig.gateway(new Limits(64, 64, Duration.ofSeconds(60), Duration.ofSeconds(60), SLOW), "first", "n1");
        try (Socket client = new Socket("127.0.0.1", hasty.port())) {
            client.setSoTimeout(20);
            client.getOutputStream()
                    .write("POST /function/slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = client.getInputStream();
            int first = -1;
            for (int sent = 0; first < 0 && sent < 3_000; sent++) {
                client.getOutputStream().write('x');
                try {
                    first = in.read();
                    assertThat(first).isEqualTo('H');
                } catch (SocketTimeoutException nothingYet) {
                    // Another byte, then.
                }
            }
            client.setSoTimeout(60_000);
            assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("TTP/1.1 408 ")
                    .endsWith("zerohop gateway: the body arrives too slowly, expected at least 1 KiB a second\n");
        }
    }

    @Test
    void oneAddressHasOnlySoManyRequestsUnderWay() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Upstream upstream = rig.with(new Upstream(exchange -> {
            await(go);
            exchange.sendResponseHeaders(204, -1);
        }));
        rig.function("busy", Map.of(upstream.address(), 1));
        Gateway fair = rig.gateway(
                GatewayRig.LIMITS,
                Map.of("eb_go_lb_handler_type", "first", "eb_go_lb_node_name", "n1", "eb_go_lb_caller_limit", "2"));
        HttpRequest request = GatewayRig.request(fair, "/function/busy").build();
        List<CompletableFuture<HttpResponse<String>>> running = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            running.add(rig.client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        GatewayRig.await().until(() -> upstream.requests.size() == 2);
        HttpResponse<String> third = rig.send(request);
        assertThat(third.statusCode()).isEqualTo(429);
        assertThat(third.headers().firstValue("Retry-After")).contains("1");
        assertThat(third.body()).contains("127.0.0.1 has 2 requests under way");
        try (Socket other = new Socket("127.0.0.1", fair.port(), InetAddress.getByName("127.0.0.2"), 0)) {
            other.getOutputStream()
                    .write("GET /function/busy HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            GatewayRig.await().until(() -> upstream.requests.size() == 3);
            go.countDown();
            assertThat(new String(other.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 204");
        }
        for (CompletableFuture<HttpResponse<String>> one : running) {
            assertThat(one.get().statusCode()).isEqualTo(204);
        }
        GatewayRig.await().until(() -> rig.send(request).statusCode() == 204);
    }

    @Test
    void requestsToAllFunctionsLeaveNoMoreWaysThanTheLimit() throws Exception {
        List<String> names = List.of("w1", "w2", "w3", "w4");
        for (String name : names) {
            rig.function(name, Map.of(rig.with(Upstream.named(name)).address(), 1));
        }
        Gateway small = rig.gateway(
                new Limits(64, 2, Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofSeconds(60)),
                "first",
                "n1");
        for (int i = 0; i < 2; i++) {
            for (String name : names) {
                assertThat(rig.get(small, "/function/" + name).body()).isEqualTo(name);
                assertThat(small.ways()).isBetween(1, 2);
            }
        }
        names.forEach(name -> etcd.delete("golb/function/zone-b/" + name));
    }
}

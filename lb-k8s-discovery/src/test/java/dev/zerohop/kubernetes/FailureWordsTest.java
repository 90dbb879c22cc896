package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.zerohop.watch.SourceFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What an operator reads when something is wrong between the client and its API server; real sockets. */
class FailureWordsTest {

    /** What a list from there ends with. */
    private static String failure(String address) throws IOException {
        try (HttpApiServer server = new HttpApiServer(
                KubernetesOptions.builder().apiServer(URI.create(address)).build())) {
            Throwable thrown = catchThrowable(() -> server.list(Selection.endpointSlices("shop", "orders"), null)
                    .get(60, TimeUnit.SECONDS));
            assertThat(thrown.getCause()).isInstanceOf(SourceFailure.class);
            assertThat(thrown.getCause().getMessage())
                    .contains("the Kubernetes API at " + address)
                    .contains("list endpointslices with kubernetes.io/service-name=orders in namespace shop");
            return thrown.getCause().getMessage();
        }
    }

    private static String answeredWith(String scheme, String bytes) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            Thread thread = new Thread(() -> {
                while (!server.isClosed()) {
                    try (Socket socket = server.accept()) {
                        socket.getInputStream().read(new byte[10_000]);
                        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
                    } catch (IOException gone) {
                        // The client has left, or the test is over.
                    }
                }
            });
            thread.setDaemon(true);
            thread.start();
            return failure(scheme + "://127.0.0.1:" + server.getLocalPort());
        }
    }

    @Test
    void nothingListens() throws IOException {
        assertThat(failure("http://127.0.0.1:1")).contains("nothing listens there", "check the address");
    }

    @Test
    void noSuchName() throws IOException {
        assertThat(failure("http://zerohop.invalid:6443")).contains("DNS has no address for its name");
    }

    @Test
    void httpWhereHttpsIsAskedFor() throws IOException {
        assertThat(answeredWith("https", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
                .contains("it speaks no TLS on this port");
    }

    @Test
    void httpsWhereHttpIsAskedFor() throws IOException {
        // What Go's server says to that.
        String said = "Client sent an HTTP request to an HTTPS server.\n";
        assertThat(answeredWith(
                        "http", "HTTP/1.0 400 Bad Request\r\nContent-Length: " + said.length() + "\r\n\r\n" + said))
                .contains("answered 400", said.strip());
    }

    @Test
    void noHttpAtAll() throws IOException {
        assertThat(answeredWith("http", "SSH-2.0-OpenSSH_9.9\r\n\r\n")).contains("the peer does not speak HTTP");
    }

    @Test
    void noAnswer() throws IOException {
        assertThat(answeredWith("http", "")).contains("it closed the connection without an answer");
    }

    @Test
    void aLoginPage() throws IOException {
        try (ScriptedApi login = new ScriptedApi((request, to) -> to.json(200, "<html>log in</html>"))) {
            assertThat(failure(login.uri().toString()))
                    .contains("its answer is no Kubernetes object", "not a login page");
        }
    }

    @Test
    void sameRemedyIsSameFailure() {
        Selection<?> what = Selection.service("shop", "orders");
        SourceFailure refused = KubernetesFailure.unanswered("s", "list", what, new IOException("a"));
        SourceFailure unauthorized = KubernetesFailure.answered("s", "list", what, 401, "", Duration.ZERO);
        assertThat(refused.isLike(KubernetesFailure.unanswered("s", "list", what, new IOException("b"))))
                .isTrue();
        assertThat(refused.isLike(unauthorized)).isFalse();
        assertThat(unauthorized.isLike(KubernetesFailure.answered("s", "list", what, 403, "", Duration.ZERO)))
                .isFalse();
    }
}

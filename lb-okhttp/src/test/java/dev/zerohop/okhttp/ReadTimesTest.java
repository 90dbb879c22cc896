package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okio.BufferedSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that stops ends no call late, whether OkHttp or the socket watches the time of its answer. */
@Timeout(60)
class ReadTimesTest {
    /** On a machine that is busy; a GET whose head comes later is sent again. */
    private static final Duration ENOUGH_FOR_A_HEAD = Duration.ofSeconds(1);

    private static final String NO_ANSWER = "";
    private static final String WITH_LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789";
    private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n0123456789";

    private interface Body {
        void run(Rig rig) throws Exception;
    }

    /** With a server that sends so much and then nothing. */
    private static void with(String sent, UnaryOperator<OkHttpClient.Builder> client, Body body) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (Rig rig = new Rig(TestPolicies.roundRobin(1), UnaryOperator.identity(), client);
                RawServer stopping = new RawServer("stopping", (socket, in) -> {
                    RawServer.readHead(in);
                    RawServer.answer(socket, sent);
                    over.await();
                })) {
            rig.resolver.push(stopping.endpoint());
            body.run(rig);
        } finally {
            over.countDown();
        }
    }

    @Test
    void anAnswerThatDoesNotComeEndsAtTheReadTimeout() throws Exception {
        with(
                NO_ANSWER,
                client -> client.readTimeout(Duration.ofMillis(100)),
                rig -> assertThatThrownBy(() -> rig.text("/")).isInstanceOf(SocketTimeoutException.class));
    }

    @Test
    void aShorterTimeThatAnInterceptorGaveTheSocketCounts() throws Exception {
        Interceptor shorter = chain -> {
            chain.connection().socket().setSoTimeout(100);
            return chain.proceed(chain.request());
        };
        with(
                NO_ANSWER,
                client -> client.addNetworkInterceptor(shorter),
                rig -> assertThatThrownBy(() -> rig.text("/")).isInstanceOf(SocketTimeoutException.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {WITH_LENGTH, CHUNKED})
    void aBodyThatIsNotWatchedAnyMoreEndsAtTheTimeOfTheSocket(String sent) throws Exception {
        with(sent, client -> client.readTimeout(ENOUGH_FOR_A_HEAD), rig -> {
            try (Response response = rig.call(Rig.get("/")).execute()) {
                BufferedSource source = response.body().source();
                source.timeout().clearTimeout();
                assertThatThrownBy(source::readUtf8).isInstanceOf(SocketTimeoutException.class);
            }
        });
    }

    /** OkHttp ends its own watch with the failure of the read; closing the body reads on all the same. */
    @ParameterizedTest
    @ValueSource(strings = {WITH_LENGTH, CHUNKED})
    void aBodyThatWasInterruptedIsClosedInTime(String sent) throws Exception {
        Interceptor reader = chain -> {
            Response response = chain.proceed(chain.request());
            BufferedSource source = response.body().source();
            assertThat(source.readUtf8(10)).isEqualTo("0123456789");
            Thread.currentThread().interrupt();
            assertThatThrownBy(source::readUtf8).isInstanceOf(InterruptedIOException.class);
            assertThat(Thread.interrupted()).isTrue();
            response.close();
            throw new IOException("closed");
        };
        with(
                sent,
                client -> client.readTimeout(ENOUGH_FOR_A_HEAD).addInterceptor(reader),
                rig -> assertThatThrownBy(() -> rig.text("/")).hasMessageContaining("closed"));
    }
}

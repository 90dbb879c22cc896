package dev.zerohop.okhttp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where an answer ends is where OkHttp takes its end to be, whatever its status. */
class AnswerBoundsTest {
    private static final byte[] HEAD = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n".getBytes(US_ASCII);
    private static final byte[] BEHIND = "behind".getBytes(US_ASCII);

    /** OkHttp reads "020" and "+20" as the status 20, and waits for a body. */
    @ParameterizedTest
    @CsvSource({"20, 6", "0, 6", "99, 6", "100, 0", "199, 0", "200, 6", "204, 0", "304, 0", "999, 6"})
    void whatStandsBehindTheHeadIsABodyOnlyWhereTheStatusHasOne(int status, int due) {
        AnswerBounds bounds = new AnswerBounds();
        assertThat(bounds.request()).isTrue();
        assertThat(bounds.due(HEAD, 0, HEAD.length)).isEqualTo(HEAD.length);
        bounds.answered(new Response.Builder()
                .request(new Request.Builder().url("http://orders/").build())
                .protocol(Protocol.HTTP_1_1)
                .message("")
                .code(status)
                .build());
        assertThat(bounds.due(BEHIND, 0, BEHIND.length)).isEqualTo(due);
    }
}

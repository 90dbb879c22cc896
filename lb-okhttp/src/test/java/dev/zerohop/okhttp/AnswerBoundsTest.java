package dev.zerohop.okhttp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
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

    /** What comes after the head, up to where the next answer would begin. A line ends at a tilde, or at a caret without a carriage return. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | 200 | Content-Length: 6 | behind",
                "GET | 304 | Content-Length: 6 | behind",
                "GET | 204 | Content-Length: 6 | behind",
                "HEAD | 200 | Content-Length: 6 | ''",
                "HEAD | 200 | Transfer-Encoding: chunked | ''",
                "GET | 200 | Content-Length: 0 | ''",
                "GET | 204 | Transfer-Encoding: chunked | 0~~",
                "GET | 200 | Transfer-Encoding: chunked | 3~abc~0~~",
                "GET | 200 | Transfer-Encoding: Chunked | A;x=y~0123456789~0~~",
                "GET | 200 | Transfer-Encoding: chunked | 0~Trailer: x~~",
                "GET | 200 | Transfer-Encoding: chunked | 0^^",
            })
    void anAnswerEndsWhereItsHeadersSay(String method, int status, String header, String body) {
        String due = body.replace("~", "\r\n").replace("^", "\n");
        for (boolean byByte : new boolean[] {false, true}) {
            AnswerBounds bounds = answered(method, status, header);
            assertThat(bounds.atEnd()).isEqualTo(due.isEmpty());
            assertThat(bounds.request()).as("the answer is at its end").isEqualTo(due.isEmpty());
            byte[] comes = (due + "HTTP/1.1 200 stolen").getBytes(US_ASCII);
            if (due.isEmpty()) {
                bounds = answered(method, status, header);
            }
            int taken = 0;
            int more = 1;
            while (more > 0) {
                more = bounds.due(comes, taken, byByte ? 1 : comes.length - taken);
                taken += more;
            }
            assertThat(taken).isEqualTo(due.length());
            assertThat(bounds.atEnd()).isTrue();
            assertThat(bounds.request()).isTrue();
        }
    }

    @Test
    void aChunkThatIsTooLongForANumberIsTheLastOfTheConnection() {
        AnswerBounds bounds = answered("GET", 200, "Transfer-Encoding: chunked");
        byte[] chunk = ("1" + "0".repeat(16) + "\r\n0\r\n\r\nHTTP/1.1").getBytes(US_ASCII);
        assertThat(bounds.due(chunk, 0, chunk.length)).isEqualTo(chunk.length);
        assertThat(bounds.atEnd()).isFalse();
        assertThat(bounds.request()).isFalse();
    }

    @Test
    void anInterimHeadIsFollowedByAnother() {
        AnswerBounds bounds = new AnswerBounds();
        assertThat(bounds.request()).isTrue();
        byte[] both = ("HTTP/1.1 103 Early\r\n\r\n" + new String(HEAD, US_ASCII) + "behind").getBytes(US_ASCII);
        int first = both.length - HEAD.length - BEHIND.length;
        assertThat(bounds.due(both, 0, both.length)).isEqualTo(first);
        assertThat(bounds.due(both, first, both.length - first)).isEqualTo(HEAD.length);
        bounds.answered(response("GET", 200, "Content-Length: 0"));
        assertThat(bounds.due(BEHIND, 0, BEHIND.length)).isZero();
    }

    private static AnswerBounds answered(String method, int status, String header) {
        AnswerBounds bounds = new AnswerBounds();
        assertThat(bounds.request()).isTrue();
        assertThat(bounds.due(HEAD, 0, HEAD.length)).isEqualTo(HEAD.length);
        bounds.answered(response(method, status, header));
        return bounds;
    }

    private static Response response(String method, int status, String header) {
        int colon = header.indexOf(": ");
        return new Response.Builder()
                .request(new Request.Builder()
                        .url("http://orders/")
                        .method(method, null)
                        .build())
                .protocol(Protocol.HTTP_1_1)
                .message("")
                .code(status)
                .header(header.substring(0, colon), header.substring(colon + 2))
                .build();
    }
}

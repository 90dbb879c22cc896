package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.SourceFailure.Kind;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubernetesFailureTest {
    private static final Selection<?> WHAT = Selection.endpointSlices("shop", "orders");
    private static final Duration LATER = Duration.ofSeconds(7);

    @ParameterizedTest
    @CsvSource({
        "401, UNREACHABLE, it does not accept the token or certificate of this client",
        "403, DENIED, ; expected a Role in namespace shop of this client's service account to hold: ",
        "404, MISSING, ; expected a server that has them",
        "410, EXPIRED, : in its words",
        "301, UNREACHABLE, redirects are not followed",
        "302, UNREACHABLE, redirects are not followed",
        "303, UNREACHABLE, redirects are not followed",
        "307, UNREACHABLE, redirects are not followed",
        "308, UNREACHABLE, redirects are not followed",
        "429, UNREACHABLE, : in its words",
        "500, UNREACHABLE, : in its words"
    })
    void whatToDoFollowsFromTheStatus(int code, Kind kind, String words) {
        SourceFailure failure = KubernetesFailure.answered("the API", "list", WHAT, code, "in its words", LATER);
        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.retryAfter()).isEqualTo(LATER);
        assertThat(failure)
                .hasMessageStartingWith("the API answered " + code + " when asked to list " + WHAT + ": in its words")
                .hasMessageContaining(words);
    }

    @Test
    void onlyAMissingPermissionNamesOne() {
        assertThat(KubernetesFailure.answered("the API", "list", WHAT, 500, "", Duration.ZERO))
                .hasMessage("the API answered 500 when asked to list " + WHAT);
    }
}

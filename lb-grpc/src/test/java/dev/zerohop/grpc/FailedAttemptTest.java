package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import io.grpc.Status;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FailedAttemptTest {

    private static FailedAttempt attempts(int count) {
        FailedAttempt last = null;
        for (int i = 1; i <= count; i++) {
            last = after(last, i);
        }
        return last == null ? after(null, 1) : last;
    }

    private static FailedAttempt after(@Nullable FailedAttempt before, int number) {
        return FailedAttempt.after(
                before, Endpoint.of("10.0.0." + number, 80), Status.UNAVAILABLE.withDescription("no " + number));
    }

    @Test
    void oneIsNamedAlone() {
        assertThat(attempts(1).text()).isEqualTo("10.0.0.1:80: no 1");
        assertThat(attempts(1).earlier()).isEmpty();
    }

    @Test
    void whatServersAndTransportsSayIsInPrintableForm() {
        FailedAttempt hostile = FailedAttempt.after(
                attempts(1),
                Endpoint.of("10.0.0.2", 80),
                Status.INTERNAL
                        .withDescription("a\u001b]52;c;aGk=\u0007\nINJECTED line\u009b31m")
                        .withCause(new IOException("\u202e" + "x".repeat(100_000))));
        assertThat(hostile.text())
                .contains("2. 10.0.0.2:80: INTERNAL: a\\u001b]52;c;aGk=\\u0007 INJECTED line\\u009b31m: \\u202ex")
                .hasSizeLessThan(2_200)
                .isEqualTo(Printable.text(hostile.text(), Integer.MAX_VALUE));
    }

    @Test
    void ofSeveralEachHasItsNumber() {
        assertThat(attempts(3).text())
                .isEqualTo("failed in 3 attempts: 1. 10.0.0.1:80: no 1; 2. 10.0.0.2:80: no 2; 3. 10.0.0.3:80: no 3");
        assertThat(attempts(3).earlier()).isEqualTo("; before it: 1. 10.0.0.1:80: no 1; 2. 10.0.0.2:80: no 2");
    }

    @Test
    void ofManyTheLastFiveAreNamed() {
        assertThat(attempts(9).text())
                .startsWith("failed in 9 attempts: ... 5. 10.0.0.5:80: no 5; 6. ")
                .endsWith("; 9. 10.0.0.9:80: no 9");
        assertThat(attempts(9).earlier()).startsWith("; before it: ... 4. ").endsWith("; 8. 10.0.0.8:80: no 8");
    }
}

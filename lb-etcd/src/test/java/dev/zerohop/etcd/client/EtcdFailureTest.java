package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.SourceFailure.Kind;
import io.grpc.Status;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EtcdFailureTest {
    private static final Access WITH_USER = new Access(null, new Login("orders", () -> "x"), "");

    private static SourceFailure of(Status status) {
        return EtcdFailure.of("h:2379", status.asRuntimeException(), Access.PLAIN);
    }

    @ParameterizedTest
    @CsvSource({
        "PERMISSION_DENIED, DENIED",
        "UNAUTHENTICATED, DENIED",
        "UNAVAILABLE, UNREACHABLE",
        "DEADLINE_EXCEEDED, UNREACHABLE",
        "UNKNOWN, UNREACHABLE",
        "INTERNAL, UNREACHABLE",
        "INVALID_ARGUMENT, EXPIRED",
        "OUT_OF_RANGE, EXPIRED",
        "FAILED_PRECONDITION, EXPIRED",
        "RESOURCE_EXHAUSTED, EXPIRED",
        "CANCELLED, EXPIRED"
    })
    void whatToDoFollowsFromTheStatus(Status.Code code, Kind kind) {
        SourceFailure failure = of(code.toStatus().withDescription("etcdserver: one\ntwo"));
        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure).hasMessage("etcd h:2379 answered " + code + ": etcdserver: one; two");
    }

    @Test
    void aDenialMayComeAsAnInvalidArgument() {
        assertThat(of(Status.INVALID_ARGUMENT.withDescription("etcdserver: permission denied"))
                        .kind())
                .isEqualTo(Kind.DENIED);
        assertThat(of(Status.INVALID_ARGUMENT.withDescription("etcdserver: user name is empty"))
                        .kind())
                .isEqualTo(Kind.DENIED);
    }

    @Test
    void anAnswerThatIsLongerThanWhatIsTakenInIsTooMuchAndAnotherLimitIsNot() {
        String longer = "gRPC message exceeds maximum size " + EtcdConnection.MAX_MESSAGE_BYTES + ": 99999999";
        assertThat(of(Status.RESOURCE_EXHAUSTED.withDescription(longer)).kind()).isEqualTo(Kind.TOO_MUCH);
        assertThat(of(Status.UNAVAILABLE.withDescription(longer)).kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(of(Status.RESOURCE_EXHAUSTED.withDescription("gRPC message exceeds maximum size 5: 99"))
                        .kind())
                .isEqualTo(Kind.EXPIRED);
    }

    @Test
    void whatKeptTheConnectionFromComingAboutIsNamed() {
        Status unavailable = Status.UNAVAILABLE.withDescription("io exception");
        assertThat(of(unavailable.withCause(new ConnectException("refused"))))
                .hasMessageStartingWith("etcd h:2379 cannot be connected to, refused: check that it listens there");
        assertThat(of(unavailable.withCause(new UnknownHostException("h"))))
                .hasMessageStartingWith("etcd h:2379 cannot be connected to, h: check that it listens there");
        assertThat(of(unavailable.withCause(new SSLHandshakeException("no path"))))
                .hasMessage("etcd h:2379: TLS failed, SSLHandshakeException: no path");
    }

    @Test
    void aWatchThatIsCancelledIsReadAgainUnlessItIsDenied() {
        assertThat(EtcdFailure.cancelled("h:2379", "", 0, Access.PLAIN))
                .hasMessage("etcd h:2379 cancelled the watch: no reason given")
                .extracting(SourceFailure::kind)
                .isEqualTo(Kind.EXPIRED);
        assertThat(EtcdFailure.cancelled("h:2379", "permission denied", 0, Access.PLAIN)
                        .kind())
                .isEqualTo(Kind.DENIED);
        assertThat(EtcdFailure.cancelled("h:2379", "permission denied", 0, WITH_USER)
                        .kind())
                .isEqualTo(Kind.STALE_TOKEN);
        SourceFailure compacted = EtcdFailure.cancelled("h:2379", "permission denied", 77, WITH_USER);
        assertThat(compacted.kind()).isEqualTo(Kind.EXPIRED);
        assertThat(compacted).hasMessageContaining("compacted its history up to revision 77");
    }

    @Test
    void aFailureStaysWhatItIs() {
        SourceFailure failure = new SourceFailure(Kind.CLOSED, "closed");
        assertThat(EtcdFailure.of(new CompletionException(failure))).isSameAs(failure);
        assertThat(EtcdFailure.of("h:2379", failure, Access.PLAIN)).isSameAs(failure);
    }
}

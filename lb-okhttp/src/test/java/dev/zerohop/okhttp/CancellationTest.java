package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The caller's cancel and the call's own time, where OkHttp's report of it comes late: the connection is broken before, so that the attempt fails before it is
 * known why.
 */
class CancellationTest {

    /** Holds the report up until the call has found its connection broken. */
    private static final class Late extends EventListener {
        private final CountDownLatch broken = new CountDownLatch(1);

        @Override
        public void responseFailed(Call call, IOException failure) {
            broken.countDown();
        }

        @Override
        public void canceled(Call call) {
            try {
                broken.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Rig rig(boolean http2) {
        return new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                client -> client.protocols(List.of(http2 ? Protocol.H2_PRIOR_KNOWLEDGE : Protocol.HTTP_1_1))
                        .eventListener(new Late()));
    }

    private static RawServer silent(CountDownLatch asked, CountDownLatch over) throws IOException {
        return new RawServer("silent", (socket, in) -> {
            RawServer.readHead(in);
            asked.countDown();
            over.await();
        });
    }

    @Test
    void theCallersCancelIsNoTimeOutAlthoughTheTimeIsOver() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (Rig rig = rig(false);
                RawServer server = silent(asked, over)) {
            rig.resolver.push(server.endpoint());
            assertCancelled(rig, rig.client, asked);
        } finally {
            over.countDown();
        }
    }

    @Test
    void norOverHttp2() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (Rig rig = rig(true);
                FrameServer server = new FrameServer("silent", (connection, stream) -> asked.countDown())) {
            rig.resolver.push(server.endpoint());
            assertCancelled(rig, rig.client, asked);
        }
    }

    private static void assertCancelled(Rig rig, OkHttpClient client, CountDownLatch asked) throws Exception {
        Call call = client.newCall(Rig.get("/"));
        CompletableFuture<Void> ended = CompletableFuture.runAsync(
                () -> assertThatThrownBy(call::execute).hasMessageContaining("Canceled"));
        assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
        // Too late for OkHttp to know, but over at once.
        call.timeout().timeout(1, TimeUnit.NANOSECONDS);
        call.cancel();
        ended.get(60, TimeUnit.SECONDS);
        Rig.await().until(() -> rig.inFlight() == 0);
        assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theCallsOwnTimeIsATimeOut(boolean deadline) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (Rig rig = rig(false);
                RawServer server = silent(asked, over)) {
            rig.resolver.push(server.endpoint());
            Call call = rig.call(Rig.get("/"));
            if (deadline) {
                call.timeout().deadline(2, TimeUnit.SECONDS);
            } else {
                call.timeout().timeout(2, TimeUnit.SECONDS);
            }
            assertThatThrownBy(call::execute).hasMessage("timeout");
            Rig.await().until(() -> rig.inFlight() == 0);
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT);
        } finally {
            over.countDown();
        }
    }
}

package dev.zerohop.okhttp;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.Request;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Broken answers of a real server: what they count as, whether they are repeated, and that nothing stays in flight. */
class FaultsTest {
    private static WireMockServer faulty;

    @BeforeAll
    static void start() {
        faulty = new WireMockServer(wireMockConfig().dynamicPort().bindAddress("127.0.0.1"));
        faulty.start();
    }

    @AfterAll
    static void stop() {
        faulty.stop();
    }

    @BeforeEach
    void reset() {
        faulty.resetAll();
    }

    private static void answers(ResponseDefinitionBuilder response) {
        faulty.stubFor(any(anyUrl()).willReturn(response));
    }

    /** The faulty endpoint comes first, then a good one. */
    private static Rig rig() throws IOException {
        Rig rig = Rig.roundRobin();
        TestServer good = rig.servers(1).get(0);
        rig.resolver.push(endpoint(), good.endpoint());
        return rig;
    }

    private static Endpoint endpoint() {
        return Endpoint.builder("127.0.0.1", faulty.port()).id("faulty").build();
    }

    private static int requests() {
        return faulty.getAllServeEvents().size();
    }

    @ParameterizedTest
    @EnumSource(names = {"CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE"})
    void anAnswerThatBreaksBeforeItsHeadersIsRepeatedForAGetOnly(Fault fault) throws Exception {
        answers(aResponse().withFault(fault));
        try (Rig rig = rig()) {
            assertThat(rig.text("/")).isEqualTo("s0");
            assertThat(rig.outcomes()).containsExactly(Outcome.TRANSPORT_FAILURE, Outcome.SUCCESS);
            assertThat(requests()).isOne();
            assertThat(rig.inFlight()).isZero();
        }
        faulty.resetRequests();
        try (Rig rig = rig()) {
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x")))
                    .hasMessageContaining("faulty(127.0.0.1:")
                    .hasMessageContaining("not idempotent");
            assertThat(rig.outcomes()).containsExactly(Outcome.TRANSPORT_FAILURE);
            assertThat(requests()).as("the server saw it once").isOne();
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aMalformedChunkIsATransportFailureThatIsNotRepeatedSinceTheCallerHasTheHeaders() throws Exception {
        answers(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK));
        try (Rig rig = rig()) {
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(IOException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.TRANSPORT_FAILURE);
            assertThat(requests()).isOne();
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aBodyThatIsTooSlowForTheCallIsATimeOutThatIsNotRepeated() throws Exception {
        // Parts so large that the server does not keep them in its buffer.
        answers(aResponse().withBody("0123456789".repeat(200_000)).withChunkedDribbleDelay(40, 60_000));
        faulty.stubFor(any(urlEqualTo("/warm")).willReturn(aResponse()));
        try (Rig rig = rig()) {
            rig.resolver.push(endpoint());
            rig.text("/warm");
            rig.outcomes.clear();
            faulty.resetRequests();
            okhttp3.Call call = rig.call(Rig.get("/"));
            call.timeout().timeout(3, TimeUnit.SECONDS);
            assertThatThrownBy(() -> {
                        try (okhttp3.Response response = call.execute()) {
                            response.body().string();
                        }
                    })
                    .isInstanceOf(InterruptedIOException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT);
            assertThat(requests()).isOne();
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aSlowBodyThatKeepsComingIsASuccess() throws Exception {
        answers(aResponse().withBody("0123456789").withChunkedDribbleDelay(5, 500));
        try (Rig rig = rig()) {
            assertThat(rig.text("/")).isEqualTo("0123456789");
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void headersThatComeTooLateAreATimeOutThatIsRepeatedForAGetOnly() throws Exception {
        answers(aResponse().withFixedDelay(60_000));
        Duration soon = Duration.ofMillis(300);
        try (Rig rig = rig()) {
            assertThat(Rig.text(rig.impatientAtFirst(soon), Rig.get("/"))).isEqualTo("s0");
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT, Outcome.SUCCESS);
            assertThat(rig.inFlight()).isZero();
        }
        try (Rig rig = rig()) {
            Request post = Rig.post("/", "x");
            assertThatThrownBy(() -> Rig.text(rig.impatientAtFirst(soon), post))
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT);
            assertThat(rig.inFlight()).isZero();
        }
    }
}

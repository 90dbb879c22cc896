package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResolutionTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Instant LATER = NOON.plusSeconds(60);
    private static final HealthSource.Verdict DOWN = new HealthSource.Verdict(Health.Status.UNHEALTHY, "probed", 30);

    private static EndpointSet set(Instant asOf, int... ports) {
        EndpointSet.Builder builder = EndpointSet.builder("orders").asOf(asOf).version(asOf.getEpochSecond());
        return builder.endpoints(java.util.Arrays.stream(ports)
                        .mapToObj(port -> Endpoint.of("10.0.0.1", port))
                        .toList())
                .build();
    }

    @Test
    void endpointsAreStaleWhileThereIsAnErrorAndFreshWithTheNextAnswer() {
        Resolution good = Resolution.of(set(NOON, 1));
        Resolution failed = good.failed(new IOException("down"));
        assertThat(failed.endpoints().stale()).isTrue();
        assertThat(failed.mapEndpoints(set -> set.confirmed(LATER)).endpoints().stale())
                .as("whatever changes them")
                .isTrue();
        assertThat(good.endpoints().stale()).isFalse();
        Resolution again = failed.answered(set(LATER, 1));
        assertThat(again.error()).isNull();
        assertThat(again.endpoints().stale()).isFalse();
    }

    @Test
    void anAnswerFromMemoryDoesNotEndAnError() {
        IOException down = new IOException("down");
        Resolution failed =
                Resolution.of(set(NOON, 1)).failed(down).answered(set(NOON, 2).asStale());
        assertThat(failed.error()).isSameAs(down);
    }

    @Test
    void whatSaysTheSameIsTheSame() {
        Resolution before =
                Resolution.of(set(NOON, 1)).failed(new IOException("down")).rejecting(List.of("a"));
        Resolution same =
                Resolution.of(set(NOON, 1)).failed(new IOException("down")).rejecting(List.of("a"));
        assertThat(same.following(before)).isSameAs(before);
        assertThat(Resolution.NONE.following(Resolution.NONE)).isSameAs(Resolution.NONE);
    }

    @Test
    void endpointsThatAreVouchedForAgainKeepTheirListAndVersion() {
        Resolution before = Resolution.of(set(NOON, 1, 2));
        Resolution next = Resolution.of(set(LATER, 1, 2)).following(before);
        assertThat(next.endpoints().asOf()).isEqualTo(LATER);
        assertThat(next.endpoints().version()).isEqualTo(before.endpoints().version());
        assertThat(next.endpoints().endpoints()).isSameAs(before.endpoints().endpoints());
        assertThat(next.hasNewEndpoints(before)).isFalse();
    }

    @Test
    void eachDifferenceIsKept() {
        Resolution before = Resolution.of(set(NOON, 1));
        IOException cause = new IOException("403");
        Resolution next = before.answered(set(NOON, 2))
                .configured("{}")
                .with(new HealthSource.Verdicts(Map.of("a", DOWN), 7))
                .rejecting(List.of("weights were bad"))
                .failed(cause)
                .following(before);
        assertThat(next.endpoints().endpoints()).hasSize(1).first().hasFieldOrPropertyWithValue("port", 2);
        assertThat(next.configuration().text()).isEqualTo("{}");
        assertThat(next.verdicts().byEndpoint()).containsOnlyKeys("a");
        assertThat(next.rejected()).containsExactly("weights were bad");
        assertThat(next.error()).isSameAs(cause);
        assertThat(next.withoutEndpoints().endpoints()).isNull();
        assertThat(next.withoutEndpoints().error()).isSameAs(cause);
    }

    @Test
    void whatIsNewsOfEndpoints() {
        Resolution none = Resolution.NONE;
        Resolution one = Resolution.of(set(NOON, 1));
        Resolution failed = one.failed(new IOException("down"));
        assertThat(none.hasNewEndpoints(none)).isFalse();
        assertThat(one.hasNewEndpoints(none)).isTrue();
        assertThat(failed.hasNewEndpoints(one)).as("an error alone").isFalse();
        assertThat(failed.answered(set(NOON, 2).asStale()).hasNewEndpoints(failed))
                .as("others, during an error")
                .isTrue();
        assertThat(one.hasNewEndpoints(failed)).as("the end of an error").isTrue();
        assertThat(Resolution.of(set(NOON, 1).asStale()).hasNewEndpoints(one))
                .as("from memory now")
                .isTrue();
    }

    @Test
    void aBadConfigurationAfterAnAnswerWithoutOneLeavesThatInForce() {
        Resolution bad = Resolution.of(set(NOON, 1)).configured("{\"policy\": 7}");
        assertThat(bad.configuration().text()).isEmpty();
        assertThat(bad.configuration().rejection()).contains("policy");
        assertThat(Resolution.of(set(NOON, 1))
                        .configurationRejected("bad canary")
                        .configuration()
                        .text())
                .isEmpty();
        assertThat(Resolution.NONE.configured("{\"policy\": 7}").configuration().text())
                .as("nothing was good before it")
                .isNull();
        assertThat(Resolution.of(set(NOON, 1).asStale())
                        .configured("{\"policy\": 7}")
                        .configuration()
                        .text())
                .as("an answer from memory is none")
                .isNull();
    }

    /** An operator may write it while the source is away: what comes late must not take the answer before it for none. */
    @Test
    void anAnswerWithoutAConfigurationStaysOneDuringAnError() {
        Resolution failed = Resolution.of(set(NOON, 1)).failed(new IOException("down"));
        assertThat(failed.configured("{\"policy\": 7}").configuration().text()).isEmpty();
        Resolution late = failed.following(Resolution.NONE).withoutEndpoints();
        assertThat(late.configurationRejected("bad canary").configuration().text())
                .isEmpty();
        Resolution left = Resolution.of(set(NOON, 1)).withoutEndpoints().following(Resolution.NONE);
        assertThat(left.configured("{\"policy\": 7}").configuration().text())
                .as("to have answered is a difference")
                .isEmpty();
    }

    @Test
    void aConfigurationIsReadOnceWhereItArrives() {
        SourceConfiguration first = SourceConfiguration.NONE.configured("{\"policy\": \"random\"}");
        assertThat(first.settings().policy().name()).isEqualTo("random");
        assertThat(first.configured("{\"policy\": \"random\"}")).isSameAs(first);
        SourceConfiguration bad = first.configured("{\"policy\": \"fastest\"}");
        assertThat(bad.settings()).as("the last good one").isSameAs(first.settings());
        assertThat(bad.configured("{\"policy\": \"fastest\"}")).isSameAs(bad);
        assertThat(bad.rejectedText()).contains("fastest");
        assertThat(bad.configured("{\"policy\": \"random\"}")).isEqualTo(first);
        assertThat(first.configured("{\"policy\": \"fastest\" }"))
                .as("another text that is rejected for the same reason")
                .isNotEqualTo(bad);
        assertThat(bad.rejected("by itself").rejectedText()).isNull();
        assertThat(SourceConfiguration.NONE
                        .rejected("by itself")
                        .orGoodOf(first)
                        .text())
                .isEqualTo(first.text());
        assertThat(first.configured("").configures()).isFalse();
        assertThat(bad.configures()).isTrue();
    }

    @Test
    void verdictsRunOutFromWhenTheyWereGiven() {
        HealthSource.Verdicts verdicts = new HealthSource.Verdicts(Map.of("a", DOWN), 100);
        assertThat(verdicts.on("a", 120).ttlNanos()).isEqualTo(10);
        assertThat(verdicts.on("a", 130)).isNull();
        assertThat(verdicts.on("b", 100)).isNull();
    }
}

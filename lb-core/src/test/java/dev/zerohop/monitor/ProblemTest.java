package dev.zerohop.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerSettings;
import dev.zerohop.BalancerState;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Health.Status;
import dev.zerohop.ShardMap;
import dev.zerohop.Time;
import dev.zerohop.picker.Pickers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProblemTest {
    private static final Instant AT = Instant.parse("2026-11-30T12:04:30Z");
    private static final BalancerState.Source GOOD = source(AT.minusSeconds(5), false, null, null);

    private static BalancerState.Source source(
            Instant asOf, boolean stale, @Nullable String error, @Nullable Instant failingSince) {
        EndpointSet set = EndpointSet.builder("etcd")
                .endpoints(List.of())
                .asOf(asOf)
                .stale(stale)
                .build();
        return new BalancerState.Source("etcd", 1, set, error, failingSince);
    }

    private static BalancerState state(
            BalancerState.Source source,
            @Nullable String rejected,
            @Nullable String unconfigured,
            BalancerState.@Nullable Panic panic,
            Status... members) {
        BalancerSettings settings = BalancerSettings.of(Pickers.roundRobin());
        List<BalancerState.Member> all = new ArrayList<>();
        int candidates = 0;
        for (Status status : members) {
            Endpoint endpoint =
                    Endpoint.builder("10.0.0.1", 80).id("orders-" + all.size()).build();
            int weight = status.usable() || panic != null ? 1 : 0;
            candidates += weight;
            all.add(new BalancerState.Member(
                    endpoint,
                    new BalancerState.Belief(status, "test", "refused", AT.minusSeconds(12), null),
                    List.of(),
                    weight,
                    new BalancerState.Traffic(0, 0, 0)));
        }
        return new BalancerState(
                "orders",
                "",
                AT,
                source,
                new BalancerState.Configuration(
                        settings, settings.retry().newBudget(Time.system()), rejected, unconfigured),
                all,
                new BalancerState.Routing(candidates, List.of(), ShardMap.NO_EPOCH, panic));
    }

    private static List<String> texts(BalancerState state) {
        return Problem.of(state).stream()
                .map(problem -> (problem.callsFail() ? "calls fail: " : "") + problem.text())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"HEALTHY", "UNKNOWN", "HELD", "HALF_OPEN", "DRAINING", "CONNECTING", "NOT_READY"})
    void nothingIsWrongWithWhatStartsDrainsOrIsWell(Status status) {
        assertThat(texts(state(GOOD, null, null, null, Status.HEALTHY, status))).isEmpty();
    }

    @Test
    void nothingIsWrongBeforeTheFirstAnswer() {
        BalancerState.Source unasked = new BalancerState.Source("etcd", 0, null, null, null);
        assertThat(texts(state(unasked, null, null, null))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"EJECTED", "UNHEALTHY", "UNREACHABLE", "DISCONNECTED"})
    void anEndpointThatIsOutIsNamedWithSinceAndWhy(Status status) {
        assertThat(texts(state(GOOD, null, null, null, Status.HEALTHY, status)))
                .containsExactly("orders: 1 of 2 endpoints out: orders-1 is " + status + " for 12 s (test: refused)");
    }

    @Test
    void onlySomeAreNamed() {
        Status out = Status.EJECTED;
        assertThat(texts(state(GOOD, null, null, null, out, out, out, Status.HEALTHY)))
                .singleElement()
                .asString()
                .startsWith("orders: 3 of 4 endpoints out: orders-0 is EJECTED")
                .endsWith("orders-2 is EJECTED for 12 s (test: refused)");
        assertThat(texts(state(GOOD, null, null, null, out, out, out, out, out, Status.HEALTHY)))
                .singleElement()
                .asString()
                .startsWith("orders: 5 of 6 endpoints out: ")
                .endsWith("orders-2 is EJECTED for 12 s (test: refused) and 2 more");
    }

    @Test
    void noEndpointUsableIsTheWorst() {
        assertThat(texts(state(GOOD, null, null, null, Status.UNREACHABLE)))
                .containsExactly(
                        "calls fail: orders: no endpoint usable: 0 of 1 take calls",
                        "orders: 1 of 1 endpoint out: orders-0 is UNREACHABLE for 12 s (test: refused)");
        assertThat(texts(state(GOOD, null, null, null)))
                .containsExactly("calls fail: orders: no endpoint known: source etcd names none");
    }

    @Test
    void panicSaysSinceWhen() {
        BalancerState.Panic panic =
                new BalancerState.Panic("panic: 1 of 2 usable", Instant.parse("2026-11-30T12:04:10Z"));
        assertThat(texts(state(GOOD, null, null, panic, Status.HEALTHY, Status.HEALTHY)))
                .containsExactly("orders: panic: 1 of 2 usable, since 12:04:10");
        BalancerState.Panic old =
                new BalancerState.Panic("panic: 1 of 2 usable", Instant.parse("2026-11-29T12:04:10Z"));
        assertThat(texts(state(GOOD, null, null, old, Status.HEALTHY)))
                .containsExactly("orders: panic: 1 of 2 usable, since 2026-11-29 12:04:10");
    }

    @Test
    void aSourceThatDoesNotAnswerSaysWhatIsServed() {
        Instant since = AT.minusSeconds(180);
        assertThat(texts(state(
                        source(Instant.parse("2026-11-30T12:01:00Z"), true, "refused", since),
                        null,
                        null,
                        null,
                        Status.HEALTHY)))
                .containsExactly("orders: source etcd not answering for 3 min, serving the set of 12:01:00: refused");
        assertThat(texts(state(new BalancerState.Source("etcd", 0, null, "refused", since), null, null, null)))
                .containsExactly("calls fail: orders: source etcd not answering for 3 min, no endpoint known: refused");
        assertThat(texts(state(source(AT.minusSeconds(30), true, null, null), null, null, null, Status.HEALTHY)))
                .containsExactly("orders: source etcd has not answered yet, serving the set of 12:04:00");
        assertThat(texts(state(source(Instant.EPOCH, true, null, null), null, null, null, Status.HEALTHY)))
                .containsExactly("orders: source etcd has not answered yet, serving the set of an unknown time");
    }

    @Test
    void aRejectedConfigurationSaysWhatHolds() {
        assertThat(texts(state(GOOD, "policy: was 1", null, null, Status.HEALTHY)))
                .containsExactly(
                        "orders: the configuration of the source was rejected, the last good one holds: policy: was 1");
        assertThat(texts(state(GOOD, "policy: was 1", "policy: was 1", null, Status.HEALTHY)))
                .containsExactly(
                        "calls fail: orders: no call goes anywhere: the first configuration was rejected: policy: was 1");
    }
}

package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.picker.Pickers;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The form of a state that pages and programs read: names and order are a promise. */
class StateFieldsTest {
    private static final Instant AT = Instant.parse("2026-11-30T12:00:00.123456789Z");

    private static final Endpoint ORDERS_0 = Endpoint.builder("10.0.0.1", 8080)
            .id("orders-0")
            .weight(3)
            .zone("a")
            .node("n1")
            .ordinal(0)
            .build();
    private static final Endpoint ORDERS_1 =
            Endpoint.builder("::1", 8080).id("orders-1").build();

    private static final BalancerState.Belief WELL =
            new BalancerState.Belief(Health.Status.UNKNOWN, "none", "no verdict yet", AT.minusSeconds(60), null);
    private static final BalancerState.Belief OUT = new BalancerState.Belief(
            Health.Status.EJECTED, "ejection", "5 failures in a row", AT.minusSeconds(2), AT.plusSeconds(28));

    private static final BalancerState FULL = state(
            new BalancerState.Source(
                    "etcd://e:2379/orders",
                    4,
                    EndpointSet.builder("etcd")
                            .endpoints(List.of(ORDERS_0, ORDERS_1))
                            .version(7)
                            .asOf(AT.minusSeconds(5))
                            .note("one of two")
                            .build()
                            .asStale(),
                    "refused",
                    AT.minusSeconds(3)),
            "policy: was \"round\"",
            new BalancerState.Panic("panic: 1 of 2", AT.minusSeconds(1)));

    private static BalancerState state(
            BalancerState.Source source, @Nullable String rejected, BalancerState.@Nullable Panic panic) {
        BalancerSettings settings = BalancerSettings.of(Pickers.roundRobin());
        return new BalancerState(
                "orders",
                "okhttp",
                AT,
                source,
                new BalancerState.Configuration(settings, settings.retry().newBudget(Time.system()), rejected, null),
                List.of(
                        new BalancerState.Member(ORDERS_0, WELL, List.of(), 3, new BalancerState.Traffic(2, 2.5, 0)),
                        new BalancerState.Member(
                                ORDERS_1,
                                OUT,
                                List.of(OUT),
                                1,
                                new BalancerState.Traffic(0, Double.POSITIVE_INFINITY, 5))),
                new BalancerState.Routing(2, List.of(new Snapshot.Step("health", 2, 2, "panic", true)), 9, panic));
    }

    @Test
    void everyFieldHasItsNameItsFormAndItsPlace() {
        assertThat(JsonWriter.tree(FULL.toMap())).isEqualTo("""
                {"service":"orders","adapter":"okhttp","at":"2026-11-30T12:00:00.123Z",\
                "source":{"name":"etcd://e:2379/orders","answers":4,"version":7,"asOf":"2026-11-30T11:59:55.123Z","ageMs":5000,"stale":true,"note":"one of two",\
                "error":"refused","failingSince":"2026-11-30T11:59:57.123Z"},\
                "configuration":{"policy":"round_robin","settings":["policy round_robin","stages none","ejection none","massRemoval none","retry none","key of the call only",\
                "leases end after 10 min without progress","the source's configuration was rejected: policy: was \\"round\\""],\
                "rejected":"policy: was \\"round\\"","unconfigured":null},\
                "routing":{"members":2,"candidates":2,"shardEpoch":9,"panic":"panic: 1 of 2","panicSince":"2026-11-30T11:59:59.123Z",\
                "stages":[{"stage":"health","in":2,"out":2,"note":"panic","panic":true}]},\
                "members":[\
                {"id":"orders-0","address":"10.0.0.1:8080","zone":"a","node":"n1","ordinal":0,"readiness":"READY","weight":3,"effectiveWeight":3.0,"fairShare":0.75,\
                "status":"UNKNOWN","usable":true,"source":"none","reason":"no verdict yet","since":"2026-11-30T11:59:00.123Z","until":null,"verdicts":[],\
                "inFlight":2,"load":2.5,"failuresInRow":0},\
                {"id":"orders-1","address":"[::1]:8080","zone":null,"node":null,"ordinal":null,"readiness":"READY","weight":1,"effectiveWeight":1.0,"fairShare":0.25,\
                "status":"EJECTED","usable":false,"source":"ejection","reason":"5 failures in a row","since":"2026-11-30T11:59:58.123Z","until":"2026-11-30T12:00:28.123Z",\
                "verdicts":[{"status":"EJECTED","usable":false,"source":"ejection","reason":"5 failures in a row","since":"2026-11-30T11:59:58.123Z","until":"2026-11-30T12:00:28.123Z"}],\
                "inFlight":0,"load":null,"failuresInRow":5}]}""");
    }

    @Test
    void whatIsNotKnownIsNull() throws Exception {
        BalancerState unasked = state(new BalancerState.Source("file:///x", 0, null, null, null), null, null);
        assertThat(unasked.toMap().get("source"))
                .asString()
                .isEqualTo(
                        "{name=file:///x, answers=0, version=null, asOf=null, ageMs=null, stale=false, note=, error=null, failingSince=null}");
        assertThat(unasked.toMap().get("routing")).asString().contains("panic=null, panicSince=null");
        EndpointSet undated =
                EndpointSet.builder("file").endpoints(List.of()).stale(true).build();
        BalancerState remembered = state(new BalancerState.Source("file:///x", 1, undated, null, null), null, null);
        assertThat(remembered.toMap().get("source"))
                .asString()
                .as("a set without a date has no age")
                .contains("asOf=null, ageMs=null, stale=true");
        assertThat(JsonReader.tree(JsonWriter.tree(unasked.toMap()), 100_000)).isNotNull();
    }

    @Test
    void noCandidateHasAShareWhereNoneHasAWeight() {
        BalancerState.Member out =
                new BalancerState.Member(ORDERS_0, OUT, List.of(), 0, new BalancerState.Traffic(0, Double.NaN, 0));
        BalancerState none = new BalancerState(
                "orders",
                "",
                AT,
                FULL.source(),
                FULL.configuration(),
                List.of(out),
                new BalancerState.Routing(0, List.of(), ShardMap.NO_EPOCH, null));
        assertThat(none.toMap().get("members"))
                .asString()
                .contains("effectiveWeight=0.0, fairShare=0.0")
                .contains("load=null");
        assertThat(none.toMap().get("routing")).asString().contains("shardEpoch=null");
    }

    @Test
    void noPartCanBeChanged() {
        assertUnmodifiable(FULL.toMap());
    }

    private static void assertUnmodifiable(@Nullable Object part) {
        if (part instanceof Map<?, ?> fields) {
            assertThatThrownBy(fields::clear).isInstanceOf(UnsupportedOperationException.class);
            fields.values().forEach(StateFieldsTest::assertUnmodifiable);
        } else if (part instanceof Collection<?> elements && !elements.isEmpty()) {
            assertThatThrownBy(elements::clear).isInstanceOf(UnsupportedOperationException.class);
            elements.forEach(StateFieldsTest::assertUnmodifiable);
        }
    }

    @Test
    void aTreeHasNothingThatJsonHasNot() {
        assertThat(JsonWriter.tree(Arrays.asList(1, 2L, 0.5, true, null, "\"\u0001", Map.of())))
                .isEqualTo("[1,2,0.5,true,null,\"\\\"\\u0001\",{}]");
        assertThatThrownBy(() -> JsonWriter.tree(Double.NaN))
                .hasMessage(
                        "a value was NaN of class java.lang.Double, expected a map, a list, a text, a finite double, a long, an int, a boolean or null");
        Map<String, Object> odd = new HashMap<>();
        odd.put("at", AT);
        assertThatThrownBy(() -> JsonWriter.tree(odd)).hasMessageStartingWith("a value was 2026");
    }
}

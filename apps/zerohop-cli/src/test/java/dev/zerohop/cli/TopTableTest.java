package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.json.JsonReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopTableTest {
    static final String DOCUMENT = """
            {"at":"2026-11-30T12:00:00.000Z","about":["orchestrator of orders"],"problems":["orders: 1 of 3 endpoints out"],"services":[
            {"service":"orders","adapter":"grpc","at":"2026-11-30T12:00:00.000Z","configuration":{"policy":"peak_ewma"},"routing":{"members":3,"candidates":2},"members":[
            {"id":"orders-0","status":"HEALTHY","usable":true,"since":"2026-11-30T11:00:00.000Z","effectiveWeight":1.0,"fairShare":0.5,"inFlight":3,"source":"none","reason":"well",
             "recent":{"share":0.25,"latencyMs":1234.5,"failed":0}},
            {"id":"orders-1","status":"UNREACHABLE","usable":false,"since":"2026-11-30T11:59:48.000Z","effectiveWeight":0.0,"fairShare":0.0,"inFlight":0,"source":"ejection","reason":"refused",
             "recent":{"share":0.0,"latencyMs":null,"failed":7}},
            {"id":"orders-2-with-a-name-that-is-long","status":"UNKNOWN","usable":true,"since":"2026-11-28T11:59:48.000Z","effectiveWeight":1.0,"fairShare":0.5,"inFlight":1,"source":"none","reason":"none",
             "recent":{"share":0.75,"latencyMs":0.4,"failed":2}}]}]}""";

    private static List<String> lines(String document, TopTable.Sort sort, int columns, int rows) throws Exception {
        return new TopTable((Map<?, ?>) JsonReader.tree(document, 100_000), sort).lines(columns, rows, null);
    }

    private static List<String> order(TopTable.Sort sort) throws Exception {
        return lines(DOCUMENT, sort, 80, 100).stream()
                .filter(line -> line.startsWith("orders-"))
                .map(line -> line.substring(0, 8))
                .toList();
    }

    @Test
    void allColumnsFitEightyAndAWiderOneSaysWhy() throws Exception {
        assertThat(lines(DOCUMENT, TopTable.Sort.STATUS, 80, 100))
                .containsExactly(
                        "zerohop top  2026-11-30T12:00:00.000Z  by status",
                        "orchestrator of orders",
                        "! orders: 1 of 3 endpoints out",
                        "",
                        "orders (grpc): peak_ewma, 2 of 3 take calls",
                        "ENDPOINT             STATUS        SINCE  SHARE   FAIR   ACTIVE      MS  FAILED",
                        "orders-1             UNREACHABLE     12s   0.0%   0.0%        0       -       7",
                        "orders-0             HEALTHY       60min  25.0%  50.0%        3    1235       0",
                        "orders-2-with-a-n... UNKNOWN          2d  75.0%  50.0%        1     0.4       2");
        assertThat(lines(DOCUMENT, TopTable.Sort.STATUS, 100, 100))
                .contains(
                        "ENDPOINT             STATUS        SINCE  SHARE   FAIR   ACTIVE      MS  FAILED WHY",
                        "orders-1             UNREACHABLE     12s   0.0%   0.0%        0       -       7 ejection: refused");
    }

    @Test
    void theLargestIsFirst() throws Exception {
        assertThat(order(TopTable.Sort.STATUS)).containsExactly("orders-1", "orders-0", "orders-2");
        assertThat(order(TopTable.Sort.SHARE)).containsExactly("orders-2", "orders-0", "orders-1");
        assertThat(order(TopTable.Sort.LATENCY)).containsExactly("orders-0", "orders-2", "orders-1");
        assertThat(order(TopTable.Sort.FAILURES)).containsExactly("orders-1", "orders-2", "orders-0");
        assertThatThrownBy(() -> TopTable.Sort.of("weight"))
                .isInstanceOf(BadInput.class)
                .hasMessage("--sort was 'weight', expected status, share, latency or failures");
        assertThat(TopTable.Sort.ofKey('l', TopTable.Sort.STATUS)).isEqualTo(TopTable.Sort.LATENCY);
        assertThat(TopTable.Sort.ofKey('x', TopTable.Sort.SHARE)).isEqualTo(TopTable.Sort.SHARE);
    }

    @Test
    void nothingIsWiderOrLongerThanTheScreen() throws Exception {
        List<String> lines = lines(DOCUMENT, TopTable.Sort.STATUS, 40, 6);
        assertThat(lines)
                .hasSize(6)
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
        assertThat(lines.get(5)).isEqualTo("... 4 more lines");
        assertThat(lines(DOCUMENT, TopTable.Sort.STATUS, 1, 1))
                .singleElement()
                .asString()
                .hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void whatAnotherProcessSaysCannotSteerTheTerminalOrBreakIt() throws Exception {
        String hostile = DOCUMENT.replace("orders-1", "\\u001b[2J\\u0007x")
                .replace("\"share\":0.25", "\"share\":\"much\"")
                .replace("\"reason\":\"well\"", "\"reason\":{\"a\":[]}")
                .replace("2026-11-30T11:00:00.000Z", "yesterday");
        assertThat(lines(hostile, TopTable.Sort.SHARE, 120, 100))
                .noneMatch(line -> line.chars().anyMatch(Character::isISOControl))
                .anyMatch(line -> line.startsWith("\\u001b[2J"));
        assertThat(lines("{}", TopTable.Sort.STATUS, 80, 10)).contains("no balancer runs there");
        assertThat(lines("{\"services\":[1,{\"members\":[2,{}]}]}", TopTable.Sort.LATENCY, 80, 10))
                .last()
                .asString()
                .contains(" - ");
    }

    @Test
    void whatIsGoneIsSaid() throws Exception {
        assertThat(new TopTable((Map<?, ?>) JsonReader.tree(DOCUMENT, 100_000), TopTable.Sort.STATUS)
                        .lines(80, 100, "it cannot be read"))
                .contains("! it cannot be read");
    }
}

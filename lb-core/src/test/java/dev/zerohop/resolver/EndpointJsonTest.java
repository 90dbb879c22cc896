package dev.zerohop.resolver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EndpointJsonTest {

    @Test
    void whatIsWrittenIsReadBack() {
        Endpoint full = Endpoint.builder("10.0.0.1", 8080)
                .id("orders-0")
                .weight(3)
                .zone("a")
                .node("n1")
                .ordinal(0)
                .readiness(Endpoint.Readiness.DRAINING)
                .attributes(Map.of("version", "7"))
                .build();
        assertThat(EndpointJson.parse("orders-0", EndpointJson.write(full).getBytes(UTF_8)))
                .isEqualTo(full);
    }

    /** What is compared, or written again only when it changed, must not depend on a map's order. */
    @Test
    void attributesAreWrittenInTheOrderOfTheirNames() {
        Endpoint many = Endpoint.builder("10.0.0.1", 80)
                .attributes(Map.of("b", "2", "c", "3", "a", "1", "d", "4"))
                .build();
        assertThat(EndpointJson.write(many))
                .endsWith("\"attributes\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\"}}");
    }

    @Test
    void anEndpointWithoutAnIdHasTheNameUnderWhichItIsKept() {
        assertThat(parse("orders-0", "{\"address\": \"[::1]:8080\"}").id()).isEqualTo("orders-0");
    }

    @Test
    void anotherIdThanTheOneUnderWhichItIsKeptIsRefused() {
        assertThatThrownBy(() -> parse("orders-0", "{\"id\": \"orders-1\", \"address\": \"10.0.0.1:80\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("endpoint.id was \"orders-1\", expected \"orders-0\", under which it is kept, or none");
    }

    @Test
    void aBadValueIsRefusedWithPathValueAndExpectation() {
        assertThatThrownBy(() -> parse("a", "{\"address\": \"10.0.0.1:80\", \"weight\": -1}"))
                .hasMessage("endpoint.weight was -1, expected a whole number from 0 to 1000000");
        assertThatThrownBy(() -> parse("a", "{\"host\": \"10.0.0.1\"}"))
                .hasMessage("endpoint.port was missing, expected host and port, or address");
        assertThatThrownBy(() -> parse("a", "[]")).hasMessage("endpoint was an array, expected an object");
        assertThatThrownBy(() -> parse("a", "")).hasMessage("found an empty text, expected a JSON object");
        assertThatThrownBy(() -> parse("a", "{\"address\": \"10.0.0.1:80\"} {}"))
                .hasMessageContaining("behind the JSON object");
        assertThatThrownBy(() -> parse("a", "{")).hasMessageContaining("not valid JSON: ends too early at line 1");
    }

    private static Endpoint parse(String id, String json) {
        return EndpointJson.parse(id, json.getBytes(UTF_8));
    }

    @Test
    void whatCouldNotBeReadIsNotWritten() {
        assertThatThrownBy(() -> EndpointJson.write(Endpoint.of("a..b", 80)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "endpoint a..b:80: host: found 'a..b', expected a host name of letters, digits, '-', '_' and"
                                + " single dots");
    }
}

package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.etcd.client.ClientId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveConfigurationTest {
    private static final String BASE = "{\"policy\": \"round_robin\"}";
    private static final String CANARY = "{\"policy\":\"random\"}";

    private static String value(int percent) {
        return "{\"policy\": \"round_robin\", \"canary\": {\"percent\": " + percent
                + ", \"config\": {\"policy\": \"random\"}}}";
    }

    private static String choose(String value, String client) throws IOException {
        return LiveConfiguration.choose(value.getBytes(StandardCharsets.UTF_8), "orders", new ClientId(client))
                .text();
    }

    private static List<Integer> canaries(int percent) throws IOException {
        List<Integer> canaries = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            if (choose(value(percent), "client-" + i).equals(CANARY)) {
                canaries.add(i);
            }
        }
        return canaries;
    }

    /** printf '%s\n' orders '{"policy":"random"}' client-0 | sha256sum | head -c 8, read as hexadecimal, modulo 100. */
    @ParameterizedTest
    @CsvSource({"orders, client-0, 0", "orders, client-1, 64", "orders, client-2, 67", "users, client-0, 54"})
    void thePlaceOfAClientIsAPromise(String service, String client, int place) {
        assertThat(LiveConfiguration.place(service, CANARY, new ClientId(client)))
                .isEqualTo(place);
    }

    @Test
    void anotherCanaryBeginsWithOthers() {
        assertThat(LiveConfiguration.place("orders", "{\"policy\":\"least_request\"}", new ClientId("client-0")))
                .isEqualTo(51);
    }

    @Test
    void aLargerPercentageOnlyAddsClients() throws IOException {
        List<Integer> before = List.of();
        for (int percent = 0; percent <= 100; percent++) {
            List<Integer> now = canaries(percent);
            assertThat(now).containsAll(before);
            before = now;
        }
        assertThat(canaries(0)).isEmpty();
        assertThat(canaries(100)).hasSize(20);
        assertThat(canaries(50)).hasSizeBetween(4, 16);
    }

    @Test
    void withoutACanaryTheValueIsPassedOnAsItStands() throws IOException {
        assertThat(choose(BASE, "client-0")).isEqualTo(BASE);
    }

    @Test
    void aClientOutsideTheCanaryGetsTheRestOfTheValue() throws IOException {
        assertThat(choose(value(0), "client-0")).isEqualTo("{\"policy\":\"round_robin\"}");
    }

    @Test
    void whatIsNestedTooDeeplyIsAnErrorThatSaysSo() {
        String deep = "{\"policy\": " + "[".repeat(2000) + "]".repeat(2000) + "}";
        assertThatThrownBy(() -> choose(deep, "client-0"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("more than can be read: ")
                .hasMessageContaining("nesting depth");
    }
}

package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Printable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientIdTest {
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\nINJECTED line\u202e";
    private static final String SHOWN = "a\\u001b]52;c;aGk=\\u0007\\u009b31m INJECTED line\\u202e";

    @Test
    void theNameOfAClientIsStatedElseTheHostsElseOneOfTheProcess() {
        assertThat(ClientId.of(Map.of("ZEROHOP_CLIENT_ID", "me", "HOSTNAME", "host"))
                        .name())
                .isEqualTo("me");
        assertThat(ClientId.of(Map.of("HOSTNAME", "host")).name()).isEqualTo("host");
        String random = ClientId.of(Map.of()).name();
        assertThat(random).isNotBlank().isEqualTo(ClientId.of(Map.of()).name());
    }

    @Test
    void aHostWhoseNameSteersIsNoName() {
        assertThat(ClientId.of(Map.of("HOSTNAME", HOSTILE))).isEqualTo(ClientId.of(Map.of()));
    }

    @Test
    void whatAClientWritesOfValuesThatItRefusesIsPrintable() {
        RejectedValue refused = new RejectedValue("key" + HOSTILE, 7, "was " + HOSTILE + "x".repeat(100_000), true);
        String written = Status.write(new ClientId("me"), List.of(new Status.Item(refused, Instant.EPOCH)));
        assertThat(written).contains("key" + SHOWN.replace("\\", "\\\\")).hasSizeLessThan(5_000);
        assertThat(written).isEqualTo(Printable.text(written, Integer.MAX_VALUE));
    }
}

package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.zerohop.Printable;
import dev.zerohop.Target;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.etcd.client.EtcdTarget;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.Login;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.watch.Reflector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other writers put into etcd reaches no log, listener, status or value of this library's in a form that steers what shows it. */
class HostileValuesTest {
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\nINJECTED line\u202e";
    private static final String SHOWN = "a\\u001b]52;c;aGk=\\u0007\\u009b31m INJECTED line\\u202e";

    /** As it stands in JSON. */
    private static final String JSON = "a\\u001b]52;c;aGk=\\u0007\\u009b31m\\nINJECTED line\\u202e";

    private final ServiceKeys service = new ServiceKeys("orders");
    private final Map<String, KeyStore.Entry> entries = new HashMap<>();
    private long revision = 10;

    private void put(String key, String value) {
        revision++;
        entries.put(key, new KeyStore.Entry(key, ByteString.copyFromUtf8(value), revision));
    }

    private static String verdict(String text) {
        return "{\"status\": \"UNHEALTHY\", \"writer\": \"" + text
                + "\", \"fence\": 5, \"ttlSeconds\": 30, \"reason\": \"" + text + "\", \"agreed\": [\"" + text + "\"]}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theTextsOfAVerdictAreMadePrintable() throws IOException {
        HealthVerdict verdict = HealthVerdict.parse(utf8(verdict(JSON)));
        assertThat(List.of(verdict.reason(), verdict.writer(), verdict.agreed().get(0)))
                .containsOnly(SHOWN);
        HealthVerdict large = HealthVerdict.parse(utf8(verdict("x".repeat(100_000))));
        assertThat(large.reason()).hasSize(Printable.MAX_TEXT + 3);
        assertThat(large.writer()).hasSize(Printable.MAX_NAME + 3);
        assertThat(large.agreed().get(0)).hasSize(Printable.MAX_NAME + 3);
        assertThat(HealthVerdict.parse(utf8(large.toJson()))).isEqualTo(large);
    }

    @Test
    void theReportOfARejectedVerdictIsPrintable() {
        HealthView ofClient = new HealthView(service);
        put(service.health() + HOSTILE, "bad" + HOSTILE);
        put(service.health() + "a" + HOSTILE, verdict(JSON).replace("\"fence\": 5", "\"fence\": 500"));
        put(service.health() + "b", verdict(JSON));
        put(service.health() + "c" + HOSTILE, verdict(JSON).replace("\"fence\": 5", "\"fence\": 4"));
        List<String> said = new ArrayList<>();
        ofClient.read(
                new Reflector.State<>(new KeyStore.Version(1, 2, revision), Map.copyOf(entries), Instant.EPOCH, 0),
                0,
                said);
        assertThat(said)
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).contains(SHOWN).isEqualTo(Printable.text(line)));
        assertThat(ofClient.live(0).get("b").reason()).isEqualTo(SHOWN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"weights\": {}, \"smoothing\": {\"JSON\": 1}}",
                "{\"weights\": {\"JSON\": -1}}",
                "{\"weights\": {}, \"JSON\": 1}",
                "{\"JSON\": -1}",
                "{\"RAW"
            })
    void weightsAreRefusedInPrintableWords(String json) {
        assertThatThrownBy(() -> Weights.parse(utf8(json.replace("JSON", JSON).replace("RAW", HOSTILE))))
                .isInstanceOf(IOException.class)
                .satisfies(refused -> assertThat(refused.getMessage()).isEqualTo(Printable.text(refused.getMessage())));
    }

    @Test
    void namesOfOurOwnHoldNothingThatSteers() {
        List<Supplier<Object>> all = List.of(
                () -> new ServiceKeys(HOSTILE),
                () -> service.endpoint(HOSTILE),
                () -> new ClientId(HOSTILE),
                () -> EtcdClient.builder().clientId(HOSTILE),
                () -> EtcdClient.builder().servers(HOSTILE),
                () -> EtcdClient.builder().namespace(HOSTILE + "/"),
                () -> new Login(HOSTILE, () -> "secret"),
                () -> EtcdTarget.service(Target.parse("etcd://10.0.0.1:2379/a%1Bb")));
        assertThat(all)
                .allSatisfy(each -> assertThatIllegalArgumentException()
                        .isThrownBy(each::get)
                        .satisfies(refused -> assertThat(refused.getMessage())
                                .contains(", expected ")
                                .isEqualTo(Printable.text(refused.getMessage()))));
    }
}

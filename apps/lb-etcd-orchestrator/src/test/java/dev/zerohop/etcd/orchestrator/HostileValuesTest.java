package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.HealthVerdict;
import dev.zerohop.watch.Reflector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What other writers put into etcd reaches no log, listener or value of an orchestrator's in a form that steers what shows it. */
class HostileValuesTest {
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\nINJECTED line\u202e";
    private static final String SHOWN = "a\\u001b]52;c;aGk=\\u0007\\u009b31m INJECTED line\\u202e";

    /** As it stands in JSON. */
    private static final String JSON = "a\\u001b]52;c;aGk=\\u0007\\u009b31m\\nINJECTED line\\u202e";

    private final ServiceKeys service = new ServiceKeys("orders");
    private final OrchestratorKeys keys = new OrchestratorKeys(service);
    private final OrchestratorView view = new OrchestratorView(keys);
    private final Map<String, KeyStore.Entry> entries = new HashMap<>();
    private final List<RejectedValue> rejections = new ArrayList<>();
    private long revision = 10;

    private void put(String key, String value) {
        revision++;
        entries.put(key, new KeyStore.Entry(key, ByteString.copyFromUtf8(value), revision));
    }

    private OrchestratorView.Content read() {
        rejections.clear();
        return view.read(
                new Reflector.State<>(new KeyStore.Version(1, 2, revision), Map.copyOf(entries), Instant.EPOCH, 0),
                rejections);
    }

    private static String verdict(String text) {
        return "{\"status\": \"UNHEALTHY\", \"writer\": \"" + text
                + "\", \"fence\": 5, \"ttlSeconds\": 30, \"reason\": \"" + text + "\", \"agreed\": [\"" + text + "\"]}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theReasonsOfWorkersAreTakenInPrintableFormAndAMarkIsComparedWithTheVerdictThatWasMadeOfIt()
            throws IOException {
        put(
                keys.observations() + "w",
                "{\"assignment\": 7, \"down\": [{\"id\": \"a\", \"reason\": \"" + JSON + "\"}]}");
        Observation.Down down = read().observations().get("w").down().get("a");
        assertThat(down.reason()).isEqualTo(SHOWN);

        String longest = "\u001b".repeat(100_000);
        QuorumDecision decision = QuorumDecision.of(
                List.of("a", "b"),
                new Assignment(5, "w", List.of("v", "w")),
                7,
                Map.of(
                        "v", new Observation(7, Map.of("a", new Observation.Down(longest, Instant.EPOCH)), Set.of()),
                        "w",
                                new Observation(
                                        7, Map.of("a", new Observation.Down("x" + longest, Instant.EPOCH)), Set.of())),
                Map.of(),
                50);
        String reason = decision.down().get("a").reason();
        HealthVerdict written = new HealthVerdict(
                dev.zerohop.Health.Status.UNHEALTHY, reason, "w", 5, 30, List.of("v", "w"), Instant.EPOCH);
        assertThat(HealthVerdict.parse(utf8(written.toJson())).reason())
                .as("one that differed would be written again for ever")
                .isEqualTo(reason);
    }

    @Test
    void namesThatCanBeNoneStandForNothing() {
        put(service.endpoints() + "a", "{\"address\": \"10.0.0.1:80\"}");
        put(keys.workers() + "w", "{}");
        OrchestratorView.Content before = read();
        for (String name : List.of(HOSTILE, "x/y", "x".repeat(257))) {
            put(service.endpoints() + name, "{\"address\": \"10.0.0.2:80\"}");
            put(keys.workers() + name, "{}");
            put(keys.observations() + name, "{}");
            put(service.health() + name, verdict("w"));
        }
        OrchestratorView.Content now = read();
        assertThat(now.members()).isEqualTo(before.members());
        assertThat(now.workers()).isEqualTo(before.workers());
        assertThat(now.observations()).isEmpty();
        assertThat(now.verdicts()).isEmpty();
        assertThat(rejections)
                .hasSize(12)
                .allSatisfy(refused -> assertThat(refused.text())
                        .contains("its last segment was ", ", expected ")
                        .isEqualTo(Printable.text(refused.text())));
    }

    @Test
    void theLeaderIsNamedInPrintableFormAndAnAssignmentToWhatIsNoneIsRefused() {
        put(keys.election() + "1", HOSTILE);
        put(keys.assignment(), "{\"fence\": 5, \"writer\": \"" + JSON + "\", \"workers\": [\"w\"]}");
        OrchestratorView.Content good = read();
        assertThat(good.election().leader()).isEqualTo(SHOWN);
        assertThat(good.assignment().writer()).isEqualTo(SHOWN);
        put(keys.assignment(), "{\"fence\": 5, \"writer\": \"w\", \"workers\": [\"w\", \"" + JSON + "\"]}");
        assertThat(read().assignment().workers()).containsExactly("w");
        assertThat(rejections)
                .singleElement()
                .satisfies(refused -> assertThat(refused.text())
                        .contains("the last good value stays: workers[1] was \"" + SHOWN
                                + "\", expected the id of an orchestrator"));
    }

    @Test
    void namesOfOurOwnHoldNothingThatSteers() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys.worker(HOSTILE))
                .satisfies(refused -> assertThat(refused.getMessage())
                        .contains(", expected ")
                        .isEqualTo(Printable.text(refused.getMessage())));
    }
}

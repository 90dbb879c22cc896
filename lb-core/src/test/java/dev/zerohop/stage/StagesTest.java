package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerSettings;
import dev.zerohop.PickPolicy;
import dev.zerohop.Stage;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.Pickers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The stages in a configuration: one order, defaults, what is rejected. */
class StagesTest {
    private static List<Stage> read(String stages) {
        return Configurations.parse("{\"stages\": " + stages + "}").stages();
    }

    /** Every stage of zerohop's has its place; a new one is put into this list, and into the page of stages. */
    @Test
    void theOrderIsTheSameWhateverTheOrderOfTheFields() {
        List<String> fields = new ArrayList<>(
                List.of("\"zone\": {}", "\"slow_start\": {}", "\"panic\": {}", "\"subset\": {\"size\": 3}"));
        assertThat(Stages.names()).hasSize(fields.size() + 1);
        Random random = new Random(1);
        for (int i = 0; i < 50; i++) {
            Collections.shuffle(fields, random);
            assertThat(read("{" + String.join(", ", fields) + "}"))
                    .extracting(Stage::name)
                    .containsExactly("subset", "health", "slow_start", "zone");
        }
        fields.set(fields.indexOf("\"subset\": {\"size\": 3}"), "\"priority\": {}");
        for (int i = 0; i < 50; i++) {
            Collections.shuffle(fields, random);
            // The health filter is within it.
            assertThat(read("{" + String.join(", ", fields) + "}"))
                    .extracting(Stage::name)
                    .containsExactly("priority", "slow_start", "zone");
        }
    }

    @Test
    void onlyTheHealthFilterAndTheZoneAreThereWithoutBeingNamed() {
        assertThat(read("{}")).extracting(Stage::name).containsExactly("health", "zone");
    }

    @Test
    void theOptionsAreRead() {
        assertThat(read("{\"slow_start\": {}}")).contains(new SlowStart(Duration.ofSeconds(30), 1, 10, 200));
        assertThat(read("{\"slow_start\": {\"window\": \"2m\", \"aggression\": 1.5, \"minPercent\": 5,"
                        + " \"overProvisioningPercent\": 150}}"))
                .contains(new SlowStart(Duration.ofMinutes(2), 1.5, 5, 150));
        assertThat(read("{\"priority\": {}, \"panic\": {\"thresholdPercent\": 30}}"))
                .contains(PriorityGroups.numbered().filteredBy(new HealthFilter(30)));
        assertThat(read("{\"priority\": {\"zones\": [\"a\", \"b\"], \"overProvisioningPercent\": 120}}"))
                .contains(PriorityGroups.ofZones(List.of("a", "b")).overProvisioned(120));
        assertThat(read("{\"priority\": {\"attribute\": \"cluster\", \"values\": [\"blue\"]}}"))
                .contains(PriorityGroups.ofAttribute("cluster", List.of("blue")));
        assertThat(read("{\"subset\": {\"size\": 20}}")).contains(new Subset(20, 50, null));
        assertThat(read("{\"subset\": {\"size\": 20, \"minUsablePercent\": 60, \"clients\": 9, \"client\": 4}}"))
                .contains(new Subset(20, 60, new Slice(4, 9)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"slow_start": {"window": "1s"}}         | stages.slow_start.window: was "1s", expected a duration
            {"slow_start": {"aggression": 0}}        | stages.slow_start.aggression: was 0, expected a number from 0.1 to 10
            {"slow_start": {"minPercent": 0}}        | stages.slow_start.minPercent: was 0, expected an integer from 1 to 100
            {"slow_start": {"overProvisioningPercent": 99}} | stages.slow_start.overProvisioningPercent: was 99, expected an integer from 100 to 1000
            {"slow_start": {"windows": "1s"}}        | stages.slow_start.windows: was "1s", expected the field window: known are
            {"priority": {"zones": []}}              | stages.priority.zones: was an empty list, expected a list of 1 to 15 different names
            {"priority": {"zones": ["a", "a"]}}      | stages.priority.zones: was a list, expected a list of 1 to 15 different names
            {"priority": {"values": ["a"]}}          | stages.priority.attribute: was null, expected both attribute and values
            {"priority": {"zones": ["a"], "values": ["a"]}} | stages.priority.zones: was a list, expected no such field beside
            {"priority": {}, "subset": {"size": 3}}  | stages.priority: was an empty object, expected no such stage beside subset
            {"subset": {}}                           | stages.subset.size: was null, expected an integer from 1 to 100000
            {"subset": {"size": 0}}                  | stages.subset.size: was 0, expected an integer from 1 to 100000
            {"subset": {"size": 5, "client": 1}}     | stages.subset.client: was 1, expected no such field without clients
            {"subset": {"size": 5, "clients": 0}}    | stages.subset.clients: was 0, expected an integer from 1 to 1000000
            """)
    void aBadOneIsRejectedWithItsPath(String stages, String message) {
        assertThatThrownBy(() -> read(stages)).hasMessageStartingWith(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"shard", "directory", "rendezvous", "ring_hash", "maglev", "prefix_affinity"})
    void policiesThatPlaceKeysAreRejectedBesideASubset(String policy) {
        PickPolicy keyed = Pickers.byName(policy);
        assertThatThrownBy(() -> Configurations.parse(
                        "{\"policy\": \"" + policy + "\", \"stages\": {\"subset\": {\"size\": 20}}}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "stages: was one with subset (size 20, minUsablePercent 50), expected none beside the policy "
                                + policy + ", which places keys: each client would place them among other endpoints");
        BalancerSettings unkeyed = BalancerSettings.builder(Pickers.random())
                .stages(List.of(new Subset(20)))
                .build();
        assertThatThrownBy(() -> unkeyed.withPolicy(keyed)).isInstanceOf(IllegalArgumentException.class);
    }
}

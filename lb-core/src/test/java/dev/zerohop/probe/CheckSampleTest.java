package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which endpoints a client checks when there are many. */
class CheckSampleTest {

    private static List<Node> nodes(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> (Node) FakeNode.named("e-" + i))
                .sorted(Comparator.comparing(node -> node.endpoint().id()))
                .toList();
    }

    private static Set<String> ids(Collection<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::id).collect(Collectors.toSet());
    }

    private static CheckSample sample(int size, long seed, List<Node> members) {
        CheckSample sample = new CheckSample(size, seed);
        sample.take(members);
        return sample;
    }

    @Test
    void ofFewAllAreChecked() {
        assertThat(sample(100, 1, nodes(100)).choose(List.of(), List.of())).hasSize(100);
        assertThat(sample(100, 1, nodes(0)).choose(List.of(), List.of())).isEmpty();
    }

    @Test
    void ofManyExactlyTheSampleIs() {
        assertThat(sample(100, 1, nodes(101)).choose(List.of(), List.of())).hasSize(100);
        assertThat(sample(100, 1, nodes(1_000)).choose(List.of(), List.of())).hasSize(100);
    }

    @Test
    void clientsDifferAndTogetherCheckAllAlike() {
        List<Node> members = nodes(1_000);
        Map<String, Integer> checked = new HashMap<>();
        for (int client = 0; client < 1_000; client++) {
            sample(100, client * 0x9E3779B97F4A7C15L, members)
                    .choose(List.of(), List.of())
                    .forEach(endpoint -> checked.merge(endpoint.id(), 1, Integer::sum));
        }
        // 100 each on average, with a deviation of 9.5.
        assertThat(checked).hasSize(1_000);
        assertThat(checked.values()).allMatch(clients -> clients > 60 && clients < 145);
    }

    @Test
    void inAGreatOutageClientsCheckTogetherAllThatAreOutAlike() {
        List<Node> members = nodes(1_000);
        List<Node> out = members.subList(0, 500).stream()
                .map(node -> (Node) FakeNode.named(node.endpoint().id()).health(Health.Status.UNHEALTHY))
                .toList();
        Map<String, Integer> checked = new HashMap<>();
        for (int client = 0; client < 1_000; client++) {
            Collection<Endpoint> chosen =
                    sample(100, client * 0x9E3779B97F4A7C15L, members).choose(List.of(), out);
            assertThat(chosen).hasSize(200);
            chosen.forEach(endpoint -> checked.merge(endpoint.id(), 1, Integer::sum));
        }
        // Those that are out 300 each on average (100 by the sample), the others 100.
        assertThat(checked).hasSize(1_000);
        assertThat(checked.values()).allMatch(clients -> clients > 60 && clients < 370);
        assertThat(out).allMatch(node -> checked.get(node.endpoint().id()) > 230);
    }

    @Test
    void theSampleChangesByNoMoreThanWhatComesAndGoes() {
        List<Node> members = nodes(1_000);
        CheckSample sample = sample(100, 7, members);
        Set<String> before = ids(sample.choose(List.of(), List.of()));
        List<Node> fewer = new ArrayList<>(members);
        fewer.removeIf(node -> node.endpoint().id().endsWith("3"));
        sample.take(fewer);
        Set<String> after = ids(sample.choose(List.of(), List.of()));
        assertThat(after)
                .hasSize(100)
                .containsAll(before.stream().filter(id -> !id.endsWith("3")).toList());
        sample.take(members);
        assertThat(ids(sample.choose(List.of(), List.of()))).isEqualTo(before);
    }

    @Test
    void thoseThatAreOutAreCheckedBesidesUpToTheSameNumber() {
        List<Node> members = nodes(1_000);
        CheckSample sample = sample(10, 7, members);
        Set<String> sampled = ids(sample.choose(List.of(), List.of()));
        List<Node> others = members.stream()
                .filter(node -> !sampled.contains(node.endpoint().id()))
                .toList();
        List<Node> impaired = new ArrayList<>();
        Health.Status[] statuses = {
            Health.Status.EJECTED,
            Health.Status.UNHEALTHY,
            Health.Status.UNREACHABLE,
            Health.Status.HALF_OPEN,
            Health.Status.DRAINING,
            Health.Status.CONNECTING,
            Health.Status.DISCONNECTED,
            Health.Status.NOT_READY
        };
        for (int i = 0; i < statuses.length; i++) {
            impaired.add(FakeNode.named(others.get(i).endpoint().id()).health(statuses[i]));
        }
        Set<String> chosen = ids(sample.choose(List.of(), impaired));
        assertThat(chosen).containsAll(sampled).hasSize(14);
        for (int i = 0; i < 4; i++) {
            assertThat(chosen).contains(others.get(i).endpoint().id());
        }
        List<Node> all = members.stream()
                .map(node -> (Node) FakeNode.named(node.endpoint().id()).health(Health.Status.UNHEALTHY))
                .toList();
        assertThat(sample.choose(List.of(), all))
                .as("an outage of all costs twice the sample")
                .hasSize(20);
    }

    @Test
    void thoseThatFailTheirChecksGoFirstSoThatTheirReturnIsSeen() {
        List<Node> members = nodes(1_000);
        CheckSample sample = sample(10, 7, members);
        List<String> failing = members.subList(0, 20).stream()
                .map(node -> node.endpoint().id())
                .toList();
        assertThat(ids(sample.choose(failing, List.of()))).isEqualTo(Set.copyOf(failing));
        assertThat(ids(sample.choose(List.of("e-5", "left"), List.of())))
                .contains("e-5")
                .doesNotContain("left");
    }
}

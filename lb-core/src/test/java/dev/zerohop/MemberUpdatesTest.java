package dev.zerohop;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.Health.Status;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Only the members with news are judged, and only what differs is replaced: in the end all is as if everything had been looked at. */
class MemberUpdatesTest {
    private static final Endpoint ONE = Endpoint.of("127.0.0.1", 1);
    private static final Endpoint TWO = Endpoint.of("127.0.0.1", 2);

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private HealthSource.@Nullable Sink sink;

    private Balancer started(EjectionPolicy ejection, Stage... stages) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .stages(List.of(stages))
                        .ejection(ejection)
                        .build())
                .healthSource(new HealthSource() {
                    @Override
                    public String name() {
                        return "probe";
                    }

                    @Override
                    public void start(Sink given) {
                        sink = given;
                    }

                    @Override
                    public void close() {}
                })
                .build();
        balancer.start();
        return balancer;
    }

    /** A verdict and when it ends. */
    private record Judged(Status status, long endsNanos) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverTheOrderOfChangesTheMembersAreAsStated(long seed) {
        Random random = new Random(seed);
        Balancer balancer = started(EjectionPolicy.NONE);
        Map<String, Endpoint> stated = new TreeMap<>();
        Map<String, Judged> verdicts = new HashMap<>();
        for (int step = 0; step < 400; step++) {
            switch (random.nextInt(4)) {
                case 0 -> change(stated, verdicts, random);
                case 1 -> judge(stated, verdicts, random);
                case 2 -> time.advance(Duration.ofMillis(random.nextInt(400)));
                default -> {
                    // The same once more.
                    push(stated, random);
                }
            }
            // Reports are gathered for some milliseconds.
            time.advance(Duration.ofMillis(6));
            expect(balancer.current().snapshot(), stated, verdicts);
        }
    }

    private void change(Map<String, Endpoint> stated, Map<String, Judged> verdicts, Random random) {
        for (int i = random.nextInt(3); i >= 0; i--) {
            String id = "orders-" + random.nextInt(30);
            Endpoint before = stated.get(id);
            if (before != null && random.nextInt(3) == 0) {
                stated.remove(id);
                verdicts.remove(id);
                continue;
            }
            boolean moved = before == null || random.nextInt(4) == 0;
            int port = moved ? 1 + random.nextInt(60_000) : before.port();
            if (before != null && port != before.port()) {
                verdicts.remove(id);
            }
            Endpoint.Builder next = Endpoint.builder("10.0.0.1", port)
                    .id(id)
                    .weight(random.nextInt(3))
                    .readiness(Endpoint.Readiness.values()[random.nextInt(3)]);
            stated.put(id, (random.nextInt(8) == 0 ? next.attributes(Map.of("hint", "x")) : next).build());
        }
        push(stated, random);
    }

    /** As other objects or as the same ones, in order or not, by a source that knows what it said before or by one that does not. */
    private void push(Map<String, Endpoint> stated, Random random) {
        boolean copies = random.nextBoolean();
        List<Endpoint> given = new ArrayList<>();
        for (Endpoint endpoint : stated.values()) {
            given.add(copies ? endpoint.toBuilder().build() : endpoint);
        }
        if (random.nextInt(4) == 0) {
            Collections.shuffle(given, random);
        }
        if (random.nextBoolean()) {
            resolver.push(given);
        } else {
            resolver.push(EndpointSet.builder("scripted")
                    .endpoints(given)
                    .removals(EndpointSet.Removals.MEANT)
                    .build());
        }
    }

    private void judge(Map<String, Endpoint> stated, Map<String, Judged> verdicts, Random random) {
        String id = "orders-" + random.nextInt(30);
        HealthSource.Sink to = requireNonNull(sink);
        if (random.nextInt(3) == 0) {
            to.withdraw(id);
            verdicts.remove(id);
            return;
        }
        Status status = random.nextBoolean() ? Status.UNHEALTHY : Status.HEALTHY;
        long ttl = random.nextBoolean()
                ? Long.MAX_VALUE
                : Duration.ofMillis(50 + random.nextInt(1_000)).toNanos();
        to.report(id, new HealthSource.Verdict(status, "probed", ttl));
        if (stated.containsKey(id)) {
            verdicts.put(id, new Judged(status, ttl == Long.MAX_VALUE ? ttl : time.nanoTime() + ttl));
        }
    }

    private void expect(Snapshot snapshot, Map<String, Endpoint> stated, Map<String, Judged> verdicts) {
        assertThat(snapshot.members()).extracting(Node::endpoint).containsExactlyElementsOf(stated.values());
        List<Endpoint> weighted = new ArrayList<>();
        List<String> impaired = new ArrayList<>();
        for (Node node : snapshot.members()) {
            Endpoint endpoint = node.endpoint();
            Judged verdict = verdicts.get(endpoint.id());
            boolean live = verdict != null && verdict.endsNanos() - time.nanoTime() > 0;
            Status expected = switch (endpoint.readiness()) {
                case NOT_READY -> Status.NOT_READY;
                case DRAINING -> live && verdict.status() == Status.UNHEALTHY ? Status.UNHEALTHY : Status.DRAINING;
                case READY -> live ? verdict.status() : Status.UNKNOWN;
            };
            assertThat(node.health().status()).as(endpoint + " " + verdict).isEqualTo(expected);
            if (endpoint.weight() > 0) {
                weighted.add(endpoint);
            }
            if (!expected.usable()) {
                impaired.add(endpoint.id());
            }
        }
        assertThat(snapshot.candidates())
                .extracting(candidate -> candidate.node().endpoint())
                .containsExactlyElementsOf(weighted);
        assertThat(snapshot.candidates()).allSatisfy(candidate -> {
            assertThat(candidate.weight()).isEqualTo(candidate.node().endpoint().weight());
            assertThat(candidate.scale()).isEqualTo(1);
        });
        assertThat(snapshot.impaired()).extracting(node -> node.endpoint().id()).isEqualTo(impaired);
        assertThat(snapshot.hasAttributes())
                .isEqualTo(stated.values().stream()
                        .anyMatch(endpoint -> !endpoint.attributes().isEmpty()));
    }

    @Test
    void aFewOfManyThatAreDownAreTakenOutWhereverTheyStand() {
        Balancer balancer = started(EjectionPolicy.NONE, new HealthFilter());
        List<Endpoint> stated = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            stated.add(Endpoint.builder("10.0.0.1", 1 + i)
                    .id("orders-" + i)
                    .weight(i % 9 == 0 ? 0 : 1)
                    .build());
        }
        resolver.push(stated);
        for (int i = 0; i < 100; i++) {
            List<String> down = List.of("orders-" + i, "orders-" + (i + 1) % 100, "orders-" + (i * 7 + 50) % 100);
            down.forEach(id -> requireNonNull(sink)
                    .report(id, new HealthSource.Verdict(Status.UNHEALTHY, "probed", Long.MAX_VALUE)));
            time.advance(Duration.ofMillis(6));
            assertThat(balancer.current().snapshot().candidates())
                    .extracting(candidate -> candidate.node().endpoint())
                    .containsExactlyElementsOf(stated.stream()
                            .filter(endpoint -> endpoint.weight() > 0 && !down.contains(endpoint.id()))
                            .sorted(Comparator.comparing(Endpoint::id))
                            .toList());
            down.forEach(id -> requireNonNull(sink).withdraw(id));
            time.advance(Duration.ofMillis(6));
        }
    }

    @Test
    void aRecordIsLookedAtWhenItsDetectorHasReportedIt() {
        ScriptedDetector detector = new ScriptedDetector();
        Balancer balancer = started(env -> detector);
        resolver.push(ONE, TWO);
        detector.next = () -> {
            detector.records.get(0).state = EjectionPolicy.State.EJECTED;
            detector.records.get(0).changed.run();
        };
        resolver.push(ONE, TWO);
        time.advance(Duration.ofSeconds(1));
        assertThat(balancer.current().snapshot().impaired())
                .extracting(Node::endpoint)
                .containsExactly(ONE);
        detector.next = () -> {
            detector.records.get(0).state = EjectionPolicy.State.ACTIVE;
            detector.records.get(0).changed.run();
        };
        time.advance(Duration.ofSeconds(1));
        assertThat(balancer.current().snapshot().impaired()).isEmpty();
        assertThat(detector.records.get(1).looks)
                .as("one look when it joined and none after it")
                .isEqualTo(1);
    }

    @Test
    void aRecordThatThrewIsLookedAtAgain() {
        ScriptedDetector detector = new ScriptedDetector();
        Balancer balancer = started(env -> detector);
        detector.broken = true;
        resolver.push(ONE);
        detector.broken = false;
        detector.records.get(0).state = EjectionPolicy.State.EJECTED;
        time.advance(Duration.ofSeconds(1));
        assertThat(balancer.current().snapshot().impaired()).hasSize(1);
    }

    /** Not again and again without a pause. */
    @Test
    void aRecordThatThrowsWhenAVerdictEndsIsAskedOnceASecond() {
        ScriptedDetector detector = new ScriptedDetector();
        detector.reviewsAgain = Long.MAX_VALUE;
        Balancer balancer = started(env -> detector);
        resolver.push(ONE);
        requireNonNull(sink)
                .report(
                        ONE.id(),
                        new HealthSource.Verdict(
                                Status.UNHEALTHY,
                                "probed",
                                Duration.ofMillis(50).toNanos()));
        time.advance(Duration.ofMillis(10));
        detector.broken = true;
        int before = detector.reviews;
        time.advance(Duration.ofSeconds(3));
        assertThat(detector.reviews - before).isBetween(3, 5);
        assertThat(balancer.current().snapshot().impaired())
                .as("what was believed")
                .hasSize(1);
        detector.broken = false;
        time.advance(Duration.ofSeconds(2));
        assertThat(balancer.current().snapshot().impaired()).isEmpty();
    }

    /** Reviews twice a second. */
    private static final class ScriptedDetector implements EjectionPolicy.Detector {
        final List<ScriptedRecord> records = new ArrayList<>();
        Runnable next = () -> {};
        boolean broken;
        int reviews;
        long reviewsAgain = Duration.ofMillis(500).toNanos();

        @Override
        public EjectionPolicy.EndpointStats add(
                Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous, Runnable changed) {
            ScriptedRecord record = new ScriptedRecord(this, changed);
            records.add(record);
            return record;
        }

        @Override
        public void remove(EjectionPolicy.EndpointStats record) {}

        @Override
        public long review(long nowNanos) {
            reviews++;
            next.run();
            next = () -> {};
            return reviewsAgain;
        }
    }

    private static final class ScriptedRecord implements EjectionPolicy.EndpointStats {
        final ScriptedDetector detector;
        final Runnable changed;
        EjectionPolicy.State state = EjectionPolicy.State.ACTIVE;
        int looks;

        ScriptedRecord(ScriptedDetector detector, Runnable changed) {
            this.detector = detector;
            this.changed = changed;
        }

        @Override
        public boolean onOutcome(Outcome outcome) {
            return false;
        }

        @Override
        public int consecutiveFailures() {
            return 0;
        }

        @Override
        public EjectionPolicy.State state() {
            if (detector.broken) {
                throw new IllegalStateException("broken");
            }
            looks++;
            return state;
        }

        @Override
        public String reason() {
            return "";
        }

        @Override
        public boolean tryProbe() {
            return true;
        }
    }
}

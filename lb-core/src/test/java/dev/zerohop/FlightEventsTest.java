package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a recording of JDK Flight Recorder holds of a balancer. */
class FlightEventsTest {
    private static final List<String> NAMES =
            List.of("dev.zerohop.Refusal", "dev.zerohop.Health", "dev.zerohop.Rebuild", "dev.zerohop.Stale");

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final Balancer balancer = Balancer.builder("flight")
            .env(Env.system().withTime(time))
            .serialExecutor(Runnable::run)
            .resolver(resolver)
            .settings(BalancerSettings.builder(Pickers.roundRobin())
                    .stages(List.of(new HealthFilter()))
                    .ejection(OutlierEjection.builder().jitter(Duration.ZERO).build())
                    .build())
            .build();

    @TempDir
    Path directory;

    private void happen() {
        balancer.start();
        resolver.push(Endpoint.builder("10.0.0.1", 80).id("a").build());
        Lease lease = balancer.acquire(PickContext.NONE);
        lease.complete(Outcome.CONNECT_FAILURE);
        time.advance(Duration.ofMillis(10));
        resolver.fail(new IOException("etcd is gone"));
        balancer.close();
        try {
            balancer.acquire(PickContext.NONE);
        } catch (NoEndpointException refused) {
            assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.CLOSED);
        }
    }

    private List<RecordedEvent> recorded(boolean asked) throws IOException {
        Path file = directory.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            for (String name : NAMES) {
                if (asked) {
                    recording.enable(name);
                } else {
                    recording.disable(name);
                }
            }
            recording.start();
            happen();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> NAMES.contains(event.getEventType().getName()))
                .filter(event -> "flight".equals(event.getString("service")))
                .toList();
    }

    private static RecordedEvent only(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .reduce((first, later) -> later)
                .orElseThrow();
    }

    @Test
    void aRefusalAnEjectionARebuildAndAStaleSourceAreEvents() throws IOException {
        List<RecordedEvent> events = recorded(true);
        assertThat(only(events, "dev.zerohop.Refusal").getString("kind")).isEqualTo("CLOSED");
        assertThat(only(events, "dev.zerohop.Refusal").getString("message")).contains("the balancer is closed");
        RecordedEvent health = only(events, "dev.zerohop.Health");
        assertThat(health.getString("endpoint")).isEqualTo("a(10.0.0.1:80)");
        assertThat(health.getString("status")).isEqualTo("UNREACHABLE");
        assertThat(health.getString("before")).isEqualTo("UNKNOWN");
        assertThat(health.getString("reason")).isNotEmpty();
        RecordedEvent rebuild = only(events, "dev.zerohop.Rebuild");
        assertThat(rebuild.getInt("members")).isEqualTo(1);
        assertThat(rebuild.getInt("candidates")).isEqualTo(1);
        assertThat(only(events, "dev.zerohop.Stale").getString("cause")).contains("etcd is gone");
    }

    @Test
    void aRecordingThatDoesNotAskForThemHasNone() throws IOException {
        assertThat(recorded(false)).isEmpty();
    }
}

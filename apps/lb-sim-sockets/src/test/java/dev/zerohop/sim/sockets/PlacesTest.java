package dev.zerohop.sim.sockets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.server.LoadReporter;
import dev.zerohop.sim.Replay.Backend;
import dev.zerohop.sim.Replay.BackendFault;
import dev.zerohop.sim.Replay.Effect;
import dev.zerohop.testing.FakeTime;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacesTest {
    private static final long MILLISECOND = 1_000_000;

    private final FakeTime time = new FakeTime();
    private final List<String> answers = new ArrayList<>();

    private Places places(int concurrency, int queue, BackendFault... faults) {
        return new Places(new Backend("a", 1, concurrency, queue, List.of(faults)), time);
    }

    private static BackendFault fault(Effect effect, long fromMillis, long toMillis, long millis) {
        return new BackendFault(effect, fromMillis * MILLISECOND, toMillis * MILLISECOND, millis * MILLISECOND);
    }

    private void arrive(Places places, String call, long workMillis) {
        places.arrive(workMillis * MILLISECOND, reply -> answers.add(call + " " + reply));
    }

    private List<String> after(long millis) {
        time.advance(Duration.ofMillis(millis));
        List<String> now = List.copyOf(answers);
        answers.clear();
        return now;
    }

    @Test
    void worksOnSomeAtATimeAndAnswersTheRestInTheirOrder() {
        Places places = places(2, 100);
        arrive(places, "a", 10);
        arrive(places, "b", 30);
        arrive(places, "c", 10);
        arrive(places, "d", 10);
        assertThat(after(9)).isEmpty();
        assertThat(after(1)).containsExactly("a OK");
        assertThat(after(10)).containsExactly("c OK");
        assertThat(after(10)).containsExactlyInAnyOrder("b OK", "d OK");
    }

    @Test
    void oneMoreThanMayWaitIsToldAtOnce() {
        Places places = places(1, 1);
        arrive(places, "a", 10);
        arrive(places, "b", 10);
        arrive(places, "c", 10);
        assertThat(after(0)).containsExactly("c OVERLOADED");
        assertThat(after(20)).containsExactly("a OK", "b OK");
    }

    @Test
    void aFaultComesAndGoesByTheTimeOfTheRun() {
        Places places = places(1, 0, fault(Effect.TAKES, 100, 200, 50));
        time.advance(Duration.ofMillis(150));
        places.begin(0);
        arrive(places, "before", 1);
        assertThat(after(1)).containsExactly("before OK");
        time.advance(Duration.ofMillis(99));
        arrive(places, "during", 1);
        assertThat(after(49)).isEmpty();
        assertThat(after(1)).containsExactly("during OK");
        time.advance(Duration.ofMillis(50));
        arrive(places, "past", 1);
        assertThat(after(1)).containsExactly("past OK");
    }

    @Test
    void whatFailsTakesNoPlace() {
        Places places = places(1, 0, fault(Effect.ERROR, 0, 100, 2), fault(Effect.OVERLOADED, 100, 200, 3));
        places.begin(0);
        arrive(places, "a", 50);
        arrive(places, "b", 50);
        assertThat(after(1)).isEmpty();
        assertThat(after(1)).containsExactly("a ERROR", "b ERROR");
        time.advance(Duration.ofMillis(98));
        arrive(places, "c", 50);
        assertThat(after(3)).containsExactly("c OVERLOADED");
        time.advance(Duration.ofMillis(97));
        arrive(places, "d", 50);
        assertThat(after(50)).containsExactly("d OK");
    }

    @Test
    void nothingOfARunIsLeftToTheNextOne() {
        Places places = places(1, 1, fault(Effect.ERROR, 0, 100, 1));
        arrive(places, "a", 10);
        arrive(places, "b", 10);
        places.begin(0);
        arrive(places, "failing", 10);
        assertThat(places.end()).isZero();
        assertThat(after(0)).as("nobody waits for them").containsExactly("a DROPPED", "b DROPPED", "failing DROPPED");
        arrive(places, "c", 10);
        assertThat(after(10)).as("neither those before nor the fault").containsExactly("c OK");
        arrive(places, "d", 5);
        assertThat(after(100)).as("its place is free").containsExactly("d OK");
    }

    @Test
    void probesAreCountedWhileARunIsMeasured() {
        Places places = places(1, 0);
        places.probed();
        places.begin(100 * MILLISECOND);
        time.advance(Duration.ofMillis(99));
        places.probed();
        time.advance(Duration.ofMillis(1));
        places.probed();
        places.probed();
        assertThat(places.end()).isEqualTo(2);
        places.probed();
        assertThat(places.end()).isZero();
    }

    @Test
    void itsUtilizationIsTheShareOfBusyPlaces() {
        Places places = places(4, 0);
        arrive(places, "a", 50);
        arrive(places, "b", 100);
        time.advance(Duration.ofMillis(200));
        assertThat(places.utilization()).isCloseTo((50 + 100) / (4 * 200.0), within(1e-9));
        arrive(places, "c", 1_000);
        assertThat(places.end()).isZero();
        time.advance(Duration.ofMillis(100));
        assertThat(places.utilization()).isZero();
    }

    /** Else later runs would begin with the requests under way of those before. */
    @Test
    void whatIsDroppedIsUnderWayNoMore() {
        Places places = places(1, 1);
        LoadReporter reporter = LoadReporter.builder().time(time).build();
        EmbeddedChannel channel = new EmbeddedChannel(HttpFront.of(places, reporter));
        String call = "GET / HTTP/1.1\r\n" + HttpFront.WORK + ": 1000000\r\n\r\n";
        assertThat(channel.writeInbound(Unpooled.copiedBuffer(call, StandardCharsets.US_ASCII)))
                .isFalse();
        assertThat(underWay(reporter)).isEqualTo(1);
        assertThat(places.end()).isZero();
        assertThat(underWay(reporter)).isZero();
        assertThat(channel.isOpen()).isFalse();
    }

    private static double underWay(LoadReporter reporter) {
        return reporter.report().metric("named_metrics." + LoadReporter.REQUESTS_IN_FLIGHT, -1);
    }

    @Test
    void aServerIsTheSameAsArguments() {
        Backend backend = new Backend(
                "a b", 1, 8, Integer.MAX_VALUE, List.of(fault(Effect.TAKES, 1, 2, 3), fault(Effect.ERROR, 4, 5, 6)));
        assertThat(ServerSpec.parse(ServerSpec.arguments(backend))).isEqualTo(backend);
    }
}

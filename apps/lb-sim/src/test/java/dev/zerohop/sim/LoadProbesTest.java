package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.Prober;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What probing gives many small clients, and what it costs. */
class LoadProbesTest {

    /** As the scenarios {@code clients-100} and {@code clients-1000}, shorter. */
    private static Scenario clients(int count) {
        return Sims.scenario("""
            {"duration": "8s", "measureFrom": "3s", "timeout": "5s",
             "servers": [{"id": "s", "count": 100, "concurrency": 2, "antagonist": {"speed": 0.5, "on": "5s", "off": "20s"}}],
             "clients": {"count": %d}, "arrivals": {"rate": 8136},
             "demand": {"mean": "16ms", "distribution": "normal", "spread": "16ms"}, "network": {"latency": "250us"},
             "reports": true, "configuration": {"health": {"ejection": {"timeouts": false}}}}""".formatted(count));
    }

    private static double p99(PolicyResult result) {
        return result.latencyMillis(0.99).value();
    }

    @Test
    void aThousandSmallClientsSeeNearlyWhatAHundredSee() throws InterruptedException {
        PolicyResult few = Sims.run(clients(100), "prequal", 1);
        PolicyResult many = Sims.run(clients(1_000), "prequal", 1);
        PolicyResult blind = Sims.run(clients(1_000), "least_request", 1);
        assertThat(p99(many)).isLessThan(2 * p99(few));
        assertThat(p99(blind)).isGreaterThan(2 * p99(many));
        assertThat(many.probes().value() / many.calls()).isBetween(2.95, 3.05);
        assertThat(blind.probes().value()).isZero();
    }

    @Test
    void aFaultThatMeetsSomeCallsMeetsSomeProbes() throws InterruptedException {
        double half = probed("\"kind\": \"hang\", \"share\": 0.5");
        assertThat(half).isBetween(0.4, 0.6);
        assertThat(probed("\"kind\": \"fail\", \"outcome\": \"CONNECT_FAILURE\""))
                .isZero();
        assertThat(probed("\"kind\": \"fail\"")).as("the program answers").isEqualTo(1);
        assertThat(probed("\"kind\": \"slow\"")).isEqualTo(1);
        assertThat(probed("\"kind\": \"pause\"")).isZero();
    }

    /** The part of probes that bring a report. */
    private static double probed(String fault) {
        Scenario scenario = Sims.scenario("""
            {"duration": "1s", "servers": [{"id": "a", "faults": [{%s}]}], "arrivals": {"rate": 1}, "reports": true}""".formatted(fault));
        Events events = new Events(VirtualTime.START_NANOS);
        World world = new World(scenario, events, new Recorder(scenario, events, null));
        Server server =
                new ServerLife(world, 1).start(scenario.control().servers().get(0), 0, true);
        Prober prober = LoadProbe.of(world, Stream.of(1, Stream.Purpose.PROBES, 0), null)
                .load("/load");
        assertThat(prober).isNotNull();
        AtomicInteger reports = new AtomicInteger();
        int probes = 1_000;
        for (int i = 0; i < probes; i++) {
            Cancellable ignored = prober.connect(server.endpoint)
                    .probe(Runnable::run, result -> reports.addAndGet(result.load() == null ? 0 : 1));
        }
        long end = events.nowNanos() + Times.SECOND;
        boolean more = true;
        while (more) {
            more = events.step(end);
        }
        return (double) reports.get() / probes;
    }

    @Test
    void aServerThatAnswersNothingGetsNoCallByItsLastReport() throws InterruptedException {
        PolicyResult result = Sims.run(Sims.scenario("""
            {"duration": "10s", "measureFrom": "6s", "timeout": "1s",
             "servers": [{"id": "s", "count": 19, "concurrency": 4}, {"id": "hung", "concurrency": 4, "faults": [{"kind": "hang", "from": "4s"}]}],
             "clients": {"count": 20}, "arrivals": {"rate": 2000}, "network": {"latency": "250us"}, "reports": true,
             "configuration": {"health": {"ejection": {"consecutiveFailures": 0, "timeouts": false}}}}"""), "prequal", 1);
        assertThat(result.share().get("hung")).isLessThan(0.002);
    }
}

package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Before it judges anybody, the simulator agrees with what is known exactly. Service takes 10 ms on average, so a load of x is 100 x calls a second for each server. */
class QueueingTheoryTest {
    private static final double SERVICE_MILLIS = 10;

    private static String scenario(int servers, int concurrency, double rate, String demand, int seconds, int from) {
        return String.format(Locale.ROOT, """
                {"duration": "%ds", "measureFrom": "%ds", "timeout": "1h", "arrivals": {"rate": %f},
                 "demand": {"mean": "10ms", "distribution": "%s"},
                 "servers": [{"id": "s", "count": %d, "concurrency": %d}], %s}""", seconds, from, rate, demand, servers, concurrency, Sims.BARE);
    }

    private static double mean(String scenario, String policy, long... seeds) throws InterruptedException {
        PolicyResult result = Sims.run(Sims.scenario(scenario), policy, seeds);
        assertThat(result.errors()).isZero();
        return result.meanLatencyMillis().value() / SERVICE_MILLIS;
    }

    /**
     * The supermarket model: Poisson arrivals, exponential service, the shorter of two queues. The times in the limit of many servers are those of Mitzenmacher, "The power of two choices in randomized load
     * balancing" (2001), the sum over i >= 1 of load^(2^i - 1). {@code least_request} draws two distinct servers and the model may draw one twice: with 1,000 servers that is a call in a thousand. One client
     * sees all calls under way, so that what it counts are the queues. Up to load 0.9 each tolerance is about 3.3 standard deviations of the mean of the seeds or more; above, one or two: more would take too long.
     */
    @ParameterizedTest
    @CsvSource({
        "0.5, 1.2657, 0.015, 5, 1, 4",
        "0.7, 1.6145, 0.015, 5, 1, 4",
        "0.8, 1.9474, 0.015, 5, 1, 4",
        "0.9, 2.6141, 0.015, 8, 2, 4",
        "0.95, 3.3830, 0.015, 12, 4, 1",
        "0.99, 5.4320, 0.03, 30, 10, 1"
    })
    void twoChoicesAreAsGoodAsTheyAreKnownToBe(
            double load, double expected, double tolerance, int seconds, int from, int seeds)
            throws InterruptedException {
        double mean = mean(
                scenario(1_000, 1, load * 100_000, "exponential", seconds, from),
                "least_request",
                LongStream.rangeClosed(1, seeds).toArray());
        assertThat(mean).isCloseTo(expected, within(expected * tolerance));
    }

    /** The same of grpc-java's own: it may draw one server twice, as the model may. */
    @Test
    void twoChoicesOfGrpcAreAsGood() throws InterruptedException {
        double mean = mean(scenario(1_000, 1, 90_000, "exponential", 8, 2), "grpc:least_request", 1, 2);
        assertThat(mean).isCloseTo(2.6141, within(2.6141 * 0.03));
    }

    /** Each server is then a queue of its own, M/M/1: 1 / (1 - load). */
    @ParameterizedTest
    @CsvSource({"0.5, 2", "0.8, 5", "0.9, 10"})
    void chanceIsAsBadAsItIsKnownToBe(double load, double expected) throws InterruptedException {
        double mean = mean(scenario(1_000, 1, load * 100_000, "exponential", 30, 15), "random", 1);
        assertThat(mean).isCloseTo(expected, within(expected * 0.02));
    }

    /** M/M/c: the wait is Erlang's C / (c - load) services; for 4 at 3.2 that is 0.5964 / 0.8. */
    @ParameterizedTest
    @CsvSource({"1, 0.8, 5", "2, 1.6, 2.7778", "4, 3.2, 1.7455", "10, 9, 1.6687"})
    void aServerOfManyPlacesMakesCallsWaitAsErlangSays(int places, double load, double expected)
            throws InterruptedException {
        double mean = mean(scenario(1, places, load * 100, "exponential", 2_000, 100), "random", 1, 2, 3, 4);
        assertThat(mean).isCloseTo(expected, within(expected * 0.03));
    }

    /** M/D/1: half the wait of M/M/1, load / (2 (1 - load)). */
    @ParameterizedTest
    @CsvSource({"0.5, 1.5", "0.8, 3"})
    void workOfEvenLengthWaitsHalfAsLong(double load, double expected) throws InterruptedException {
        double mean = mean(scenario(1, 1, load * 100, "constant", 2_000, 100), "random", 1, 2, 3, 4);
        assertThat(mean).isCloseTo(expected, within(expected * 0.02));
    }

    @Test
    void theTimesOfOneServerAreDistributedExponentially() throws InterruptedException {
        PolicyResult result =
                Sims.run(Sims.scenario(scenario(1, 1, 50, "exponential", 2_000, 100)), "random", 1, 2, 3, 4);
        // M/M/1 at load 0.5: the whole time is exponential with mean 20 ms.
        assertThat(result.latencyMillis(0.5).value()).isCloseTo(20 * Math.log(2), within(0.3));
        assertThat(result.latencyMillis(0.99).value()).isCloseTo(20 * Math.log(100), within(4.0));
    }

    private static double shared(int places, double load, String demand, long... seeds) throws InterruptedException {
        return mean(
                scenario(1, places, load * 100, demand, 2_000, 100)
                        .replace("\"concurrency\"", "\"sharing\": \"processor\", \"concurrency\""),
                "random",
                seeds);
    }

    /**
     * M/M/1-PS: 1 / (1 - load), as long as in M/M/1; and that, unlike there, whatever the distribution of the work (insensitivity; Kleinrock, "Queueing Systems", volume 2, 1976). A tenth of bimodal work is ten
     * times as long as the rest.
     */
    @ParameterizedTest
    @CsvSource({
        "0.5, exponential, 2",
        "0.8, exponential, 5",
        "0.5, constant, 2",
        "0.8, constant, 5",
        "0.5, bimodal, 2",
        "0.8, bimodal, 5",
        "0.8, pareto, 5"
    })
    void sharedProcessorsAreInsensitive(double load, String demand, double expected) throws InterruptedException {
        double tolerance = demand.equals("pareto") ? 0.1 : 0.03;
        assertThat(shared(1, load, demand, 1, 2, 3, 4)).isCloseTo(expected, within(expected * tolerance));
    }

    /** With several places the number of calls is that of M/M/c, whatever the distribution. */
    @ParameterizedTest
    @CsvSource({"4, 3.2, constant, 1.7455", "4, 3.2, bimodal, 1.7455", "2, 1.6, exponential, 2.7778"})
    void severalPlacesAreSharedAsErlangSays(int places, double load, String demand, double expected)
            throws InterruptedException {
        assertThat(shared(places, load, demand, 1, 2, 3, 4)).isCloseTo(expected, within(expected * 0.03));
    }
}

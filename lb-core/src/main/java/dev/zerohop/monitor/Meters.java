package dev.zerohop.monitor;

import dev.zerohop.Health;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/** The table of all meters: whatever publishes them goes by it, so that names, units and tags are the same in every library. */
public final class Meters {

    /** Attempts by how they ended. One that was never ended has no duration that means anything: {@link #LEAKS} counts it. */
    public static final Meter ATTEMPTS = new Meter(
            "zerohop.attempts",
            Meter.Type.HISTOGRAM,
            "s",
            List.of(new Meter.Tag(
                    "outcome",
                    Arrays.stream(Outcome.values())
                            .filter(Meters::timed)
                            .map(Meters::value)
                            .toList())),
            "Attempts that ended, by how, and how long they took");

    /** Under way. */
    public static final Meter ACTIVE = gauge("zerohop.attempts.active", "{attempt}", "Attempts under way");

    /** Never ended. */
    public static final Meter LEAKS =
            counter("zerohop.leaks", "{attempt}", "Attempts that nobody ended, given up by their age");

    /** Waited for. */
    public static final Meter WAIT = new Meter(
            "zerohop.attempts.wait",
            Meter.Type.TIMER,
            "s",
            List.of(),
            "How long calls waited for an endpoint, those that did");

    /** Calls without an endpoint. */
    public static final Meter REFUSALS = counter(
            "zerohop.refusals",
            "{call}",
            "Calls that ended because there was no endpoint for them, by why",
            tag("kind", Refusal.Kind.values()));

    /** Members by what is believed of them. */
    public static final Meter ENDPOINTS = gauge(
            "zerohop.endpoints",
            "{endpoint}",
            "Endpoints of the service, by what is believed of them",
            tag("state", Health.Status.values()));

    /** Those that may be picked. */
    public static final Meter CANDIDATES =
            gauge("zerohop.endpoints.candidates", "{endpoint}", "Endpoints that calls may go to, after all stages");

    /** {@link RecentTraffic#skew}. */
    public static final Meter SKEW = gauge(
            "zerohop.endpoints.skew",
            "1",
            "The largest of the endpoints' attempts in the last minute over their fair share by weight");

    /** Of the membership. */
    public static final Meter MEMBERSHIP = counter(
            "zerohop.membership.changes",
            "{endpoint}",
            "Endpoints that the source added and removed, and removals that were not believed at once",
            tag("change", MembershipChange.values()));

    /** Of what is believed of endpoints. */
    public static final Meter HEALTH = counter(
            "zerohop.health.changes",
            "{change}",
            "Changes of what is believed of an endpoint, by the belief after it",
            tag("to", Health.Status.values()));

    /** 1 while endpoints are used that verdicts had taken out. */
    public static final Meter PANIC = gauge(
            "zerohop.panic", "", "1 while so few endpoints are well that some are used which were taken out, else 0");

    /** 1 while the source cannot be read. */
    public static final Meter SOURCE_FAILING = gauge(
            "zerohop.source.failing",
            "",
            "1 while the source cannot be read or has not yet vouched for endpoints from memory, else 0");

    /** Of the set in force. */
    public static final Meter SOURCE_AGE =
            gauge("zerohop.source.age", "s", "How long ago the source last vouched for its endpoints");

    /** Of pickers. */
    public static final Meter REBUILDS = new Meter(
            "zerohop.rebuilds", Meter.Type.TIMER, "s", List.of(), "New pickers, and how long it took to make them");

    /** What became of configurations. */
    public static final Meter CONFIGURATION = counter(
            "zerohop.configuration",
            "{change}",
            "Configurations that were put in force or rejected, and single values of the source that were",
            tag("result", ConfigurationResult.values()));

    /** What became of failed attempts. */
    public static final Meter RETRIES = counter(
            "zerohop.retries",
            "{attempt}",
            "Failed attempts that might have been repeated, by whether the call was or why not",
            tag("result", RetryDecision.values()));

    /** What became of hedges. */
    public static final Meter HEDGES = counter(
            "zerohop.hedges",
            "{attempt}",
            "Attempts that calls asked for beside those under way, by whether they got them or why not",
            tag("result", RetryDecision.values()));

    /** Of the budget. */
    public static final Meter RETRY_BUDGET =
            gauge("zerohop.retry.budget", "{attempt}", "Retries that the budget would grant now");

    /** Of keys. */
    public static final Meter SPILLS =
            counter("zerohop.spills", "{attempt}", "Attempts at an endpoint that stands in for the owner of their key");

    /** Of the shard map. */
    public static final Meter SHARD_EPOCH =
            gauge("zerohop.shard.epoch", "", "Epoch of the shard map by which keys are placed");

    /** What runs. */
    public static final Meter INFO = gauge(
            "zerohop.info",
            "",
            "Always 1: how the service is balanced, where its endpoints come from, for what client, by which version",
            open("policy"),
            open("source"),
            open("adapter"),
            open("version"));

    /** One endpoint's attempts. */
    public static final Meter ENDPOINT_ATTEMPTS = counter(
            "zerohop.endpoint.attempts",
            "{attempt}",
            "Attempts at one endpoint that ended; those cancelled are left out",
            open("endpoint"),
            new Meter.Tag("result", List.of("ok", "failed")));

    /** One endpoint's attempts under way. */
    public static final Meter ENDPOINT_ACTIVE =
            gauge("zerohop.endpoint.active", "{attempt}", "Attempts under way at one endpoint", open("endpoint"));

    /** One endpoint's latency. */
    public static final Meter ENDPOINT_LATENCY = gauge(
            "zerohop.endpoint.latency",
            "s",
            "Mean duration of the attempts at one endpoint in the last minute that ended well",
            open("endpoint"));

    /** The value of the tag {@code endpoint} for all endpoints that have no meters of their own. */
    public static final String OTHER = "other";

    /** The upper bounds of the buckets of histograms: those of OpenTelemetry's conventions, and two for what takes less than 5 ms. */
    public static final List<Duration> BUCKETS = LongStream.of(
                    1_000,
                    2_500,
                    5_000,
                    10_000,
                    25_000,
                    50_000,
                    75_000,
                    100_000,
                    250_000,
                    500_000,
                    750_000,
                    1_000_000,
                    2_500_000,
                    5_000_000,
                    7_500_000,
                    10_000_000)
            .mapToObj(micros -> Duration.ofNanos(micros * 1_000))
            .toList();

    private static final List<Meter> PER_ENDPOINT = List.of(ENDPOINT_ATTEMPTS, ENDPOINT_ACTIVE, ENDPOINT_LATENCY);

    private static final List<Meter> PER_SERVICE = List.of(
            ATTEMPTS,
            ACTIVE,
            WAIT,
            LEAKS,
            REFUSALS,
            RETRIES,
            HEDGES,
            RETRY_BUDGET,
            SPILLS,
            ENDPOINTS,
            CANDIDATES,
            SKEW,
            MEMBERSHIP,
            HEALTH,
            PANIC,
            SOURCE_AGE,
            SOURCE_FAILING,
            REBUILDS,
            CONFIGURATION,
            SHARD_EPOCH,
            INFO);

    private Meters() {}

    /** Those that each service has. */
    public static List<Meter> perService() {
        return PER_SERVICE;
    }

    /** Those that single endpoints have, where that is wanted. */
    public static List<Meter> perEndpoint() {
        return PER_ENDPOINT;
    }

    /** The value of a tag for a constant: its name in lower case. */
    public static String value(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Whether attempts that ended so are in {@link #ATTEMPTS}. */
    static boolean timed(Outcome outcome) {
        return outcome != Outcome.LEAKED;
    }

    private static Meter counter(String name, String unit, String description, Meter.Tag... tags) {
        return new Meter(name, Meter.Type.COUNTER, unit, List.of(tags), description);
    }

    private static Meter gauge(String name, String unit, String description, Meter.Tag... tags) {
        return new Meter(name, Meter.Type.GAUGE, unit, List.of(tags), description);
    }

    private static Meter.Tag tag(String key, Enum<?>... constants) {
        return new Meter.Tag(key, Arrays.stream(constants).map(Meters::value).toList());
    }

    private static Meter.Tag open(String key) {
        return new Meter.Tag(key, List.of());
    }
}

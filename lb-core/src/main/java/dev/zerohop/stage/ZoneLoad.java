package dev.zerohop.stage;

import static java.util.Objects.requireNonNull;

import dev.zerohop.LoadReport;
import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;
import dev.zerohop.internal.Scalars;
import java.time.Duration;
import java.util.List;

/**
 * How {@link ZonePreference} follows what endpoints report of their load. A zone's utilization is the mean of what its endpoints reported, and of each with the share of its requests that fail added. While the own zone's is above another zone's by more than {@code differencePercent}, more of
 * the traffic goes there, and when it is above it by less than half of that, traffic comes back; in between nothing moves. The part that moves in a period follows the difference, up to {@code maxStepPercent} of the
 * client's traffic.
 *
 * <p>A zone counts while half of its endpoints, ten at the most, have reported within {@code expirationPeriod}, and another than the own one since the last move. Of one that does not, nothing moves for {@code expirationPeriod}, and then what moved there comes back, as fast. Where the own zone's endpoints report, {@code probePercent} of the
 * traffic goes to all others, so that they can.
 *
 * <p>Immutable and thread-safe; equal by value. Source: Envoy's {@code load_aware_locality}, which gives each zone a weight by its headroom at once; here the share goes there by steps, and clients that step at different times see what the others did.
 *
 * @param updatePeriod how often traffic may move, 1 s to 1 h; the first time after a part of it that differs from client to client, then 10 to 20 % later each time
 * @param maxStepPercent how much of this client's traffic moves in a period at most, 1 to 25
 * @param differencePercent by how much more the own zone is utilized before traffic moves, in percent of a whole server, 1 to 100
 * @param probePercent the part of the traffic that other zones get in any case while the own zone reports, or they do and have some of its traffic, 0 to 20
 * @param expirationPeriod how long a report counts, at least {@code updatePeriod} and at most 1 h
 * @param metricNamesForComputingUtilization see {@link LoadReport#utilizationBy}
 */
public record ZoneLoad(
        Duration updatePeriod,
        int maxStepPercent,
        int differencePercent,
        int probePercent,
        Duration expirationPeriod,
        List<String> metricNamesForComputingUtilization) {

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    /** Every 10 s, at most 5 %, from a difference of 10 % on, 3 % for probes, reports count for 3 minutes. */
    public static final ZoneLoad DEFAULTS =
            new ZoneLoad(Duration.ofSeconds(10), 5, 10, 3, Duration.ofMinutes(3), List.of());

    static final String NAME = "reportedLoad";

    private static final String METRICS = "metricNamesForComputingUtilization";

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the option, its value and what was expected
     */
    public ZoneLoad {
        in("updatePeriod", updatePeriod, SHORTEST);
        in("maxStepPercent", maxStepPercent, 1, 25);
        in("differencePercent", differencePercent, 1, 100);
        in("probePercent", probePercent, 0, 20);
        in("expirationPeriod", expirationPeriod, updatePeriod);
        metricNamesForComputingUtilization = LoadReport.metricNames(metricNamesForComputingUtilization);
    }

    /** In configurations. */
    static ZoneLoad read(Options zone) {
        Options fields = zone.object(
                NAME,
                "updatePeriod",
                "maxStepPercent",
                "differencePercent",
                "probePercent",
                "expirationPeriod",
                METRICS);
        Duration period = fields.duration("updatePeriod", DEFAULTS.updatePeriod, SHORTEST, LONGEST);
        Duration otherwise = DEFAULTS.expirationPeriod.compareTo(period) < 0 ? period : DEFAULTS.expirationPeriod;
        return new ZoneLoad(
                period,
                fields.integer("maxStepPercent", DEFAULTS.maxStepPercent, 1, 25),
                fields.integer("differencePercent", DEFAULTS.differencePercent, 1, 100),
                fields.integer("probePercent", DEFAULTS.probePercent, 0, 20),
                fields.duration("expirationPeriod", otherwise, period, LONGEST),
                LoadReport.metricNames(fields, METRICS));
    }

    private static void in(String what, Duration value, Duration least) {
        if (requireNonNull(value, what).compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    what + " was " + value + ", expected " + Scalars.expectedDuration(least, LONGEST));
        }
    }

    private static void in(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(what + " was " + value + ", expected " + least + " to " + most);
        }
    }

    @Override
    public String toString() {
        return NAME + " (" + options() + ")";
    }

    /** As they stand in the text of a stage. */
    String options() {
        return new OptionsText("")
                .with("updatePeriod", updatePeriod)
                .with("maxStepPercent", maxStepPercent)
                .with("differencePercent", differencePercent)
                .with("probePercent", probePercent)
                .with("expirationPeriod", expirationPeriod)
                .with(METRICS, metricNamesForComputingUtilization)
                .toString();
    }
}

package dev.zerohop.sharding.plan;

import java.time.Duration;

/**
 * How keys are divided. An immutable value.
 *
 * @param tolerance how far the load of a member may be from the mean, as a share of the larger of the mean and {@code maxLoad}: {@link #TIGHT}, {@link #DEFAULT}, {@link #LOOSE}, or
 *     anything above 0 and up to 1. An idle service is left alone, since it is relative to what members can take
 * @param reserve the load that keys are taken to have at least, as a share of what all members can take, spread evenly over all keys, above 0 and up to 1: keys that are idle today
 *     are not all put onto one member. Default: {@link #DEFAULT_RESERVE}
 * @param churnPrice what it costs to move a load away from a member that has it, as a share of that load, 0 or more. Default: {@link #DEFAULT_CHURN_PRICE}
 * @param minReplicas the owners of each slice, 1 or more; all members if they are fewer. Default: 1
 * @param maxReplicas the most owners of a slice that is too hot for one member and cannot be cut. Above 1 for keys that are read only. Default: 1
 * @param maxLoad what a member of the mean weight can take, in the unit of the reports; 0 if that is not known: then the highest mean of a day, divided by 0.6, stands for it
 * @param hold how long a member that is gone without notice keeps its slices, for one that restarts. Default: zero
 * @param pairing how long a member that has just come waits with one slice for one that leaves, whose place it then takes over as a whole, so that a rolling update moves each key once.
 *     Zero for not at all. Default: 10 s
 */
public record PlanSettings(
        double tolerance,
        double reserve,
        double churnPrice,
        int minReplicas,
        int maxReplicas,
        double maxLoad,
        Duration hold,
        Duration pairing) {

    /** Within 2.5 % of what a member can take. */
    public static final double TIGHT = 0.025;

    /** Within 10 %. */
    public static final double DEFAULT = 0.1;

    /** Within 40 %. */
    public static final double LOOSE = 0.4;

    public static final double DEFAULT_RESERVE = 0.1;
    public static final double DEFAULT_CHURN_PRICE = 0.25;

    private static final Duration LONGEST = Duration.ofHours(1);

    /** All defaults. */
    public static final PlanSettings DEFAULTS = new PlanSettings(
            DEFAULT, DEFAULT_RESERVE, DEFAULT_CHURN_PRICE, 1, 1, 0, Duration.ZERO, Duration.ofSeconds(10));

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the value, what it was and what was expected
     */
    public PlanSettings {
        check("tolerance", tolerance, tolerance > 0 && tolerance <= 1, "above 0 and up to 1");
        check("reserve", reserve, reserve > 0 && reserve <= 1, "above 0 and up to 1");
        check("churnPrice", churnPrice, churnPrice >= 0 && churnPrice <= 100, "0 to 100");
        check("minReplicas", minReplicas, minReplicas >= 1 && minReplicas <= 1000, "1 to 1000");
        check(
                "maxReplicas",
                maxReplicas,
                maxReplicas >= minReplicas && maxReplicas <= 10_000,
                "minReplicas (" + minReplicas + ") to 10000");
        check("maxLoad", maxLoad, maxLoad >= 0 && maxLoad < Double.POSITIVE_INFINITY, "0 or more");
        check("hold", hold, !hold.isNegative() && hold.compareTo(LONGEST) <= 0, "PT0S to " + LONGEST);
        check("pairing", pairing, !pairing.isNegative() && pairing.compareTo(LONGEST) <= 0, "PT0S to " + LONGEST);
    }

    private static void check(String name, Object value, boolean good, String expected) {
        if (!good) {
            throw new IllegalArgumentException(name + " was " + value + ", expected " + expected);
        }
    }

    /** The same with another tolerance. */
    public PlanSettings tolerance(double next) {
        return new PlanSettings(next, reserve, churnPrice, minReplicas, maxReplicas, maxLoad, hold, pairing);
    }

    /** The same with another reserve. */
    public PlanSettings reserve(double next) {
        return new PlanSettings(tolerance, next, churnPrice, minReplicas, maxReplicas, maxLoad, hold, pairing);
    }

    /** The same with another price of moves. */
    public PlanSettings churnPrice(double next) {
        return new PlanSettings(tolerance, reserve, next, minReplicas, maxReplicas, maxLoad, hold, pairing);
    }

    /** The same with other numbers of owners of a slice. */
    public PlanSettings replicas(int min, int max) {
        return new PlanSettings(tolerance, reserve, churnPrice, min, max, maxLoad, hold, pairing);
    }

    /** The same with another load that a member can take. */
    public PlanSettings maxLoad(double next) {
        return new PlanSettings(tolerance, reserve, churnPrice, minReplicas, maxReplicas, next, hold, pairing);
    }

    /** The same with another time for which members that are gone keep their slices. */
    public PlanSettings hold(Duration next) {
        return new PlanSettings(tolerance, reserve, churnPrice, minReplicas, maxReplicas, maxLoad, next, pairing);
    }

    /** The same with another time for which members that come wait for one that leaves. */
    public PlanSettings pairing(Duration next) {
        return new PlanSettings(tolerance, reserve, churnPrice, minReplicas, maxReplicas, maxLoad, hold, next);
    }
}

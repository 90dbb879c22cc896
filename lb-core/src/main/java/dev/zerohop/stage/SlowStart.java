package dev.zerohop.stage;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Candidate;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.Snapshot;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives an endpoint that is new, or back after it was out of order, a small part of its traffic at first and then more and more: a JVM that has just begun is slow.
 *
 * <p>At the age t, counted from when the endpoint became {@linkplain Node#healthySinceNanos usable}, its part is {@code max(minPercent / 100, (max(t, 1 s) / window)^(1 / aggression))}, in
 * steps of 5 %; from the end of the window on it is 1. The part multiplies the weight, so it is relative to the others': one that is alone gets everything, and where all are equally new the
 * ramp makes no difference. What this client began with ({@link Snapshot#startedNanos}) is not new, nor is an endpoint whose connection is only made anew.
 *
 * <p>Where most are new, those that are not would bear nearly everything. So no endpoint gets more than {@code overProvisioningPercent} of its even share for the sake of those that are
 * starting: their parts are raised as far as that takes.
 *
 * <p>It reaches every unkeyed policy. Those that ignore the endpoints' own weights count the part alone ({@link Candidate#scale}); those that draw two and compare loads draw by it. Policies
 * that place keys do not see it ({@link Candidate#keyWeight}). It does nothing while the health filter panics. A half-open endpoint is left as it is: it takes a single call anyhow.
 *
 * <p>A version is made again when the next step is due, at most once in a second; none while no endpoint is starting, and such a version costs two comparisons. Immutable and thread-safe; equal by
 * value.
 *
 * <p>Source: Envoy's slow start mode, whose formula this is; there it counts from when an endpoint joined.
 *
 * @param window how long it takes, 2 s to 1 h
 * @param aggression 1 for a straight line; more gives more early on, less gives it later; 0.1 to 10
 * @param minPercent the part at the beginning, 1 to 100
 * @param overProvisioningPercent how far above its even share the others may be loaded, 100 to 1000
 */
public record SlowStart(Duration window, double aggression, int minPercent, int overProvisioningPercent)
        implements Stage {

    /** In configurations. */
    static final class Provider implements StageProvider {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public List<String> options() {
            return List.of("window", "aggression", "minPercent", "overProvisioningPercent");
        }

        @Override
        public Stage read(Options options) {
            return new SlowStart(
                    options.duration("window", DEFAULT_WINDOW, MIN_WINDOW, MAX_WINDOW),
                    options.number("aggression", DEFAULT_AGGRESSION, MIN_AGGRESSION, MAX_AGGRESSION),
                    options.integer("minPercent", DEFAULT_MIN_PERCENT, 1, 100),
                    options.integer("overProvisioningPercent", DEFAULT_OVER_PROVISIONING_PERCENT, 100, 1000));
        }
    }

    private static final String NAME = "slow_start";

    /** How long it takes by default: 30 s. */
    public static final Duration DEFAULT_WINDOW = Duration.ofSeconds(30);

    /** The shape of the ramp by default: a straight line. */
    public static final double DEFAULT_AGGRESSION = 1;

    /** The part at the beginning by default, in percent. */
    public static final int DEFAULT_MIN_PERCENT = 10;

    /** How far above its even share the others may be loaded by default, in percent. */
    public static final int DEFAULT_OVER_PROVISIONING_PERCENT = 200;

    private static final Duration MIN_WINDOW = Duration.ofSeconds(2);
    private static final Duration MAX_WINDOW = Duration.ofHours(1);
    private static final double MIN_AGGRESSION = 0.1;
    private static final double MAX_AGGRESSION = 10;

    /** Endpoints of about the same age have the same weight, which keeps schedules short. */
    private static final double STEP = 0.05;

    /** What rounding may take from a step that is due. */
    private static final double ROUNDING = 1e-6;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** How many are named in the trail. */
    private static final int NAMED = 3;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the option, its value and what was expected
     */
    public SlowStart {
        requireNonNull(window, "window");
        if (window.compareTo(MIN_WINDOW) < 0 || window.compareTo(MAX_WINDOW) > 0) {
            throw new IllegalArgumentException("window was " + window + ", expected PT2S to PT1H");
        }
        if (!(aggression >= MIN_AGGRESSION && aggression <= MAX_AGGRESSION)) {
            throw new IllegalArgumentException("aggression was " + aggression + ", expected 0.1 to 10");
        }
        if (minPercent < 1 || minPercent > 100) {
            throw new IllegalArgumentException("minPercent was " + minPercent + " %, expected 1 to 100");
        }
        if (overProvisioningPercent < 100 || overProvisioningPercent > 1000) {
            throw new IllegalArgumentException(
                    "over-provisioning was " + overProvisioningPercent + " %, expected 100 to 1000");
        }
    }

    /** A straight line over this time, with the defaults for the rest. */
    public SlowStart(Duration window) {
        this(window, DEFAULT_AGGRESSION, DEFAULT_MIN_PERCENT, DEFAULT_OVER_PROVISIONING_PERCENT);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Snapshot apply(Snapshot in, long nowNanos) {
        long newest = in.newestNanos();
        if (newest - in.startedNanos() <= 0 || nowNanos - newest >= window.toNanos()) {
            return in;
        }
        List<Candidate> candidates = in.candidates();
        double[] parts = new double[candidates.size()];
        int starting = 0;
        long review = Long.MAX_VALUE;
        boolean panic = false;
        for (int i = 0; i < parts.length; i++) {
            Node node = candidates.get(i).node();
            parts[i] = 1;
            panic |= !node.health().status().usable();
            long age = nowNanos - node.healthySinceNanos();
            if (node.healthySinceNanos() - in.startedNanos() > 0
                    && age < window.toNanos()
                    && node.health().status() != Health.Status.HALF_OPEN) {
                int step = step(age);
                parts[i] = part(step);
                if (parts[i] < 1) {
                    review = Math.min(review, Math.max(SECOND, due(step + 1) - age));
                    starting++;
                }
            }
        }
        if (starting == 0) {
            return in;
        }
        if (panic) {
            return in.with(
                    candidates,
                    Long.MAX_VALUE,
                    NAME + ": " + starting + " of " + parts.length
                            + " are starting and take their whole part: endpoints that are out of order are in use as"
                            + " well");
        }
        if (Arrays.stream(parts).distinct().count() == 1) {
            return in.with(candidates, review, NAME + ": all " + parts.length + " have started at about the same time");
        }
        String note = raise(candidates, parts)
                ? ", raised so that no other takes more than " + overProvisioningPercent + " % of its even share"
                : "";
        List<Candidate> next = reduced(candidates, parts);
        return in.with(next, review, NAME + ": " + starting + " of " + parts.length + words(candidates, parts) + note);
    }

    // ---- the ramp ----

    /** How many steps above the least part it is at this age. */
    private int step(long age) {
        double exact = StrictMath.pow((double) Math.max(age, SECOND) / window.toNanos(), 1 / aggression);
        return (int) Math.max(0, Math.floor((exact - minPercent / 100.0) / STEP + ROUNDING));
    }

    private double part(int step) {
        return Math.min(1, minPercent / 100.0 + step * STEP);
    }

    /** The age from which on it is at this step. */
    private long due(int step) {
        double part = part(step);
        return part >= 1 ? window.toNanos() : Math.round(window.toNanos() * StrictMath.pow(part, aggression));
    }

    // ---- what it does to the others ----

    /** Moves the parts of each group towards 1 until no endpoint of it is loaded too far above its even share. Returns whether that was needed. */
    private boolean raise(List<Candidate> candidates, double[] parts) {
        Map<Integer, Sums> groups = sums(candidates, parts);
        double allowed = overProvisioningPercent / 100.0;
        boolean raised = false;
        for (Sums sums : groups.values()) {
            double mean = Math.min(sums.reducedWeight / sums.weight, sums.reducedScale / sums.scale);
            double missing = sums.most - allowed * mean;
            sums.towards = missing > 0 ? missing / (missing + allowed - 1) : 0;
            raised |= missing > 0;
        }
        for (int i = 0; i < parts.length && raised; i++) {
            Sums sums = groups.getOrDefault(candidates.get(i).group(), new Sums());
            parts[i] += (1 - parts[i]) * sums.towards;
        }
        return raised;
    }

    private static Map<Integer, Sums> sums(List<Candidate> candidates, double[] parts) {
        Map<Integer, Sums> groups = new HashMap<>();
        for (int i = 0; i < parts.length; i++) {
            Candidate candidate = candidates.get(i);
            groups.computeIfAbsent(candidate.group(), absent -> new Sums()).add(candidate, parts[i]);
        }
        return groups;
    }

    /** Where an earlier stage has divided the traffic between groups, the division stays what it was. */
    private static List<Candidate> reduced(List<Candidate> candidates, double[] parts) {
        Map<Integer, Sums> groups = sums(candidates, parts);
        List<Candidate> next = new ArrayList<>(parts.length);
        for (int i = 0; i < parts.length; i++) {
            Candidate candidate = candidates.get(i);
            if (groups.size() == 1) {
                next.add(parts[i] == 1 ? candidate : candidate.reduced(parts[i]));
            } else {
                Sums sums = groups.getOrDefault(candidate.group(), new Sums());
                next.add(new Candidate(
                        candidate.node(),
                        candidate.weight() * parts[i] * sums.weight / sums.reducedWeight,
                        candidate.scale() * parts[i] * sums.scale / sums.reducedScale,
                        candidate.group(),
                        candidate.keyWeight()));
            }
        }
        return next;
    }

    /** Of one group. */
    private static final class Sums {
        private double weight;
        private double scale;
        private double reducedWeight;
        private double reducedScale;
        private double most;

        /** How far its parts are to be moved towards 1. */
        private double towards;

        void add(Candidate candidate, double part) {
            weight += candidate.weight();
            scale += candidate.scale();
            reducedWeight += candidate.weight() * part;
            reducedScale += candidate.scale() * part;
            most = Math.max(most, part);
        }
    }

    private static String words(List<Candidate> candidates, double[] parts) {
        StringBuilder text = new StringBuilder();
        int named = 0;
        int more = 0;
        for (int i = 0; i < parts.length; i++) {
            if (parts[i] == 1) {
                continue;
            }
            if (named++ < NAMED) {
                text.append(named == 1 ? " are starting: " : ", ")
                        .append(candidates.get(i).node().endpoint().id())
                        .append(" at ")
                        .append(Math.round(100 * parts[i]))
                        .append(" %");
            } else {
                more++;
            }
        }
        return more == 0
                ? text.toString()
                : text.append(" and ").append(more).append(" more").toString();
    }

    @Override
    public String toString() {
        return new OptionsText(NAME)
                .with("window", window)
                .with("aggression", aggression)
                .with("minPercent", minPercent)
                .with("overProvisioningPercent", overProvisioningPercent)
                .toString();
    }
}

package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.Health;
import dev.zerohop.Snapshot;
import dev.zerohop.Stage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Leaves the candidates that are {@linkplain Health.Status#usable usable}, unless too few of them are: then it panics, and also uses those that
 * verdicts took out. Few healthy endpoints would break under the load of all, and so many bad verdicts at once speak against whoever judges.
 *
 * <p>Only verdicts that may be wrong are lifted ({@link Health.Status#liftedByPanic}: ejected and unhealthy). An endpoint that is connecting,
 * disconnected, not ready or draining is a fact, not a verdict: it is never used, and it is left out of the share, so that a
 * start-up or a rolling restart is no reason to panic. So is one that could not be connected to ({@link Health.Status#UNREACHABLE}); but when nobody
 * else is left at all, those are used, for the fault may be this client's own network and be over by now. A half-open endpoint stays a candidate but counts as one that is out, since it may
 * take a single call.
 *
 * <p>Immutable and thread-safe; equal by value.
 *
 * <p>Source: Envoy's panic threshold, strictly below which panic begins; at exactly the threshold there is none.
 *
 * @param panicThresholdPercent panic begins below this share of usable endpoints, 0 to 100; 0 never panics
 */
public record HealthFilter(int panicThresholdPercent) implements Stage {

    /** The panic threshold by default. */
    public static final int DEFAULT_PANIC_THRESHOLD_PERCENT = 50;

    /**
     * Checks the threshold.
     *
     * @throws IllegalArgumentException if it is not from 0 to 100
     */
    public HealthFilter {
        if (panicThresholdPercent < 0 || panicThresholdPercent > 100) {
            throw new IllegalArgumentException(
                    "panic threshold was " + panicThresholdPercent + " %, expected 0 (never) to 100");
        }
    }

    /** Starts with the default. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "health";
    }

    @Override
    public Snapshot apply(Snapshot in, long nowNanos) {
        List<Candidate> staying = new ArrayList<>(in.candidates().size());
        // The candidates' health may change while this runs; each is read once.
        List<Candidate> withLifted = new ArrayList<>(in.candidates().size());
        Map<Health.Status, Integer> out = new EnumMap<>(Health.Status.class);
        List<Candidate> unreachable = new ArrayList<>();
        int usable = 0;
        int judged = 0;
        for (Candidate candidate : in.candidates()) {
            Health.Status status = candidate.node().health().status();
            if (status.usable()) {
                staying.add(candidate);
                withLifted.add(candidate);
                judged++;
                if (status != Health.Status.HALF_OPEN) {
                    usable++;
                }
            } else {
                out.merge(status, 1, Integer::sum);
                if (status == Health.Status.UNREACHABLE) {
                    unreachable.add(candidate);
                } else if (status.liftedByPanic()) {
                    withLifted.add(candidate);
                    judged++;
                }
            }
        }
        boolean lifts = withLifted.size() > staying.size();
        if (lifts && 100L * usable < (long) panicThresholdPercent * judged) {
            return in.with(
                    withLifted,
                    Long.MAX_VALUE,
                    name() + ": panic: " + usable + " of " + judged + " usable is below " + panicThresholdPercent
                            + " %, using " + words(out, true) + " as well" + rest(out));
        }
        if (withLifted.isEmpty() && !unreachable.isEmpty() && panicThresholdPercent > 0) {
            out.remove(Health.Status.UNREACHABLE);
            return in.with(
                    unreachable,
                    Long.MAX_VALUE,
                    name() + ": nobody else is left, using " + unreachable.size() + " that could not be connected to"
                            + rest(out));
        }
        return in.with(
                // The list as it was, if it was left alone: it is not copied again.
                staying.size() == in.candidates().size() ? in.candidates() : staying,
                Long.MAX_VALUE,
                name() + ": " + staying.size() + " of " + in.candidates().size() + " stay"
                        + (out.isEmpty() ? "" : ", out are " + words(out, lifts) + (lifts ? rest(out) : "")));
    }

    private static String rest(Map<Health.Status, Integer> out) {
        String facts = words(out, false);
        return facts.isEmpty() ? "" : ", without " + facts;
    }

    private static String words(Map<Health.Status, Integer> out, boolean lifted) {
        StringBuilder text = new StringBuilder();
        out.forEach((status, count) -> {
            if (status.liftedByPanic() == lifted) {
                text.append(text.isEmpty() ? "" : " and ")
                        .append(count)
                        .append(' ')
                        .append(status.name().toLowerCase(Locale.ROOT).replace('_', ' '));
            }
        });
        return text.toString();
    }

    /** Builds a {@link HealthFilter}. Not thread-safe. */
    public static final class Builder {
        private int panicThresholdPercent = DEFAULT_PANIC_THRESHOLD_PERCENT;

        private Builder() {}

        /** Sets the share of usable endpoints, in percent, below which panic begins; 0 never panics. Default: 50. */
        public Builder panicThresholdPercent(int percent) {
            this.panicThresholdPercent = percent;
            return this;
        }

        /**
         * Builds the stage.
         *
         * @throws IllegalArgumentException if the threshold is not from 0 to 100
         */
        public HealthFilter build() {
            return new HealthFilter(panicThresholdPercent);
        }
    }
}

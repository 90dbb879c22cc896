package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.Snapshot;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.internal.OptionsText;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Removes the candidates that are not {@linkplain Health.Status#usable usable}; with too few left it panics and keeps those that verdicts took out. Few
 * healthy endpoints would break under the load of all, and so many bad verdicts at once are suspect.
 *
 * <p>Only verdicts that may be wrong are lifted ({@link Health.Status#liftedByPanic}: ejected and unhealthy). An endpoint that is connecting,
 * disconnected or not ready is a fact, not a verdict: it is never used, and it is left out of the share, so that a
 * start-up or a rolling restart is no reason to panic. So is one that could not be connected to ({@link Health.Status#UNREACHABLE}); but when no other
 * is left at all, those are used, for the fault may be this client's own network and be over by now. A half-open endpoint stays a candidate but counts as one that is out, since it may
 * take a single call.
 *
 * <p>Draining endpoints are the last resort: they are left out while any other is well, and used while none is, beside those that panic lifts. A draining
 * endpoint that is ejected, unhealthy or unreachable besides is never used.
 *
 * <p>What it leaves is {@linkplain Snapshot#available available}: later stages divide the traffic, and make the owner of no key one that is down.
 *
 * <p>Immutable and thread-safe; equal by value.
 *
 * <p>Source: Envoy's panic threshold, strictly below which panic begins; at exactly the threshold there is none.
 *
 * @param panicThresholdPercent panic begins below this share of usable endpoints, 0 to 100; 0 never panics
 */
public record HealthFilter(int panicThresholdPercent) implements Stage {

    /** In configurations, by the name of what it is configured with. */
    static final class Provider implements StageProvider {
        @Override
        public String name() {
            return "panic";
        }

        @Override
        public List<String> options() {
            return List.of("thresholdPercent");
        }

        @Override
        public Stage read(Options options) {
            return new HealthFilter(options.integer("thresholdPercent", DEFAULT_PANIC_THRESHOLD_PERCENT, 0, 100));
        }
    }

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

    /** A filter with the default threshold. */
    public HealthFilter() {
        this(DEFAULT_PANIC_THRESHOLD_PERCENT);
    }

    @Override
    public String name() {
        return "health";
    }

    @Override
    public Snapshot apply(Snapshot in, long nowNanos) {
        List<Candidate> candidates = in.candidates();
        // All others are well: a change of one among thousands costs no look at each.
        int[] impaired = impaired(in);
        Use[] uses = new Use[impaired.length];
        Map<Health.Status, Integer> out = new EnumMap<>(Health.Status.class);
        int usable = candidates.size() - impaired.length;
        int staying = usable;
        int lifted = 0;
        int draining = 0;
        int unreachable = 0;
        for (int i = 0; i < uses.length; i++) {
            Node node = candidates.get(impaired[i]).node();
            Health.Status status = node.health().status();
            boolean leaving = node.endpoint().readiness() == Endpoint.Readiness.DRAINING;
            uses[i] = use(status, leaving);
            switch (uses[i]) {
                case ALWAYS -> staying++;
                case IN_PANIC -> lifted++;
                case LAST_RESORT -> draining++;
                case UNREACHABLE -> unreachable++;
                case NEVER -> {}
            }
            if (uses[i] != Use.ALWAYS) {
                out.merge(leaving ? Health.Status.DRAINING : status, 1, Integer::sum);
            }
        }
        int verdicts = staying + lifted;
        Set<Use> kept = EnumSet.of(Use.ALWAYS);
        String lastResort = "";
        if (draining > 0 && usable == 0) {
            kept.add(Use.LAST_RESORT);
            int leaving = out.getOrDefault(Health.Status.DRAINING, 0) - draining;
            if (leaving > 0) {
                out.put(Health.Status.DRAINING, leaving);
            } else {
                out.remove(Health.Status.DRAINING);
            }
            lastResort = draining + " draining as the last resort";
        }
        String note;
        if (lifted > 0 && 100L * usable < (long) panicThresholdPercent * verdicts) {
            kept.add(Use.IN_PANIC);
            note = "panic: " + usable + " of " + verdicts + " usable is below " + panicThresholdPercent + " %, using "
                    + words(out, true) + " as well" + (lastResort.isEmpty() ? "" : ", and " + lastResort) + rest(out);
        } else if (!lastResort.isEmpty()) {
            note = "no other endpoint is well, using " + lastResort
                    + (lifted > 0 ? ", without " + words(out, true) : "") + rest(out);
        } else if (verdicts == 0 && draining == 0 && unreachable > 0 && panicThresholdPercent > 0) {
            kept.add(Use.UNREACHABLE);
            out.remove(Health.Status.UNREACHABLE);
            note = "no other endpoint is left, using " + unreachable + " that could not be connected to" + rest(out);
        } else {
            note = staying + " of " + candidates.size() + " stay"
                    + (out.isEmpty() ? "" : ", out are " + words(out, lifted > 0) + (lifted > 0 ? rest(out) : ""));
        }
        Snapshot left = in.without(dropped(impaired, uses, kept), name() + ": " + note)
                .panicking(kept.contains(Use.IN_PANIC) ? note : null);
        // A stage that divides the traffic, and yet comes first, takes no owner of a key out either.
        return left.withAvailable(
                in.available() == in.candidates()
                        ? left.candidates()
                        : apply(in.with(in.available(), Long.MAX_VALUE, ""), nowNanos)
                                .candidates());
    }

    /** The positions of the impaired candidates, in ascending order. */
    static int[] impaired(Snapshot in) {
        List<Candidate> candidates = in.candidates();
        // A few of many are looked for from where the one before was found; else one walk over all finds them.
        boolean few = in.isUnstaged() && 16L * in.impaired().size() <= candidates.size();
        return few ? found(candidates, in.impaired()) : walked(candidates);
    }

    private static int[] walked(List<Candidate> candidates) {
        int[] found = new int[candidates.size()];
        int count = 0;
        for (int i = 0; i < found.length; i++) {
            if (candidates.get(i).node().health().impaired()) {
                found[count++] = i;
            }
        }
        return Arrays.copyOf(found, count);
    }

    private static int[] found(List<Candidate> candidates, List<Node> impaired) {
        int[] found = new int[impaired.size()];
        int count = 0;
        int from = 0;
        for (Node node : impaired) {
            int at = position(candidates, node.endpoint().id(), from);
            // One of weight 0 is no candidate.
            if (at >= 0) {
                found[count++] = at;
                from = at + 1;
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** Where the candidate of this id is, from a position on; negative if it is not there. */
    private static int position(List<Candidate> candidates, String id, int from) {
        int low = from;
        int high = candidates.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = candidates.get(middle).node().endpoint().id().compareTo(id);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    private static int[] dropped(int[] impaired, Use[] uses, Set<Use> kept) {
        int[] dropped = new int[impaired.length];
        int count = 0;
        for (int i = 0; i < impaired.length; i++) {
            if (!kept.contains(uses[i])) {
                dropped[count++] = impaired[i];
            }
        }
        return Arrays.copyOf(dropped, count);
    }

    /** When a candidate stays one. */
    private enum Use {
        ALWAYS,
        IN_PANIC,
        LAST_RESORT,
        UNREACHABLE,
        NEVER
    }

    private static Use use(Health.Status status, boolean leaving) {
        if (status.usable()) {
            return Use.ALWAYS;
        }
        if (status == Health.Status.DRAINING) {
            return Use.LAST_RESORT;
        }
        // One that is on its way out and does not even answer is not used: no verdict on it is worth doubting.
        if (leaving) {
            return Use.NEVER;
        }
        return status.liftedByPanic()
                ? Use.IN_PANIC
                : status == Health.Status.UNREACHABLE ? Use.UNREACHABLE : Use.NEVER;
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

    @Override
    public String toString() {
        return new OptionsText("panic")
                .with("thresholdPercent", panicThresholdPercent)
                .toString();
    }
}

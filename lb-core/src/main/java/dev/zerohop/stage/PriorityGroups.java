package dev.zerohop.stage;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.Printable;
import dev.zerohop.Snapshot;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.internal.OptionsText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Uses the first of several groups of endpoints (zones, clusters, sources) as far as it is in order, and the next ones for what it cannot bear.
 *
 * <p>A group's health is {@code min(100, overProvisioningPercent * usable / all)}: with 140, a group bears everything down to 71.4 % of its endpoints. Each group in turn gets as much of the traffic as
 * its health says, until all of it is given away; if all groups together have less than 100, each gets its health's share of the sum. Within a group the policy chooses as usual; one that goes by
 * load compares the endpoints of one group with each other ({@link Candidate#group}).
 *
 * <p>It takes the place of the health filter and applies it group by group: groups together of 100 or more never panic, since there are healthy endpoints for all traffic; else a group panics by its
 * own share of usable endpoints. When no group has any, the filter applies to all of them together.
 *
 * <p>A client that starts waits for its first group for {@value Census#CONNECTING_SECONDS} s: until then what is connecting counts neither way, and a group of which nothing else is known keeps its
 * traffic. Later a connection that is lost counts as an endpoint that is out. An endpoint that was never usable ({@link Node#wasUsable}: it is not ready, or has been connecting for less than that time)
 * counts neither way, as far as there are as many others in its group: a group that grows sends nothing away. Draining endpoints do not count either.
 *
 * <p>A half-open endpoint stays a candidate until its probe has ended, also of a group that gets no traffic at the moment: without the probe it would never get any again.
 *
 * <p>Keys that have one owner stay with it, whatever group it is in: {@linkplain Snapshot#available available} is what the health filter leaves of all endpoints together.
 *
 * <p>Immutable, but for what it remembers of the last list of candidates; thread-safe; equal by value.
 *
 * <p>Source: Envoy's priority levels with their over-provisioning factor and panic; the time for connecting is that of gRPC's priority policy.
 */
public final class PriorityGroups implements Stage {

    /** In configurations. */
    static final class Provider implements StageProvider {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public List<String> options() {
            return List.of("attribute", "values", "zones", "overProvisioningPercent");
        }

        @Override
        public Stage read(Options options) {
            int percent = options.integer("overProvisioningPercent", DEFAULT_OVER_PROVISIONING_PERCENT, 100, 1000);
            if (options.has("zones")) {
                if (options.has("attribute") || options.has("values")) {
                    throw options.rejected("zones", "no such field beside attribute and values");
                }
                return ofZones(names(options, "zones")).overProvisioned(percent);
            }
            if (options.has("attribute") != options.has("values")) {
                throw options.rejected(
                        options.has("values") ? "attribute" : "values", "both attribute and values, or neither");
            }
            PriorityGroups groups = options.has("attribute")
                    ? ofAttribute(options.string("attribute", "the name of an attribute"), names(options, "values"))
                    : numbered();
            return groups.overProvisioned(percent);
        }

        private static List<String> names(Options options, String field) {
            String expected = "a list of 1 to " + (MAX_GROUPS - 1) + " different names";
            List<String> names = new ArrayList<>();
            for (Object given : options.list(field, expected)) {
                if (!(given instanceof String name)
                        || name.isBlank()
                        || Printable.problem(name, Printable.MAX_VALUE) != null
                        || names.contains(name)) {
                    throw options.rejected(field, expected);
                }
                names.add(name);
            }
            if (names.isEmpty() || names.size() >= MAX_GROUPS) {
                throw options.rejected(field, expected);
            }
            return names;
        }
    }

    static final String NAME = "priority";

    /** How far above its even share an endpoint may be loaded by default before the next group takes some, in percent. */
    public static final int DEFAULT_OVER_PROVISIONING_PERCENT = 140;

    private static final int MAX_GROUPS = 16;

    /** What rounding may take from a sum of shares or of percents. */
    private static final double ROUNDING = 1e-9;

    private static final HealthFilter DEFAULT_FILTER = new HealthFilter();
    private static final List<String> NUMBERS =
            List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14");

    private final @Nullable String attribute;
    private final List<String> values;
    private final boolean numbered;
    private final int overProvisioningPercent;
    private final HealthFilter filter;

    /** For the last list of candidates; what it says follows from that list. */
    private volatile @Nullable Levels last;

    private PriorityGroups(
            @Nullable String attribute, List<String> values, int overProvisioningPercent, HealthFilter filter) {
        if (overProvisioningPercent < 100 || overProvisioningPercent > 1000) {
            throw new IllegalArgumentException(
                    "over-provisioning was " + overProvisioningPercent + " %, expected 100 to 1000");
        }
        if (values.isEmpty() || values.size() >= MAX_GROUPS || new HashSet<>(values).size() < values.size()) {
            throw new IllegalArgumentException(
                    "groups were " + values + ", expected 1 to " + (MAX_GROUPS - 1) + " different names");
        }
        this.attribute = attribute;
        this.values = List.copyOf(values);
        this.numbered = values.equals(NUMBERS);
        this.overProvisioningPercent = overProvisioningPercent;
        this.filter = requireNonNull(filter, "filter");
    }

    /** Groups by the {@linkplain Endpoint#zone zone}, the first first; endpoints of other zones are the last group. */
    public static PriorityGroups ofZones(List<String> zones) {
        return new PriorityGroups(null, zones, DEFAULT_OVER_PROVISIONING_PERCENT, DEFAULT_FILTER);
    }

    /** Groups by the value of an attribute, the first first; endpoints with other values, or without it, are the last group. */
    public static PriorityGroups ofAttribute(String attribute, List<String> values) {
        return new PriorityGroups(
                requireNonNull(attribute, "attribute"), values, DEFAULT_OVER_PROVISIONING_PERCENT, DEFAULT_FILTER);
    }

    /** Groups by the number in the attribute {@link Endpoint#PRIORITY}, from 0 to 15; an endpoint without it is in the first. */
    public static PriorityGroups numbered() {
        return ofAttribute(Endpoint.PRIORITY, NUMBERS);
    }

    /** The same with another over-provisioning, 100 to 1000. */
    public PriorityGroups overProvisioned(int percent) {
        return new PriorityGroups(attribute, values, percent, filter);
    }

    /** The same with this health filter within each group. Default: that of {@link HealthFilter#HealthFilter()}. */
    public PriorityGroups filteredBy(HealthFilter filter) {
        return new PriorityGroups(attribute, values, overProvisioningPercent, filter);
    }

    @Override
    public String name() {
        return NAME;
    }

    int groups() {
        return values.size() + 1;
    }

    int group(Endpoint endpoint) {
        String value =
                attribute == null ? endpoint.zone() : endpoint.attributes().get(attribute);
        if (value == null && numbered) {
            return 0;
        }
        int index = value == null ? -1 : values.indexOf(value);
        return index < 0 ? values.size() : index;
    }

    @Override
    public Snapshot apply(Snapshot in, long nowNanos) {
        List<Candidate> candidates = in.candidates();
        Levels levels = levels(candidates);
        if (levels.isOne()) {
            return alike(in, nowNanos, Long.MAX_VALUE, "all are in one group");
        }
        Census census = new Census(levels, in, HealthFilter.impaired(in), nowNanos);
        double[] health = census.health(overProvisioningPercent);
        double sum = Arrays.stream(health).sum();
        if (census.nothing(health)) {
            return alike(in, nowNanos, census.review, "no group has an endpoint that is in order");
        }
        double[] loads = loads(health, sum);
        boolean[] used = new boolean[loads.length];
        int groups = 0;
        int lastUsed = 0;
        for (int i = 0; i < loads.length; i++) {
            used[i] = loads[i] > 0;
            groups += used[i] ? 1 : 0;
            lastUsed = used[i] ? i : lastUsed;
        }
        boolean tooFew = sum < 100 - ROUNDING;
        int[] probed = levels.unused(used, tooFew ? loads.length : lastUsed, census.halfOpen);
        String note = note(loads, census);
        List<Candidate> kept;
        String panic = null;
        if (tooFew) {
            kept = new ArrayList<>();
            for (int position : probed) {
                kept.add(candidates.get(position));
            }
            Filtered filtered = filtered(in, used, kept, nowNanos);
            note += ", too few in all" + filtered.notes();
            panic = filtered.panics() ? note : null;
        } else {
            kept = probed.length == 0
                    ? levels.kept(in, used, census.out)
                    : in.without(levels.without(used, census.out, probed), note).candidates();
        }
        if (probed.length > 0) {
            note += ", a probe call to each of " + probed.length + " half-open of a group that gets no other";
        }
        // Keys do not follow the traffic from group to group.
        return in.with(groups == 1 ? kept : shared(kept, loads), census.review, note)
                .withAvailable(filter.apply(in, nowNanos).available())
                .panicking(panic);
    }

    /** As if there were no groups. */
    private Snapshot alike(Snapshot in, long nowNanos, long review, String why) {
        Snapshot all = filter.apply(in, nowNanos);
        return in.with(all.candidates(), review, NAME + ": " + why + "; " + lastOf(all.trail()))
                .withAvailable(all.available())
                .panicking(all.panic());
    }

    private static String lastOf(List<String> trail) {
        return trail.get(trail.size() - 1);
    }

    /** Each group in turn gets what its health allows; less than enough is divided in proportion. */
    static double[] loads(double[] health, double sum) {
        double[] loads = new double[health.length];
        double left = 1;
        for (int i = 0; i < loads.length; i++) {
            loads[i] = Math.min(left, health[i] / Math.min(100, sum));
            left -= loads[i];
            if (left < ROUNDING) {
                left = 0;
            }
        }
        return loads;
    }

    /** Too few are in order in all groups together: in each group the filter says whether it panics. Adds those that stay, and returns what it says. */
    private Filtered filtered(Snapshot in, boolean[] used, List<Candidate> kept, long nowNanos) {
        StringBuilder notes = new StringBuilder();
        boolean panics = false;
        for (int i = 0; i < used.length; i++) {
            if (used[i]) {
                int group = i;
                List<Candidate> its = in.candidates().stream()
                        .filter(candidate -> group(candidate.node().endpoint()) == group)
                        .toList();
                Snapshot after = filter.apply(in.with(its, Long.MAX_VALUE, label(i)), nowNanos);
                kept.addAll(after.candidates());
                panics |= !Objects.equals(after.panic(), in.panic());
                notes.append("; ").append(label(i)).append(": ").append(lastOf(after.trail()));
            }
        }
        kept.sort(Comparator.comparing(candidate -> candidate.node().endpoint().id()));
        return new Filtered(notes.toString(), panics);
    }

    /** What the filter says of each group, and whether it panics in one. */
    private record Filtered(String notes, boolean panics) {}

    private String label(int group) {
        return group < values.size() ? values.get(group) : "the others";
    }

    /** The traffic as divided, by weights whose sum stays what it was. */
    private List<Candidate> shared(List<Candidate> candidates, double[] loads) {
        double[] weights = new double[loads.length];
        double[] scales = new double[loads.length];
        int[] groups = candidates.stream()
                .mapToInt(candidate -> placed(candidate, loads))
                .toArray();
        for (int i = 0; i < groups.length; i++) {
            Candidate candidate = candidates.get(i);
            int group = groups[i];
            weights[group] += candidate.weight();
            scales[group] += candidate.scale();
        }
        double weight = Arrays.stream(weights).sum();
        double scale = Arrays.stream(scales).sum();
        List<Candidate> next = new ArrayList<>(candidates.size());
        for (int i = 0; i < groups.length; i++) {
            Candidate candidate = candidates.get(i);
            int group = groups[i];
            double byWeight = loads[group] * weight / weights[group];
            next.add(new Candidate(
                    candidate.node(),
                    candidate.weight() * byWeight,
                    candidate.scale() * loads[group] * scale / scales[group],
                    group,
                    candidate.keyWeight() * byWeight));
        }
        return next;
    }

    /** The probe calls of a group that gets no traffic are some of those of the first that does. */
    private int placed(Candidate candidate, double[] loads) {
        int group = group(candidate.node().endpoint());
        if (loads[group] > 0) {
            return group;
        }
        int first = 0;
        while (loads[first] == 0) {
            first++;
        }
        return first;
    }

    private Levels levels(List<Candidate> candidates) {
        Levels known = last;
        if (known == null || !known.isOf(candidates)) {
            known = Levels.of(candidates, this);
            last = known;
        }
        return known;
    }

    private String note(double[] loads, Census census) {
        StringBuilder text = new StringBuilder(NAME);
        for (int i = 0; i < loads.length; i++) {
            if (loads[i] > 0) {
                text.append(text.length() == NAME.length() ? ": " : ", ")
                        .append(ZonePreference.percent(loads[i]))
                        .append(" to ")
                        .append(label(i))
                        .append(" with ")
                        .append(census.usable[i])
                        .append(" of ")
                        .append(census.counted[i]);
            }
        }
        return text.toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PriorityGroups that
                && Objects.equals(attribute, that.attribute)
                && values.equals(that.values)
                && overProvisioningPercent == that.overProvisioningPercent
                && filter.equals(that.filter);
    }

    @Override
    public int hashCode() {
        return Objects.hash(attribute, values, overProvisioningPercent, filter);
    }

    @Override
    public String toString() {
        return new OptionsText(NAME)
                .with(attribute == null ? "zones" : "attribute", attribute == null ? values : attribute)
                .with("values", attribute == null || numbered ? null : values)
                .with("overProvisioningPercent", overProvisioningPercent)
                .with("within each", filter)
                .toString();
    }
}

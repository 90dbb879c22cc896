package dev.zerohop.stage;

import dev.zerohop.Log;
import dev.zerohop.Options;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.internal.Providers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The stages that configurations name, in their order: the subset, the health filter (within each group of a priority), those of the application, slow start, the zone. Thread-safe. */
public final class Stages {
    /** zerohop's own that come before those of the application, in their order, a line each. */
    private static final List<StageProvider> BEFORE =
            List.of(new Subset.Provider(), new PriorityGroups.Provider(), new HealthFilter.Provider());

    /** Those that come after them. */
    private static final List<StageProvider> AFTER = List.of(new SlowStart.Provider(), new ZonePreference.Provider());

    private static final List<StageProvider> OWN =
            Stream.concat(BEFORE.stream(), AFTER.stream()).toList();

    /** Those that take part although no configuration names them. */
    private static final Set<String> ALWAYS = Set.of("panic", "zone");

    private static final Providers<StageProvider> ALL = new Providers<>(
            StageProvider.class,
            StageProvider::name,
            Providers.NAME,
            OWN,
            (problem, cause) -> Log.of(Stages.class).warn("{}", problem, cause));

    private Stages() {}

    /** The names of all stages that configurations may name, those of {@linkplain StageProvider providers} on the class path included, in alphabetical order. */
    public static List<String> names() {
        return ALL.here().names();
    }

    /**
     * Reads the stages from a field, an object of their names with their options; {@code panic} and {@code zone} are always there, with their defaults if they are not named.
     *
     * @return in their fixed order, whatever the order of the fields
     * @throws IllegalArgumentException if a stage is not known, or its options are rejected
     */
    public static List<Stage> read(Options parent, String field) {
        Providers<StageProvider> known = ALL.here();
        Options stages = parent.has(field) ? parent.anyObject(field) : Options.of(parent.path(field), Map.of());
        for (String name : stages.names()) {
            if (!known.names().contains(name)) {
                throw stages.rejected(name, Options.fieldOf(known.names(), name) + known.missing());
            }
        }
        if (stages.has(PriorityGroups.NAME) && stages.has(Subset.NAME)) {
            throw stages.rejected(PriorityGroups.NAME, "no such stage beside " + Subset.NAME);
        }
        TreeSet<String> between = new TreeSet<>(stages.names());
        OWN.forEach(own -> between.remove(own.name()));
        List<String> inOrder = new ArrayList<>();
        BEFORE.forEach(own -> inOrder.add(own.name()));
        inOrder.addAll(between);
        AFTER.forEach(own -> inOrder.add(own.name()));
        return withinGroups(inOrder.stream()
                .filter(name -> ALWAYS.contains(name) || stages.has(name))
                .map(name -> read(known, name, stages))
                .toList());
    }

    /** Where there are groups the health filter is applied to each, and to no more. */
    private static List<Stage> withinGroups(List<Stage> stages) {
        List<Stage> next = new ArrayList<>(stages);
        for (int i = 0; i + 1 < stages.size(); i++) {
            if (stages.get(i) instanceof PriorityGroups groups && stages.get(i + 1) instanceof HealthFilter filter) {
                next.set(i, groups.filteredBy(filter));
                next.remove(i + 1);
            }
        }
        return List.copyOf(next);
    }

    private static Stage read(Providers<StageProvider> known, String name, Options stages) {
        StageProvider provider = known.get(name);
        Options options = stages.object(name, provider.options().toArray(String[]::new));
        return Providers.read(provider::read, options, options.path());
    }
}

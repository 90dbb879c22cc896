package dev.zerohop.stage;

import dev.zerohop.Log;
import dev.zerohop.Options;
import dev.zerohop.Stage;
import dev.zerohop.StageProvider;
import dev.zerohop.internal.Providers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The stages that configurations name, in their order: the health filter, those of the application, the zone. Thread-safe. */
public final class Stages {
    private static final StageProvider FIRST = new HealthFilter.Provider();
    private static final StageProvider LAST = new ZonePreference.Provider();

    private static final Providers<StageProvider> ALL = new Providers<>(
            StageProvider.class,
            StageProvider::name,
            Providers.NAME,
            List.of(FIRST, LAST),
            (problem, cause) -> Log.of(Stages.class).warn("{}", problem, cause));

    private Stages() {}

    /** The names of all stages that configurations may name, those of {@linkplain StageProvider providers} on the class path included, in alphabetical order. */
    public static List<String> names() {
        return ALL.here().names();
    }

    /**
     * Reads the stages from a field, an object of their names with their options; zerohop's own are always there, with their defaults if they are not named.
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
        TreeSet<String> between = new TreeSet<>(stages.names());
        between.remove(FIRST.name());
        between.remove(LAST.name());
        List<Stage> inOrder = new ArrayList<>();
        inOrder.add(read(known, FIRST.name(), stages));
        between.forEach(name -> inOrder.add(read(known, name, stages)));
        inOrder.add(read(known, LAST.name(), stages));
        return inOrder;
    }

    private static Stage read(Providers<StageProvider> known, String name, Options stages) {
        StageProvider provider = known.get(name);
        Options options = stages.object(name, provider.options().toArray(String[]::new));
        return Providers.read(provider::read, options, options.path());
    }
}

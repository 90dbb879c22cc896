package dev.zerohop.picker;

import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.PolicyProvider;
import dev.zerohop.ShardPlacement;
import dev.zerohop.ShardPlacement.Ranges;
import dev.zerohop.picker.ShardPolicy.Strategy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** {@link ShardPolicy} in configurations. */
final class ShardOptions implements PolicyProvider {
    private static final List<String> EVERY = List.of("strategy", "ownerDown", "replicas", "withoutKey");

    /** One entry of {@code ranges}, with the place at which it stands. */
    private record Range(String path, int from, int to, int ordinal) {}

    @Override
    public String name() {
        return "shard";
    }

    @Override
    public List<String> options() {
        return List.of(
                "strategy",
                "shards",
                "firstOrdinal",
                "ownerDown",
                "replicas",
                "withoutKey",
                "slots",
                "ranges",
                "table",
                "prefixes",
                "default");
    }

    @Override
    public PickPolicy read(Options options) {
        Policies policies = new Policies();
        Strategy strategy =
                Strategy.valueOf(upper(options.choice("strategy", "jump", lower(Stream.of(Strategy.values())))));
        List<String> own = fieldsOf(strategy);
        for (String name : options.names()) {
            if (!EVERY.contains(name) && !own.contains(name)) {
                throw options.rejected(
                        name,
                        "nothing: the strategy is " + lower(strategy) + ", whose options are "
                                + (own.isEmpty() ? "none" : String.join(", ", own)));
            }
        }
        ShardPolicy.Builder builder = ShardPolicy.builder()
                .strategy(strategy)
                .ownerDown(options.enumValue("ownerDown", OwnerDown.FAIL_FAST))
                .withoutKey(policies.withoutKey(options));
        if (options.has("replicas")) {
            builder.replicas(policies.readUnkeyed(options, "replicas"));
        }
        if (options.has("shards")) {
            builder.shards(options.integer("shards", 0, 1, ShardPlacement.MAX_SHARDS));
        }
        if (options.has("firstOrdinal")) {
            builder.firstOrdinal(options.integer("firstOrdinal", 0, 0, ShardPlacement.MAX_SHARDS));
        }
        if (options.has("default")) {
            builder.defaultOrdinal(options.integer("default", 0, 0, ShardPlacement.MAX_SHARDS));
        }
        switch (strategy) {
            case RANGES -> ranges(options, builder);
            case LOOKUP -> builder.table(ordinals(options, "table", "key"));
            case PREFIX -> builder.prefixes(ordinals(options, "prefixes", "prefix"));
            case JUMP, MODULO -> {}
        }
        return builder.build();
    }

    private static List<String> fieldsOf(Strategy strategy) {
        return switch (strategy) {
            case JUMP, MODULO -> List.of("shards", "firstOrdinal");
            case RANGES -> List.of("slots", "ranges", "default");
            case LOOKUP -> List.of("table", "default");
            case PREFIX -> List.of("prefixes", "default");
        };
    }

    private static void ranges(Options options, ShardPolicy.Builder builder) {
        int slots = options.integer("slots", Ranges.DEFAULT_SLOTS, 1, Ranges.MAX_SLOTS);
        builder.slots(slots);
        String expected = "a list of {\"from\", \"to\", \"ordinal\"} that covers all slots";
        if (options.list("ranges", expected).isEmpty()) {
            throw options.rejected("ranges", expected);
        }
        List<Range> ranges = new ArrayList<>();
        for (Options range : options.objects("ranges", expected, "from", "to", "ordinal")) {
            int from = range.integer("from", 0, slots - 1);
            ranges.add(new Range(
                    range.path(),
                    from,
                    range.integer("to", from, slots - 1),
                    range.integer("ordinal", 0, ShardPlacement.MAX_SHARDS)));
        }
        ranges.sort(Comparator.comparingInt(Range::from));
        int next = 0;
        for (Range range : ranges) {
            if (range.from() < next) {
                throw Options.rejected(
                        range.path(),
                        words(range),
                        "slots that no other range has; those up to " + (next - 1) + " are taken");
            }
            if (range.from() > next) {
                covered(options, next, range.from() - 1);
            }
            next = range.to() + 1;
            builder.range(range.from(), range.to(), range.ordinal());
        }
        if (next < slots) {
            covered(options, next, slots - 1);
        }
    }

    /** A gap is allowed only where a default stands for it. */
    private static void covered(Options options, int from, int to) {
        if (!options.has("default")) {
            throw options.rejected(
                    "ranges", "all slots to be covered or a default; slots " + from + " to " + to + " have no ordinal");
        }
    }

    private static String words(Range range) {
        return range.from() + " to " + range.to();
    }

    private static Map<String, Integer> ordinals(Options options, String field, String what) {
        String expected = "an object of " + what + " and ordinal with at least one entry";
        if (!(options.value(field) instanceof Map<?, ?> map) || map.isEmpty()) {
            throw options.rejected(field, expected);
        }
        Options entries = options.anyObject(field);
        Map<String, Integer> ordinals = new LinkedHashMap<>();
        for (String name : entries.names()) {
            ordinals.put(name, entries.integer(name, 0, ShardPlacement.MAX_SHARDS));
        }
        return ordinals;
    }

    private static List<String> lower(Stream<Strategy> strategies) {
        return strategies.map(ShardOptions::lower).toList();
    }

    private static String lower(Strategy strategy) {
        return strategy.name().toLowerCase(Locale.ROOT);
    }

    private static String upper(String name) {
        return name.toUpperCase(Locale.ROOT);
    }
}

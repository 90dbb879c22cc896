package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.ShardPlacement;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.OptionsText;
import dev.zerohop.json.ShardPlacementFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sends each key to the endpoint that owns it: the member with the ordinal that the key is placed on. An immutable value.
 *
 * <p>Placement depends on the key and on the number of shards that is <em>desired</em>, never on which endpoints happen to be up: a pod that crashes, restarts or
 * changes its address moves no key. An explicit map of the source ({@link Snapshot#shardMap}) goes before everything configured here, and so does
 * a count of the source that has an epoch, under {@link Strategy#JUMP} and {@link Strategy#MODULO}. Otherwise the number is the configured one, else the
 * source's, else a guess: the highest ordinal seen plus one, also while it is {@linkplain Snapshot#missingOrdinals missing}. A policy with a map of its own is not moved by a source's count. What happens while the owner cannot be used is the {@link OwnerDown} choice. An owner of weight 0 takes no traffic and counts as
 * down; one that is being connected makes calls wait, except under {@link OwnerDown#SPILL}. One that is draining keeps its keys while it serves, except
 * under {@link OwnerDown#SPILL}, where it comes after all usable owners.
 *
 * <p>Members with the same ordinal are replicas of its shard: an unkeyed policy of its own picks one of the usable ones, and another one for an attempt
 * that already tried one. The owner is down only when none of them is usable. A replica is no stand-in: picking it is not spilling.
 *
 * <p>A key that the strategy cannot place (a text key under modulo, a key that a table without a default does not have) is refused as
 * {@link dev.zerohop.Refusal.Kind#BAD_KEY}: waiting or another endpoint would not help.
 */
public final class ShardPolicy implements PickPolicy {

    /** From key to ordinal. */
    public enum Strategy {
        /** {@code zerohop-shard/v1}: XXH64 and jump hash. The default. Any key. */
        JUMP,
        /** The integer key modulo the number of shards, never negative. Refuses text keys. Nearly all keys move when the number changes. */
        MODULO,
        /** Hash slots in configured ranges. Any key. */
        RANGES,
        /** A configured table of keys; integer keys by their decimal digits. */
        LOOKUP,
        /** A configured table of prefixes, of which the longest wins; integer keys by their decimal digits. */
        PREFIX;

        /** Whether placement depends on the number of shards. */
        boolean counts() {
            return this == JUMP || this == MODULO;
        }

        /** The name in configurations. */
        String inLowerCase() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The strategy of this name, in lower case as in configurations.
         *
         * @throws IllegalArgumentException if there is none; the message lists those that there are
         */
        public static Strategy byName(String name) {
            for (Strategy strategy : values()) {
                if (strategy.inLowerCase().equals(name)) {
                    return strategy;
                }
            }
            throw new IllegalArgumentException("strategy was '" + name + "', expected one of "
                    + Stream.of(values()).map(Strategy::inLowerCase).toList());
        }
    }

    /** In configurations. */
    static final class Provider implements PolicyProvider {
        private static final List<String> COMMON = List.of("ownerDown", "replicas", "withoutKey");
        private static final List<String> COUNT = List.of("shards", "firstOrdinal");

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
            String name = options.choice(
                    "strategy",
                    "jump",
                    Stream.of(Strategy.values()).map(Strategy::inLowerCase).toList());
            Strategy strategy = Strategy.byName(name);
            ShardPlacementFormat.checkFields(
                    options,
                    COMMON,
                    strategy.counts() ? COUNT : ShardPlacementFormat.fields(name),
                    "the strategy is " + name);
            ShardPolicy.Builder builder = builder()
                    .strategy(strategy)
                    .ownerDown(options.enumValue("ownerDown", OwnerDown.FAIL_FAST))
                    .withoutKey(policies.withoutKey(options));
            if (options.has("replicas")) {
                builder.replicas(policies.readUnkeyed(options, "replicas"));
            }
            if (options.has("shards")) {
                builder.shards(options.integer("shards", 1, ShardPlacement.MAX_SHARDS));
            }
            if (options.has("firstOrdinal")) {
                builder.firstOrdinal(options.integer("firstOrdinal", 0, ShardPlacement.MAX_SHARDS));
            }
            return builder.build(strategy.counts() ? null : ShardPlacementFormat.read(options, name));
        }
    }

    /** What is configured: {@code map} is that of a strategy that has one, a null {@code withoutKey} refuses calls without a key. */
    record Settings(
            Strategy strategy,
            @Nullable ShardPlacement map,
            Optional<Integer> shards,
            Optional<Integer> firstOrdinal,
            OwnerDown ownerDown,
            PickPolicy replicas,
            @Nullable PickPolicy withoutKey) {}

    private final Settings settings;
    private final LoadMetric loadMetric;
    private final @Nullable KeyPlacement explicit;

    private ShardPolicy(Settings settings) {
        this.settings = settings;
        this.loadMetric = Pickers.commonMetric("replicas", settings.replicas, settings.withoutKey);
        this.explicit = settings.map == null ? null : KeyPlacement.explicit(settings.map);
    }

    /** Starts a policy with the defaults: {@link Strategy#JUMP}, {@link OwnerDown#FAIL_FAST}, calls without a key refused. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "shard";
    }

    @Override
    public boolean keyed() {
        return true;
    }

    @Override
    public boolean integerKeysOnly() {
        return settings.strategy == Strategy.MODULO;
    }

    @Override
    public LoadMetric loadMetric() {
        return loadMetric;
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return new ShardPicker(this, first, env);
    }

    /**
     * The owner of a key in a snapshot, and why. A pure function: it neither picks nor looks at health. An owner that is absent is a null endpoint.
     */
    public PlacementExplanation place(EndpointSelector key, Snapshot snapshot) {
        OrdinalIndex owners = new OrdinalIndex(snapshot);
        ResolvedPlacement placement = ResolvedPlacement.of(this, snapshot, owners.highest(), null);
        int ordinal = placement.ordinal(key);
        List<String> why = new ArrayList<>();
        List<Endpoint> replicas = new ArrayList<>();
        why.add(placement.origin());
        KeyPlacement keys = placement.keys();
        if (keys != null) {
            why.add(keys.why(key));
        }
        if (ordinal != Endpoint.NO_ORDINAL) {
            int position = owners.find(ordinal);
            if (position >= 0) {
                owners.members(position).forEach(node -> replicas.add(node.endpoint()));
            }
            why.add(
                    switch (replicas.size()) {
                        case 0 -> placement.absent(ordinal, owners.known());
                        case 1 -> "ordinal " + ordinal + " is " + replicas.get(0);
                        default ->
                            "ordinal " + ordinal + " has " + replicas.size() + " replicas: "
                                    + replicas.stream().map(Endpoint::toString).collect(Collectors.joining(", "));
                    });
            String outlook = placement.outlook(key);
            if (outlook != null) {
                why.add(outlook);
            }
        }
        if (snapshot.unnumbered() != null) {
            why.add("no endpoint has an ordinal: " + snapshot.unnumbered());
        }
        return new PlacementExplanation(
                ordinal, replicas, placement.strategy(), placement.shards(), placement.epoch(), why);
    }

    Settings settings() {
        return settings;
    }

    /** The map of its own, laid out; null if the strategy counts shards. */
    @Nullable
    KeyPlacement explicit() {
        return explicit;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShardPolicy that && settings.equals(that.settings);
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("strategy", explicit == null ? settings.strategy.inLowerCase() : explicit)
                .with("shards", settings.shards)
                .with("firstOrdinal", settings.firstOrdinal)
                .with("ownerDown", settings.ownerDown)
                .with("replicas", settings.replicas)
                .with("withoutKey", settings.withoutKey == null ? "FAIL" : settings.withoutKey)
                .toString();
    }

    /** Builds a {@link ShardPolicy}. Not thread-safe; {@link #build} checks the values. */
    public static final class Builder {
        private Strategy strategy = Strategy.JUMP;
        private @Nullable Integer shards;
        private @Nullable Integer firstOrdinal;
        private OwnerDown ownerDown = OwnerDown.FAIL_FAST;
        private PickPolicy replicas = Pickers.leastRequest();
        private @Nullable PickPolicy withoutKey;
        private @Nullable Integer slots;
        private final List<ShardPlacement.Range> ranges = new ArrayList<>();
        private @Nullable Map<String, Integer> table;
        private @Nullable Map<String, Integer> prefixes;
        private @Nullable Integer otherwise;

        private Builder() {}

        /** Sets how keys are placed. Default: {@link Strategy#JUMP}. */
        public Builder strategy(Strategy strategy) {
            this.strategy = requireNonNull(strategy, "strategy");
            return this;
        }

        /** Sets the number of shards, 1 to {@value ShardPlacement#MAX_SHARDS}. Default: the source's, else a guess from the highest ordinal seen. */
        public Builder shards(int shards) {
            this.shards = shards;
            return this;
        }

        /** Sets the ordinal of the first shard, 0 to {@value ShardPlacement#MAX_SHARDS}. Default: the source's, else 0. */
        public Builder firstOrdinal(int firstOrdinal) {
            this.firstOrdinal = firstOrdinal;
            return this;
        }

        /** Sets what a call gets while the owner of its key cannot be used. Default: {@link OwnerDown#FAIL_FAST}. */
        public Builder ownerDown(OwnerDown ownerDown) {
            this.ownerDown = requireNonNull(ownerDown, "ownerDown");
            return this;
        }

        /** Sets how to pick among endpoints that have the same ordinal. Default: {@link Pickers#leastRequest}. */
        public Builder replicas(PickPolicy replicas) {
            this.replicas = requireNonNull(replicas, "replicas");
            return this;
        }

        /** Sets how to pick for a call without a key; null refuses it. Default: null. */
        public Builder withoutKey(@Nullable PickPolicy withoutKey) {
            this.withoutKey = withoutKey;
            return this;
        }

        /** Sets the number of hash slots for {@link Strategy#RANGES}, 1 to 1048576. Default: 16384. */
        public Builder slots(int slots) {
            this.slots = slots;
            return this;
        }

        /** Gives the slots {@code from} to {@code to}, both included, to an ordinal, for {@link Strategy#RANGES}. */
        public Builder range(int from, int to, int ordinal) {
            ranges.add(new ShardPlacement.Range(from, to, ordinal));
            return this;
        }

        /** Sets the ordinal of each key for {@link Strategy#LOOKUP}. */
        public Builder table(Map<String, Integer> table) {
            this.table = Map.copyOf(table);
            return this;
        }

        /** Sets the ordinal of each prefix for {@link Strategy#PREFIX}. */
        public Builder prefixes(Map<String, Integer> prefixes) {
            this.prefixes = Map.copyOf(prefixes);
            return this;
        }

        /** Sets the ordinal for what no range, key or prefix covers. Default: none. */
        public Builder defaultOrdinal(int ordinal) {
            this.otherwise = ordinal;
            return this;
        }

        /**
         * Builds the policy.
         *
         * @throws IllegalArgumentException naming the option, its value and what was expected
         */
        public ShardPolicy build() {
            rejectUnless(Strategy.RANGES, "ranges", !ranges.isEmpty());
            rejectUnless(Strategy.RANGES, "slots", slots != null);
            rejectUnless(Strategy.LOOKUP, "table", table != null);
            rejectUnless(Strategy.PREFIX, "prefixes", prefixes != null);
            if (otherwise != null && strategy.counts()) {
                throw new IllegalArgumentException("default was set to " + otherwise + " but " + strategy.inLowerCase()
                        + " places every key, expected none");
            }
            Optional<Integer> rest = Optional.ofNullable(otherwise);
            return build(
                    switch (strategy) {
                        case JUMP, MODULO -> null;
                        case RANGES ->
                            new ShardPlacement.Ranges(
                                    slots == null ? ShardPlacement.Ranges.DEFAULT_SLOTS : slots, ranges, rest);
                        case LOOKUP -> new ShardPlacement.Lookup(table == null ? Map.of() : table, rest);
                        case PREFIX -> new ShardPlacement.Prefixes(prefixes == null ? Map.of() : prefixes, rest);
                    });
        }

        /** {@code map} is that of the strategy; null if it counts shards. */
        ShardPolicy build(@Nullable ShardPlacement map) {
            check("shards", shards, 1);
            check("firstOrdinal", firstOrdinal, 0);
            Pickers.checkUnkeyed("withoutKey", withoutKey);
            Pickers.checkUnkeyed("replicas", replicas);
            return new ShardPolicy(new Settings(
                    strategy,
                    map,
                    Optional.ofNullable(shards),
                    Optional.ofNullable(firstOrdinal),
                    ownerDown,
                    replicas,
                    withoutKey));
        }

        private static void check(String option, @Nullable Integer value, int min) {
            if (value != null && (value < min || value > ShardPlacement.MAX_SHARDS)) {
                throw new IllegalArgumentException(
                        option + " was " + value + ", expected " + min + " to " + ShardPlacement.MAX_SHARDS);
            }
        }

        private void rejectUnless(Strategy owner, String option, boolean set) {
            if (set && strategy != owner) {
                throw new IllegalArgumentException(option + " was set but the strategy is " + strategy.inLowerCase()
                        + ", expected it with " + owner.inLowerCase() + " only");
            }
        }
    }
}

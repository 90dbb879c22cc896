package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The complete membership of a service as one source states it: sorted by id, ids unique, immutable. Never a difference: an empty set means that the
 * service has no endpoint; that the source is unreachable is an error of the {@link Resolver} instead.
 */
public final class EndpointSet {

    /** Whether an endpoint that is missing from the next set may be taken for gone. */
    public enum Removals {
        /** It was taken out on purpose (static, file and API values): obeyed at once. */
        MEANT,
        /** It merely is no longer seen (DNS, lease expiry): a mass removal is held for a while before it is believed. */
        GUARDED
    }

    /** The largest number of endpoints; a source that names more is in error. */
    public static final int MAX_ENDPOINTS = 200_000;

    private final String source;
    private final List<Endpoint> endpoints;
    private final long version;
    private final Instant asOf;
    private final boolean stale;
    private final List<Removals> removals;
    private final @Nullable ShardMap shardMap;
    private final @Nullable SliceMap slices;
    private final @Nullable KeyDirectory directory;
    private final Locality client;
    private final List<MissingOrdinal> missingOrdinals;
    private final String note;
    private final @Nullable String unnumbered;

    private EndpointSet(Builder builder, List<Endpoint> sorted) {
        this.source = Printable.text(builder.source);
        this.endpoints = sorted;
        this.version = builder.version;
        this.asOf = builder.asOf;
        this.stale = builder.stale;
        this.removals = builder.removals;
        this.shardMap = builder.shardMap;
        this.slices = builder.slices;
        this.directory = builder.directory;
        this.client = builder.client;
        this.missingOrdinals = builder.missingOrdinals;
        this.note = Printable.text(builder.note);
        this.unnumbered = builder.unnumbered == null ? null : Printable.text(builder.unnumbered);
    }

    /**
     * Starts a set. Defaults: version 0, as of the epoch, fresh, removals guarded, nothing about shards, no directory, client's locality unknown, no
     * ordinal missing.
     */
    public static Builder builder(String source) {
        return new Builder(source);
    }

    /** The source in words, for logs and {@code explain}: usually the target. */
    public String source() {
        return source;
    }

    /** All endpoints, sorted by id. */
    public List<Endpoint> endpoints() {
        return endpoints;
    }

    /** The source's own version (revision, serial number), for people; not compared. */
    public long version() {
        return version;
    }

    /** When the source last vouched for this set, by the wall clock of the process that asked it. */
    public Instant asOf() {
        return asOf;
    }

    /** How old the set is; never negative. */
    public Duration age(Instant now) {
        Duration age = Duration.between(asOf, now);
        return age.isNegative() ? Duration.ZERO : age;
    }

    /** Whether the set was not vouched for by its source just now, for example read from the last-good file. */
    public boolean stale() {
        return stale;
    }

    /** How to take a missing endpoint. Of several sources it is {@link Removals#MEANT} only if it is so in each. */
    public Removals removals() {
        return removals.contains(Removals.GUARDED) ? Removals.GUARDED : Removals.MEANT;
    }

    /** {@link #removals} of each source by itself, in their order: one, unless the set is put together of several. */
    public List<Removals> removalsBySource() {
        return removals;
    }

    /** Which of the sources an endpoint of this set, or of the one before, is from: 0 where there is one; of several the number in the attribute {@link Endpoint#PRIORITY}, which is the set's own there. */
    public int sourceOf(Endpoint endpoint) {
        String number = removals.size() == 1 ? null : endpoint.attributes().get(Endpoint.PRIORITY);
        int source = 0;
        for (int i = 0; number != null && i < number.length(); i++) {
            int digit = number.charAt(i) - '0';
            source = 10 * source + digit;
            if (digit < 0 || digit > 9 || source == 0 || source >= removals.size()) {
                return 0;
            }
        }
        return source;
    }

    /** The desired number of shards, if the source knows it: that of the present epoch during a move, and none if it states an explicit map. */
    public @Nullable ShardCount shards() {
        return shardMap == null ? null : shardMap.count();
    }

    /** All that the source says about shards: a count or an explicit map, its epoch, a move. */
    public @Nullable ShardMap shardMap() {
        return shardMap;
    }

    /** The assignment of keys to endpoints, if the source keeps one. */
    public @Nullable SliceMap slices() {
        return slices;
    }

    /** The same set with another assignment. Does not sort or check again. */
    public EndpointSet withSlices(@Nullable SliceMap next) {
        return new EndpointSet(toBuilder().slices(next), endpoints);
    }

    /** Who owns which key, if the source keeps that. A handle: sets differ by it only as far as it is another object. */
    public @Nullable KeyDirectory directory() {
        return directory;
    }

    /** The same set with another directory. Does not sort or check again. */
    public EndpointSet withDirectory(@Nullable KeyDirectory next) {
        return new EndpointSet(toBuilder().directory(next), endpoints);
    }

    /** Where this process runs, as far as the source found out. */
    public Locality client() {
        return client;
    }

    /** The ordinals that were named before and are no more, ascending; empty if the source gives a number of shards or a map. */
    public List<MissingOrdinal> missingOrdinals() {
        return missingOrdinals;
    }

    /** How the source came to this set, in words for {@code explain}, such as the rule by which endpoints leave it; empty if there is nothing to say. */
    public String note() {
        return note;
    }

    /** Why no endpoint has an ordinal, for people, such as a permission that is missing; null if the source does not know or if some have. */
    public @Nullable String unnumbered() {
        return unnumbered;
    }

    /** {@link #rememberingOrdinals(EndpointSet, Predicate)}, where an endpoint that is {@linkplain Endpoint.Readiness#DRAINING draining} is announced to leave. */
    public EndpointSet rememberingOrdinals(@Nullable EndpointSet before) {
        return rememberingOrdinals(before, endpoint -> endpoint.readiness() == Endpoint.Readiness.DRAINING);
    }

    /**
     * The same set as the successor of {@code before}: ordinals that {@code before} names or misses and that this one does not name are missing. Those are
     * not whose endpoints all were announced to leave. Nothing is missing once this set states where keys belong ({@link #shardMap}), or if the members of one
     * source are replaced by another's on purpose. Where the source states nothing, the number of shards is a guess from the highest ordinal, and must not
     * shrink because an endpoint is away. A pure function; does not sort or check the endpoints again.
     *
     * @param before the set that this one follows; null if it is the first
     * @param announced whether an endpoint of {@code before} was announced to leave for good
     */
    public EndpointSet rememberingOrdinals(@Nullable EndpointSet before, Predicate<Endpoint> announced) {
        if (shardMap != null) {
            return missingOrdinals.isEmpty() ? this : withMissing(List.of());
        }
        boolean replaced = before != null && removals() == Removals.MEANT && !source.equals(before.source);
        if (before == null || before == this || replaced) {
            return this;
        }
        List<MissingOrdinal> found = RememberedOrdinals.missing(before, this, announced);
        return found.equals(missingOrdinals) ? this : withMissing(found);
    }

    private EndpointSet withMissing(List<MissingOrdinal> missing) {
        return new EndpointSet(toBuilder().missingOrdinals(missing), endpoints);
    }

    /** Whether this set has the content of another, whatever their versions and instants are, whether either is stale, and however either takes what is missing. */
    public boolean hasSameContentAs(EndpointSet other) {
        return directory == other.directory
                && source.equals(other.source)
                && (endpoints == other.endpoints
                        || (endpoints.size() == other.endpoints.size() && endpoints.equals(other.endpoints)))
                && Objects.equals(shardMap, other.shardMap)
                && Objects.equals(slices, other.slices)
                && client.equals(other.client)
                && missingOrdinals.equals(other.missingOrdinals)
                && note.equals(other.note)
                && Objects.equals(unnumbered, other.unnumbered);
    }

    /** The same set with the endpoints of {@code before} in the place of those that say the same. */
    EndpointSet keeping(EndpointSet before) {
        List<Endpoint> kept = EndpointLists.keeping(before.endpoints, endpoints);
        return kept == endpoints ? this : new EndpointSet(toBuilder(), kept);
    }

    /** The same set, marked stale. */
    public EndpointSet asStale() {
        return as(asOf, true);
    }

    /** The same set, fresh, as the source vouched for it once more at {@code instant}. Does not sort or check again. */
    public EndpointSet confirmed(Instant instant) {
        return as(instant, false);
    }

    /** The same set as of another instant, stale or not; itself if that is what it is. */
    EndpointSet as(Instant instant, boolean isStale) {
        return stale == isStale && asOf.equals(instant)
                ? this
                : new EndpointSet(toBuilder().asOf(instant).stale(isStale), endpoints);
    }

    /** A builder that starts from this set's values. */
    public Builder toBuilder() {
        return new Builder(source)
                .endpoints(endpoints)
                .after(this)
                .version(version)
                .asOf(asOf)
                .stale(stale)
                .removalsBySource(removals)
                .shardMap(shardMap)
                .slices(slices)
                .directory(directory)
                .client(client)
                .missingOrdinals(missingOrdinals)
                .note(note)
                .unnumbered(unnumbered);
    }

    @Override
    public String toString() {
        return source + " v" + version + (stale ? " (stale)" : "") + " " + endpoints;
    }

    /** Builds an {@link EndpointSet}. Not thread-safe. */
    public static final class Builder {
        private final String source;
        private List<Endpoint> endpoints = List.of();
        private List<Endpoint> known = List.of();
        private long version;
        private Instant asOf = Instant.EPOCH;
        private boolean stale;
        private List<Removals> removals = List.of(Removals.GUARDED);
        private @Nullable ShardMap shardMap;
        private @Nullable SliceMap slices;
        private @Nullable KeyDirectory directory;
        private Locality client = Locality.UNKNOWN;
        private List<MissingOrdinal> missingOrdinals = List.of();
        private String note = "";
        private @Nullable String unnumbered;

        private Builder(String source) {
            this.source = requireNonNull(source, "source");
        }

        /** Sets the endpoints, in any order. */
        public Builder endpoints(List<Endpoint> endpoints) {
            this.endpoints = requireNonNull(endpoints, "endpoints");
            return this;
        }

        /**
         * Sets the set that this one follows: endpoints that say the same stay the same objects, and only those that are others are checked and sorted, so that
         * one more among thousands costs little. No content is taken over. Default, or null: none; a set that is made of another follows that.
         */
        public Builder after(@Nullable EndpointSet before) {
            this.known = before == null ? List.of() : before.endpoints;
            return this;
        }

        /** Sets the source's own version. */
        public Builder version(long version) {
            this.version = version;
            return this;
        }

        /** Sets when the source vouched for the set. Default: the epoch, which a balancer takes for the moment at which it is given the set. */
        public Builder asOf(Instant asOf) {
            this.asOf = requireNonNull(asOf, "asOf");
            return this;
        }

        /** Marks the set as not vouched for just now. */
        public Builder stale(boolean stale) {
            this.stale = stale;
            return this;
        }

        /** Sets how to take a missing endpoint. */
        public Builder removals(Removals removals) {
            return removalsBySource(List.of(removals));
        }

        /** Sets how to take a missing endpoint of each of several sources, at least one; see {@link EndpointSet#sourceOf}. */
        public Builder removalsBySource(List<Removals> each) {
            if (each.isEmpty()) {
                throw new IllegalArgumentException("sources were none, expected 1 or more");
            }
            this.removals = List.copyOf(each);
            return this;
        }

        /** Sets the desired number of shards, without an epoch; null when the source does not know. */
        public Builder shards(@Nullable ShardCount shards) {
            return shardMap(shards == null ? null : ShardMap.of(shards));
        }

        /** Sets all that the source says about shards; null when it says nothing. */
        public Builder shardMap(@Nullable ShardMap shardMap) {
            this.shardMap = shardMap;
            return this;
        }

        /** Sets the assignment of keys to endpoints; null when the source keeps none. */
        public Builder slices(@Nullable SliceMap slices) {
            this.slices = slices;
            return this;
        }

        /** Sets who owns which key; null when the source does not keep that. */
        public Builder directory(@Nullable KeyDirectory directory) {
            this.directory = directory;
            return this;
        }

        /** Sets where this process runs, as far as the source found out. */
        public Builder client(Locality client) {
            this.client = requireNonNull(client, "client");
            return this;
        }

        /** Sets the ordinals that were named before and are no more, in any order; see {@link #rememberingOrdinals(EndpointSet)}. One that an endpoint has is none. */
        public Builder missingOrdinals(List<MissingOrdinal> missing) {
            this.missingOrdinals = requireNonNull(missing, "missing");
            return this;
        }

        /** Sets how the source came to this set, for people. Default: nothing. */
        public Builder note(String note) {
            this.note = requireNonNull(note, "note");
            return this;
        }

        /** Sets why no endpoint has an ordinal; null when there is nothing to say. */
        public Builder unnumbered(@Nullable String why) {
            this.unnumbered = why;
            return this;
        }

        /**
         * Builds the set.
         *
         * @throws IllegalArgumentException if two endpoints have the same id, or there are more than {@value EndpointSet#MAX_ENDPOINTS}
         */
        public EndpointSet build() {
            if (endpoints.size() > MAX_ENDPOINTS) {
                throw new IllegalArgumentException(Printable.text(source) + ": had " + endpoints.size()
                        + " endpoints, expected at most " + MAX_ENDPOINTS);
            }
            List<Endpoint> sorted = EndpointLists.sorted(source, known, endpoints);
            missingOrdinals = RememberedOrdinals.notNamed(missingOrdinals, sorted);
            return new EndpointSet(this, sorted);
        }
    }
}

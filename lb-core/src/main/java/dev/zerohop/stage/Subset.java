package dev.zerohop.stage;

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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes a part of the members for this client, so that a thousand clients of a thousand servers have not a million connections. Under gRPC no other endpoint is connected to
 * ({@link Snapshot#reached}).
 *
 * <p>Which part is a matter of the membership alone, so the health of an endpoint opens and closes no connection: all members of a weight above 0 have an order that is this client's own, and
 * the first of it are the subset. Without {@link #slice} the order is rendezvous hashing by a number drawn once for each balancer: one endpoint more or less changes one place of
 * the subset at the most. With a slice the members form a ring, the same for all clients, of which each has an equal part that begins where its own number says; an endpoint at the edge is weighted
 * by what of it is inside. Then all clients together load all endpoints exactly alike, those of equal weights and by policies that ignore weights; one endpoint more or less changes two places, and now and
 * then as many more as there are endpoints for each client.
 *
 * <p>If of the subset less than {@code minUsablePercent} are in order, the next of the order are taken as well until so many are, but no more than make it twice as large: a client must not lose all
 * calls because its few endpoints share a rack. What has been connecting for less than {@value #CONNECTING_SECONDS} s counts as in order.
 *
 * <p>Which endpoints a key may go to would differ from client to client, so it cannot be used with policies that place keys. Immutable, but for what it remembers of the last order; thread-safe;
 * equal by value.
 *
 * <p>Source: gRFC A68 (random subsetting with rendezvous hashing), here by the endpoint's id instead of its address, so that a pod keeps its place under another address; Finagle's deterministic
 * aperture.
 */
public final class Subset implements Stage {

    /** In configurations. */
    static final class Provider implements StageProvider {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public List<String> options() {
            return List.of("size", "minUsablePercent", "clients", "client");
        }

        @Override
        public Stage read(Options options) {
            return read(options, System.getenv());
        }

        static Subset read(Options options, Map<String, String> environment) {
            int size = options.integer("size", 1, MAX_SIZE);
            int percent = options.integer("minUsablePercent", DEFAULT_MIN_USABLE_PERCENT, 0, 100);
            if (!options.has("clients")) {
                if (options.has("client")) {
                    throw options.rejected("client", "no such field without clients, the number of all of them");
                }
                return new Subset(size, percent, null);
            }
            int clients = options.integer("clients", 1, Slice.MAX_CLIENTS);
            Integer own = options.has("client")
                    ? (Integer) options.integer("client", 0, Slice.MAX_CLIENTS)
                    : Slice.ordinal(environment);
            return new Subset(size, percent, own == null ? null : new Slice(own, clients));
        }
    }

    static final String NAME = "subset";

    /** The largest subset. */
    public static final int MAX_SIZE = 100_000;

    /** Which share of the subset has to be usable by default, in percent. */
    public static final int DEFAULT_MIN_USABLE_PERCENT = 50;

    /** How long a connection may take before it counts as one that is missing. */
    private static final int CONNECTING_SECONDS = 5;

    private static final long CONNECTING_NANOS =
            Duration.ofSeconds(CONNECTING_SECONDS).toNanos();

    private final int size;
    private final int minUsablePercent;
    private final @Nullable Slice slice;

    /** For the last list of candidates; what it says follows from that list. */
    private volatile @Nullable Order last;

    /** A subset of this size by rendezvous hashing. */
    public Subset(int size) {
        this(size, DEFAULT_MIN_USABLE_PERCENT, null);
    }

    /**
     * A subset.
     *
     * @param size how many endpoints, 1 to {@link #MAX_SIZE}; with a slice at least so many
     * @param minUsablePercent which share of it has to be in order before others are taken as well, 0 (never) to 100
     * @param slice which of all clients this is; null for rendezvous hashing
     * @throws IllegalArgumentException naming the option, its value and what was expected
     */
    public Subset(int size, int minUsablePercent, @Nullable Slice slice) {
        if (size < 1 || size > MAX_SIZE) {
            throw new IllegalArgumentException("size was " + size + ", expected 1 to " + MAX_SIZE);
        }
        if (minUsablePercent < 0 || minUsablePercent > 100) {
            throw new IllegalArgumentException("minUsablePercent was " + minUsablePercent + " %, expected 0 to 100");
        }
        this.size = size;
        this.minUsablePercent = minUsablePercent;
        this.slice = slice;
    }

    /** How many endpoints, at the least with a slice. */
    public int size() {
        return size;
    }

    /** Which share of the subset has to be in order before others are taken as well, in percent. */
    public int minUsablePercent() {
        return minUsablePercent;
    }

    /** Which of all clients this is, or null. */
    public @Nullable Slice slice() {
        return slice;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean keepsOwners() {
        return false;
    }

    @Override
    public Snapshot apply(Snapshot in, long nowNanos) {
        List<Candidate> candidates = in.candidates();
        if (candidates.size() <= size) {
            return in;
        }
        Order order = order(candidates, slice == null ? in.seed() : 0);
        Part part = slice == null ? Part.first(size) : slice.part(size, candidates.size());
        int first = part.count();
        int taken = first;
        int out = 0;
        for (int i = 0; i < first; i++) {
            out += isOut(candidates.get(order.at(part.from() + i)), nowNanos) ? 1 : 0;
        }
        int wanted = (int) Math.ceil(first * (minUsablePercent / 100.0));
        int usable = first - out;
        int most = (int) Math.min(2L * first, candidates.size());
        while (usable < wanted && taken < most) {
            usable += isOut(candidates.get(order.at(part.from() + taken)), nowNanos) ? 0 : 1;
            taken++;
        }
        // By their positions, each with its place in the order: thousands that are not taken cost nothing.
        long review = Long.MAX_VALUE;
        long[] places = new long[taken];
        for (int i = 0; i < taken; i++) {
            places[i] = (long) order.at(part.from() + i) << 32 | i;
        }
        Arrays.sort(places);
        List<Candidate> some = new ArrayList<>(taken);
        for (long place : places) {
            int i = (int) place;
            Candidate candidate = candidates.get((int) (place >>> 32));
            review = Math.min(review, connectingFor(candidate, nowNanos));
            some.add(shared(candidate, i < first ? part.share(i) : 1));
        }
        return in.reaching(
                some,
                minUsablePercent == 0 ? Long.MAX_VALUE : review,
                NAME + ": " + first + " of " + candidates.size() + " " + (slice == null ? "by rendezvous" : slice)
                        + (taken == first ? "" : ", and " + (taken - first) + " more while " + out + " are out"));
    }

    private static Candidate shared(Candidate candidate, double share) {
        return share == 1
                ? candidate
                : new Candidate(
                        candidate.node(), candidate.weight() * share, candidate.scale() * share, candidate.group());
    }

    private static boolean isOut(Candidate candidate, long nowNanos) {
        Node node = candidate.node();
        // One that was never connected has no connection because none was wanted: its turn is to come, or it would
        // seem to be out before it was tried, and one more be taken in its place.
        boolean untried = node.health().status() == Health.Status.CONNECTING && !node.wasUsable();
        return node.health().impaired() && !untried && connectingFor(candidate, nowNanos) == Long.MAX_VALUE;
    }

    /** How much time is left to make the connection; {@link Long#MAX_VALUE} if there is none to be made, or none left. */
    private static long connectingFor(Candidate candidate, long nowNanos) {
        Health health = candidate.node().health();
        long left = CONNECTING_NANOS - (nowNanos - health.sinceNanos());
        return health.status() == Health.Status.CONNECTING && left > 0 ? left : Long.MAX_VALUE;
    }

    private Order order(List<Candidate> candidates, long seed) {
        Order known = last;
        if (known == null || !known.isOf(candidates, seed)) {
            known = Order.of(candidates, seed);
            last = known;
        }
        return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Subset that
                && size == that.size
                && minUsablePercent == that.minUsablePercent
                && Objects.equals(slice, that.slice);
    }

    @Override
    public int hashCode() {
        return Objects.hash(size, minUsablePercent, slice);
    }

    @Override
    public String toString() {
        return new OptionsText(NAME)
                .with("size", size)
                .with("minUsablePercent", minUsablePercent)
                .with("clients", slice == null ? null : slice.clients())
                .with("client", slice == null ? null : slice.client())
                .toString();
    }
}

package dev.zerohop.health;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.MembershipGuard;
import dev.zerohop.Options;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Holds back the loss of too many members at once: an update that is empty, or that drops more than {@code maxPercent} per cent of them, takes effect
 * after {@code hold}. Until then the missing endpoints stay members. One stalled leader can expire the leases of a whole service, and an empty answer is
 * what a broken source gives; endpoints rarely die together.
 *
 * <p>Of a set that is put together of several sources each counts by itself ({@link EndpointSet#sourceOf}): one that is emptied may be a small part of all, and one source may mean what another is suspected of.
 *
 * <p>A loss that was meant is obeyed at once and counts for nothing:
 *
 * <ul>
 *   <li>every loss of a source whose {@linkplain EndpointSet.Removals#MEANT removals are meant};
 *   <li>of an endpoint that was last seen draining or not ready: it was announced;
 *   <li>of an endpoint whose ordinal lies outside the desired number of shards.
 * </ul>
 *
 * <p>A member that is held stays so until its own time is over, the source names it again, or (the balancer's part) it fails a call; the share of the
 * others does not matter to it.
 *
 * <p>A pure function: immutable, thread-safe, equal by value.
 *
 * <p>Source: {@code pushEmptyProtection} of Nacos is the same idea for empty updates; Envoy keeps hosts that discovery dropped while they
 * pass health checks.
 *
 * @param maxPercent the largest share of a loss that is believed at once, 0 to 100
 * @param hold how long a larger loss is held at least, more than 0; a balancer holds it for 10 to 20 % longer
 */
public record MassRemovalGuard(int maxPercent, Duration hold) implements MembershipGuard {

    /** Share of the members, in percent, that may go at once by default. */
    public static final int DEFAULT_MAX_PERCENT = 50;

    /** How long a larger loss is held at least by default. */
    public static final Duration DEFAULT_HOLD = Duration.ofSeconds(30);

    private static final int MAX_PERCENT = 100;
    private static final Duration MIN_HOLD = Duration.ofMillis(1);
    private static final Duration MAX_HOLD = Duration.ofDays(1);

    /**
     * Checks both values.
     *
     * @throws IllegalArgumentException if {@code maxPercent} is not from 0 to 100 or {@code hold} not more than 0 and at most a day
     */
    public MassRemovalGuard {
        if (maxPercent < 0 || maxPercent > MAX_PERCENT) {
            throw new IllegalArgumentException("largest believed loss was " + maxPercent + " %, expected 0 to 100");
        }
        if (requireNonNull(hold, "hold").isNegative() || hold.isZero() || hold.compareTo(MAX_HOLD) > 0) {
            throw new IllegalArgumentException("hold was " + hold + ", expected more than 0 and at most PT24H");
        }
    }

    /** A guard with the defaults. */
    public MassRemovalGuard() {
        this(DEFAULT_MAX_PERCENT, DEFAULT_HOLD);
    }

    /**
     * Reads it from a field of a configuration; what is left out has its default.
     *
     * @throws IllegalArgumentException naming the path, what was found and what was expected
     */
    public static MassRemovalGuard read(Options parent, String field) {
        Options options = parent.object(field, "maxPercent", "hold");
        return new MassRemovalGuard(
                options.integer("maxPercent", DEFAULT_MAX_PERCENT, 0, MAX_PERCENT),
                options.duration("hold", DEFAULT_HOLD, MIN_HOLD, MAX_HOLD));
    }

    @Override
    public MassRemovalGuard stretched(double factor) {
        Duration longer = Duration.ofNanos((long) (hold.toNanos() * factor));
        return new MassRemovalGuard(maxPercent, longer.compareTo(MAX_HOLD) > 0 ? MAX_HOLD : longer);
    }

    @Override
    public Decision admit(List<Member> current, EndpointSet next, long nowNanos) {
        if (next.removals() == EndpointSet.Removals.MEANT) {
            return new Decision(List.of(), Long.MAX_VALUE);
        }
        List<EndpointSet.Removals> removals = next.removalsBySource();
        Loss[] losses = new Loss[removals.size()];
        Arrays.setAll(losses, source -> new Loss());
        // The set is sorted by id, and so, usually, are the members: what follows one is found right behind it.
        int at = 0;
        for (Member member : current) {
            at = position(next.endpoints(), member.endpoint(), at);
            boolean missing = at < 0;
            at = missing ? -at - 1 : at + 1;
            if (member.endpoint().readiness() != Endpoint.Readiness.READY
                    || (missing && surplus(member.endpoint(), next))) {
                continue;
            }
            int source = next.sourceOf(member.endpoint());
            losses[source].counted++;
            if (missing && removals.get(source) == EndpointSet.Removals.GUARDED) {
                losses[source].missing.add(member);
            }
        }
        boolean all = next.endpoints().isEmpty();
        long holdNanos = hold.toNanos();
        long review = Long.MAX_VALUE;
        List<Member> held = new ArrayList<>();
        for (Loss loss : losses) {
            boolean tooMany = all || loss.isMoreThan(maxPercent);
            for (Member member : loss.missing) {
                boolean isHeld = member.heldSinceNanos() != Member.NOT_HELD;
                long since = isHeld ? member.heldSinceNanos() : nowNanos;
                long left = since + holdNanos - nowNanos;
                if ((isHeld || tooMany) && left > 0) {
                    held.add(new Member(member.endpoint(), since));
                    review = Math.min(review, left);
                }
            }
        }
        return new Decision(held, review);
    }

    /** Of one source. */
    private static final class Loss {
        private final List<Member> missing = new ArrayList<>();
        private int counted;

        boolean isMoreThan(int percent) {
            return 100L * missing.size() > (long) percent * counted;
        }
    }

    /** Where the endpoint of this id is in the sorted list, or {@code -position - 1} if it is not there but belongs there. */
    private static int position(List<Endpoint> sorted, Endpoint member, int expected) {
        return expected < sorted.size() && sorted.get(expected).id().equals(member.id())
                ? expected
                : Collections.binarySearch(sorted, member, Comparator.comparing(Endpoint::id));
    }

    /** Whether fewer shards are wanted, and this is one of those that are not. */
    private static boolean surplus(Endpoint endpoint, EndpointSet next) {
        ShardMap map = next.shardMap();
        if (map == null || !endpoint.hasOrdinal()) {
            return false;
        }
        // During a move both epochs are alive, and an endpoint with a part in one of them is wanted.
        ShardMap.Move move = map.move();
        return surplus(endpoint.ordinal(), map.placement())
                && (move == null || surplus(endpoint.ordinal(), move.placement()));
    }

    private static boolean surplus(int ordinal, ShardPlacement placement) {
        return placement instanceof ShardCount shards
                && (ordinal < shards.firstOrdinal() || ordinal >= shards.firstOrdinal() + shards.count());
    }

    @Override
    public String toString() {
        return new OptionsText("")
                .with("maxPercent", maxPercent)
                .with("hold", hold)
                .toString();
    }
}

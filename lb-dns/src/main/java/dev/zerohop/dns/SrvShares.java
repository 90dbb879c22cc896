package dev.zerohop.dns;

import dev.zerohop.Endpoint;
import java.util.Collection;

/** What each address of an SRV target weighs, so that the weight of a record is shared by its target's addresses. Pure functions. */
final class SrvShares {

    /** A record of weight 1 gets so many times the traffic of one of weight 0. */
    private static final int ZERO_SHARE = 10;

    /**
     * A target in use.
     *
     * @param weight the sum of its records'
     * @param addresses how many it has; at least 1
     */
    record Share(long weight, int addresses) {}

    /** All are multiplied by this, so that shares are whole numbers. */
    private final double factor;

    private final boolean zeroBesideOthers;

    /**
     * Of these targets together. RFC 2782 wants weight 0 to be "very seldom" beside others, and an endpoint of weight 0 takes no traffic: when some targets have
     * weight 0 and some have not, 0 becomes 1 and every other weight is multiplied by {@value #ZERO_SHARE}; when all have 0, all become 1.
     */
    SrvShares(Collection<Share> all) {
        boolean someZero = all.stream().anyMatch(share -> share.weight() == 0);
        boolean allZero = all.stream().allMatch(share -> share.weight() == 0);
        zeroBesideOthers = someZero && !allZero;
        long whole = 1;
        double largest = 1;
        for (Share share : all) {
            long weight = weight(share);
            long needed = share.addresses() / gcd(weight, share.addresses());
            // Past the largest weight there is no exact share anyway.
            whole = Math.min(Endpoint.MAX_WEIGHT + 1L, whole / gcd(whole, needed) * needed);
            largest = Math.max(largest, (double) weight / share.addresses());
        }
        factor = Math.min((double) whole, Endpoint.MAX_WEIGHT / largest);
    }

    /** The weight of each address of a target. */
    int of(Share share) {
        return (int) Math.max(1, Math.min(Endpoint.MAX_WEIGHT, Math.round(weight(share) * factor / share.addresses())));
    }

    private long weight(Share share) {
        return Math.max(1, share.weight() * (zeroBesideOthers ? ZERO_SHARE : 1));
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}

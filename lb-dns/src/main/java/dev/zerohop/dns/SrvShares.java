package dev.zerohop.dns;

import dev.zerohop.Endpoint;
import java.util.Collection;

/** The weight of each address of SRV targets: the weight of a record is divided among its target's addresses. Pure functions. */
final class SrvShares {

    /** How many times the traffic of a record of weight 0 a record of weight 1 gets. */
    private static final int ZERO_SHARE = 10;

    /**
     * A target in use.
     *
     * @param weight the sum of the weights of its records
     * @param addresses how many it has; at least 1
     */
    record Share(long weight, int addresses) {}

    /** All weights are multiplied by this, so that shares are whole numbers. */
    private final double factor;

    private final boolean zeroBesideOthers;

    /**
     * The shares of these targets. RFC 2782 requires that weight 0 is selected "very seldom" beside others, but an endpoint of weight 0 takes no traffic. So
     * if only some targets have weight 0, 0 becomes 1 and every other weight is multiplied by {@value #ZERO_SHARE}; when all have 0, all become 1.
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
            // Above the largest weight no exact share is possible.
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

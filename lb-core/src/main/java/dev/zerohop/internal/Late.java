package dev.zerohop.internal;

/** By how much a timer is late on purpose: 10 to 20 % of its delay, so that clients which start together do not march in step. */
public final class Late {
    private static final double LEAST = 0.1;
    private static final double MOST = 0.2;

    private Late() {}

    /**
     * What a delay is to be multiplied with.
     *
     * @param chance uniform in [0, 1)
     * @return 1.1 to 1.2
     */
    public static double factor(double chance) {
        return 1 + (LEAST + (MOST - LEAST) * chance);
    }
}

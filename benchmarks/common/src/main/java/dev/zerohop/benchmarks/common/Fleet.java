package dev.zerohop.benchmarks.common;

/** The endpoints that every library balances over: the same number, addresses and weights for all. */
public final class Fleet {
    private Fleet() {}

    /** The weight of endpoint {@code i} for policies that take weights: 1 to 10 in turn. */
    public static int weight(int i) {
        return 1 + i % 10;
    }

    /** The address of endpoint {@code i}, an IPv4 literal; no name is ever looked up. */
    public static String host(int i) {
        return "10." + (i >>> 16) + "." + (i >>> 8 & 0xff) + "." + (i & 0xff);
    }

    /** The port of every endpoint. */
    public static final int PORT = 8080;
}

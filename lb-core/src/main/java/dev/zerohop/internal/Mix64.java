package dev.zerohop.internal;

/** A bijection of 64 bits in which every input bit reaches every output bit: the finaliser of SplitMix64 (Stafford's variant 13). */
public final class Mix64 {

    /** 2^64 divided by the golden ratio, odd: steps by it visit an interval evenly. */
    public static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Mix64() {}

    /** Mixes. */
    public static long mix(long value) {
        long mixed = value;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }
}

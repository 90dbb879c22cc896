package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.OptionsText;
import org.jspecify.annotations.Nullable;

/**
 * To the endpoint that last had the longest known beginning of the key, for servers that keep what they have computed for a beginning, as model servers do. Keys are
 * {@link dev.zerohop.PrefixKey}s, which configurations take from a header or a JSON body; any other key is one block.
 *
 * @param minMatchPercent the smallest part of the key's blocks that a beginning must have to be followed, 0 to 100; a shorter one saves little, and all would follow what they
 *     have in common
 * @param boundedLoad how many times its share of this client's calls under way an endpoint may have and still take such a call, 1 to 100; infinity for no bound
 * @param boundedFrom so many calls under way at an endpoint are within its bound whatever its share, 1 to 1,000,000
 * @param tableSize how many blocks are remembered at the least, 1 to 16,777,216, at 8 bytes each
 * @param withoutKey how to pick for a call without a key; null refuses it
 */
public record PrefixAffinityPolicy(
        int minMatchPercent,
        double boundedLoad,
        int boundedFrom,
        int tableSize,
        @Nullable PickPolicy withoutKey) implements PickPolicy {
    static final int MAX_BOUNDED_FROM = 1_000_000;
    static final int MAX_TABLE_SIZE = 1 << 24;

    /** 50 percent, {@value HashPolicy#DEFAULT_BOUNDED_LOAD} times the share from 4 calls on, 262,144 blocks; calls without a key are refused. */
    public static final PrefixAffinityPolicy DEFAULTS =
            new PrefixAffinityPolicy(50, HashPolicy.DEFAULT_BOUNDED_LOAD, 4, 1 << 18, null);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the value and what was expected, or if {@code withoutKey} needs a key itself
     */
    public PrefixAffinityPolicy {
        if (minMatchPercent < 0 || minMatchPercent > 100) {
            throw new IllegalArgumentException("minMatchPercent was " + minMatchPercent + ", expected 0 to 100");
        }
        if (boundedLoad != HashRanks.UNBOUNDED) {
            HashPolicy.checked(boundedLoad);
        }
        if (boundedFrom < 1 || boundedFrom > MAX_BOUNDED_FROM) {
            throw new IllegalArgumentException(
                    "boundedFrom was " + boundedFrom + ", expected 1 to " + MAX_BOUNDED_FROM);
        }
        if (tableSize < 1 || tableSize > MAX_TABLE_SIZE) {
            throw new IllegalArgumentException("tableSize was " + tableSize + ", expected 1 to " + MAX_TABLE_SIZE);
        }
        Pickers.checkUnkeyed("withoutKey", withoutKey);
    }

    @Override
    public String name() {
        return "prefix_affinity";
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return new PrefixAffinityPicker(this, first, env);
    }

    @Override
    public LoadMetric loadMetric() {
        return withoutKey == null ? LoadMetric.IN_FLIGHT : withoutKey.loadMetric();
    }

    @Override
    public boolean keyed() {
        return true;
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("minMatchPercent", minMatchPercent)
                .with("boundedLoad", boundedLoad == HashRanks.UNBOUNDED ? false : boundedLoad)
                .with("boundedFrom", boundedFrom)
                .with("tableSize", tableSize)
                .with("withoutKey", withoutKey == null ? "FAIL" : withoutKey)
                .toString();
    }
}

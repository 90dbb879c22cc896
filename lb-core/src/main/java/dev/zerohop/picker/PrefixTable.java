package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardPlacement.Prefixes;
import dev.zerohop.internal.OptionsText;
import java.util.Arrays;

/** A table of prefixes, laid out for a binary search. Equal if the tables are. */
final class PrefixTable implements ShardStrategy {
    private final Prefixes table;

    /** In order, so that whatever stands between a prefix and a key that has it also has that prefix. */
    private final String[] prefixes;

    private final int[] ordinals;

    /** For each prefix, the longest other one that it begins with, or -1. */
    private final int[] shorter;

    PrefixTable(Prefixes table) {
        this.table = table;
        this.prefixes = table.table().keySet().toArray(new String[0]);
        Arrays.sort(prefixes);
        this.ordinals = new int[prefixes.length];
        this.shorter = new int[prefixes.length];
        for (int i = 0; i < prefixes.length; i++) {
            ordinals[i] = table.table().getOrDefault(prefixes[i], NOT_PLACED);
            int candidate = i - 1;
            while (candidate >= 0 && !prefixes[i].startsWith(prefixes[candidate])) {
                candidate = shorter[candidate];
            }
            shorter[i] = candidate;
        }
    }

    @Override
    public String name() {
        return "prefix";
    }

    @Override
    public int ordinal(EndpointSelector key, int shards, int firstOrdinal) {
        int at = longest(ShardStrategy.textOf(key));
        return at >= 0 ? ordinals[at] : table.otherwise().orElse(NOT_PLACED);
    }

    private int longest(String text) {
        int at = Arrays.binarySearch(prefixes, text);
        if (at < 0) {
            at = -at - 2;
        }
        while (at >= 0 && !text.startsWith(prefixes[at])) {
            at = shorter[at];
        }
        return at;
    }

    @Override
    public String why(EndpointSelector key, int shards, int firstOrdinal) {
        int at = longest(ShardStrategy.textOf(key));
        if (at >= 0) {
            return "prefix: \"" + prefixes[at] + "\" is the longest prefix of key " + ShardStrategy.quoted(key);
        }
        return "prefix: key " + ShardStrategy.quoted(key) + " begins with none of the " + prefixes.length
                + " prefixes and there is " + (table.otherwise().isPresent() ? "a" : "no") + " default";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PrefixTable that && table.equals(that.table);
    }

    @Override
    public int hashCode() {
        return table.hashCode();
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("prefixes", table.table().size())
                .with("default", table.otherwise())
                .toString();
    }
}

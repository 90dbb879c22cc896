package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import java.util.Map;
import java.util.Optional;

/** A table of keys. An integer key is looked up by its decimal digits. */
record LookupTable(Map<String, Integer> table, Optional<Integer> otherwise) implements ShardStrategy {

    LookupTable {
        table = Map.copyOf(table);
        ShardStrategy.checkOrdinals("lookup table", table, otherwise);
    }

    @Override
    public String name() {
        return "lookup";
    }

    @Override
    public int ordinal(EndpointSelector key, int shards, int firstOrdinal) {
        Integer ordinal = table.get(ShardStrategy.textOf(key));
        return ordinal != null ? ordinal : otherwise.orElse(NOT_PLACED);
    }

    @Override
    public String why(EndpointSelector key, int shards, int firstOrdinal) {
        if (table.containsKey(ShardStrategy.textOf(key))) {
            return "lookup: key " + ShardStrategy.quoted(key) + " is in the table";
        }
        return "lookup: key " + ShardStrategy.quoted(key) + " is none of the " + table.size()
                + " keys of the table and there is " + (otherwise.isPresent() ? "a" : "no") + " default";
    }
}

package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardPlacement.Lookup;
import dev.zerohop.internal.OptionsText;

/** A table of keys. */
record LookupTable(Lookup lookup) implements ShardStrategy {

    @Override
    public String name() {
        return "lookup";
    }

    @Override
    public int ordinal(EndpointSelector key, int shards, int firstOrdinal) {
        Integer ordinal = lookup.table().get(ShardStrategy.textOf(key));
        return ordinal != null ? ordinal : lookup.otherwise().orElse(NOT_PLACED);
    }

    @Override
    public String why(EndpointSelector key, int shards, int firstOrdinal) {
        if (lookup.table().containsKey(ShardStrategy.textOf(key))) {
            return "lookup: key " + ShardStrategy.quoted(key) + " is in the table";
        }
        return "lookup: key " + ShardStrategy.quoted(key) + " is none of the "
                + lookup.table().size() + " keys of the table and there is "
                + (lookup.otherwise().isPresent() ? "a" : "no") + " default";
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("keys", lookup.table().size())
                .with("default", lookup.otherwise())
                .toString();
    }
}

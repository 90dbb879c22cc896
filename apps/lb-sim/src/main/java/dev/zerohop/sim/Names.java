package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.List;

/** Lists of names in a scenario. */
final class Names {
    private Names() {}

    /** A list of texts that are not blank; empty if the field is not there. */
    static List<String> read(Options options, String field, String what) {
        List<String> names = new ArrayList<>();
        if (options.has(field)) {
            for (Object element : options.list(field, "a list of names: " + what)) {
                if (!(element instanceof String name) || name.isBlank()) {
                    throw Options.rejected(options.path(field) + "[" + names.size() + "]", element, what);
                }
                names.add(name);
            }
        }
        return List.copyOf(names);
    }
}

package dev.zerohop.kubernetes;

import dev.zerohop.Log;
import dev.zerohop.Printable;
import java.util.List;

/** Reports what of the objects is left out, each once for as long as it is. Used by one thread at a time. */
final class LeftOut {
    private static final Log LOG = Log.of(LeftOut.class);

    private final String source;
    private List<String> known = List.of();

    LeftOut(String source) {
        this.source = source;
    }

    /** Takes all that is left out at present, each with the reason; gives it back in printable form. */
    List<String> report(List<String> present) {
        for (String each : present) {
            if (!known.contains(each)) {
                LOG.warn("{}: {}; it is left out", source, Printable.text(each));
            }
        }
        known = present;
        return present.stream().map(Printable::text).toList();
    }
}

package dev.zerohop.kubernetes;

import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reports what of the objects is left out, each once for as long as it is. Used by one thread at a time. */
final class LeftOut {
    private static final Log LOG = Log.of(LeftOut.class);

    private final String source;
    private List<String> known = List.of();

    LeftOut(String source) {
        this.source = source;
    }

    /** Takes all that is left out at present, each with the reason. */
    void tell(List<String> refusals, Resolver.@Nullable Listener listener) {
        for (String refusal : refusals) {
            if (!known.contains(refusal)) {
                String shown = Printable.text(refusal);
                LOG.warn("{}: {}; it is left out", source, shown);
                if (listener != null) {
                    listener.onRefused(shown);
                }
            }
        }
        known = refusals;
    }
}

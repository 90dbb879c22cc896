package dev.zerohop.gateway;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** Always picks the first endpoint of the function's list, in the order of its source. */
record FirstEndpoint() implements PickPolicy {

    @Override
    public String name() {
        return "first";
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return new First(first);
    }

    private record First(Snapshot snapshot, @Nullable Node node) implements Picker {
        First(Snapshot snapshot) {
            this(
                    snapshot,
                    snapshot.candidates().stream()
                            .map(Candidate::node)
                            .min(Comparator.comparingInt(First::place))
                            .orElse(null));
        }

        private static int place(Node node) {
            return Integer.parseInt(node.endpoint().attributes().getOrDefault(Endpoint.ORDER, "0"));
        }

        @Override
        public @Nullable Node pick(PickContext context) {
            return node;
        }

        @Override
        public Refusal refusal(PickContext context) {
            int members = snapshot.members().size();
            return members == 0
                    ? new Refusal(Refusal.Kind.NONE_KNOWN, false, "no endpoint known")
                    : new Refusal(Refusal.Kind.NONE_USABLE, false, "all " + members + " endpoints have weight 0");
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new First(next);
        }
    }
}

package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Policies of other libraries by their names in a scenario. Nothing here needs those libraries, of which a class path may have none. */
final class Peers {
    private static final String GRPC = "grpc:";
    private static final List<String> NAMES =
            List.of("grpc:round_robin", "grpc:least_request", "grpc:weighted_round_robin", "grpc:ring_hash");
    private static final String LIBRARY = "io.grpc.xds.RingHashLoadBalancerProvider";

    private Peers() {}

    /** Whether this names such a policy. */
    static boolean areNamedBy(@Nullable Object policy) {
        return name(policy) != null;
    }

    private static @Nullable String name(@Nullable Object policy) {
        Object name = policy instanceof Map<?, ?> object && object.size() == 1
                ? object.keySet().iterator().next()
                : policy;
        return name instanceof String text && text.startsWith(GRPC) ? text : null;
    }

    /**
     * Reads one.
     *
     * @param path where it stands; empty for one that stands alone
     * @param policy a name, or an object with the options that the library's own service configuration has for it
     */
    static ClientBalancer.Factory read(String path, @Nullable Object policy) {
        String name = String.valueOf(name(policy));
        String where = path.isEmpty() ? "policy" : path.equals("configuration") ? "configuration.policy" : path;
        if (!NAMES.contains(name)) {
            throw Options.rejected(where, name, Options.oneOf(NAMES));
        }
        if (!present()) {
            throw Options.rejected(
                    where, name, "a policy of zerohop: those of grpc-java need its library grpc-xds on the class path");
        }
        Object options = policy instanceof Map<?, ?> object ? object.get(name) : Map.of();
        return GrpcPolicy.read(where + "." + name, name.substring(GRPC.length()), options);
    }

    private static boolean present() {
        try {
            Class.forName(LIBRARY, false, Peers.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }
}

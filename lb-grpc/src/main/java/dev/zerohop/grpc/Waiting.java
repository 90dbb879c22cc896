package dev.zerohop.grpc;

import io.grpc.LoadBalancer.PickResult;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/** The answer to a pick that has to wait. Newer versions of grpc show why in the errors and traces of such calls; older ones have no place for it. */
final class Waiting {
    private static final @Nullable MethodHandle WITH_REASON = find();

    private Waiting() {}

    /**
     * The call waits for the next picker.
     *
     * @param type one word for the kind of reason
     * @param reason the reason, for people
     */
    static PickResult because(String type, String reason) {
        MethodHandle withReason = WITH_REASON;
        if (withReason == null) {
            return PickResult.withNoResult();
        }
        try {
            return (PickResult) withReason.invokeExact(type, reason);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static @Nullable MethodHandle find() {
        try {
            return MethodHandles.publicLookup()
                    .findStatic(
                            PickResult.class,
                            "withNoResult",
                            MethodType.methodType(PickResult.class, String.class, String.class));
        } catch (NoSuchMethodException | IllegalAccessException olderVersion) {
            return null;
        }
    }
}

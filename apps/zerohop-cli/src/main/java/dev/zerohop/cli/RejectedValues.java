package dev.zerohop.cli;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/** Why values of the source are rejected, each reason once. Thread-safe. */
final class RejectedValues {
    private final Set<String> reasons = new ConcurrentSkipListSet<>();

    void add(String reason) {
        reasons.add(reason);
    }

    /** All but those that {@code reported} holds already. */
    List<String> besides(@Nullable String reported) {
        return reasons.stream()
                .filter(reason -> reported == null || !reported.contains(reason))
                .toList();
    }

    /** Prints those that {@code reported} does not hold already. */
    void note(Console console, @Nullable String reported) {
        besides(reported).forEach(reason -> console.note("a value of the source is rejected: " + reason));
    }
}

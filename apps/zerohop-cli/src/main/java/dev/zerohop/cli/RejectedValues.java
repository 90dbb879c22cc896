package dev.zerohop.cli;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/** The reasons why values of the source are rejected, each once. Thread-safe. */
final class RejectedValues {
    private final Set<String> reasons = new ConcurrentSkipListSet<>();

    void add(String reason) {
        reasons.add(reason);
    }

    /** All reasons that {@code reported} does not contain. */
    List<String> besides(@Nullable String reported) {
        return reasons.stream()
                .filter(reason -> reported == null || !reported.contains(reason))
                .toList();
    }

    /** Prints the reasons that {@code reported} does not contain. */
    void note(Console console, @Nullable String reported) {
        besides(reported).forEach(reason -> console.note("a value of the source is rejected: " + reason));
    }
}

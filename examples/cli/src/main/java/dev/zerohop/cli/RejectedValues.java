package dev.zerohop.cli;

import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/** What the source says and what cannot be used, each once. Thread-safe. */
final class RejectedValues {
    private final Set<String> reasons = new ConcurrentSkipListSet<>();

    void add(String reason) {
        reasons.add(reason);
    }

    /** Says them, except what is said already. */
    void note(Console console, @Nullable String said) {
        for (String reason : reasons) {
            if (said == null || !said.contains(reason)) {
                console.note("a value of the source is rejected: " + reason);
            }
        }
    }
}

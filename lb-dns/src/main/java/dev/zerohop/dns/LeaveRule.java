package dev.zerohop.dns;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which records of a name are still there when an answer does not carry all of them. What an answer names is there at once; what it does not name leaves after
 * {@value #LEAVES_AFTER} answers without it. Answers of one size whose content differs carry a part of the records each, and for as long as there are two such
 * among the last {@value #PARTIAL_LEAVES_AFTER}, a record leaves after so many answers without it. Not thread-safe.
 */
final class LeaveRule {

    static final int LEAVES_AFTER = 3;
    static final int PARTIAL_LEAVES_AFTER = 15;

    /** A cache gives the same copy again until it expires. Copies count once; but no record is kept for days because it may be in one. */
    private static final long LONGEST_COPY_SECONDS = 300;

    private static final long SECOND_NANOS = 1_000_000_000;

    /** 0 if the rule decides. */
    private final int configured;

    private final Deque<Set<String>> recent = new ArrayDeque<>();

    /** All that is there, and in how many answers it was missing since it was last named. */
    private final Map<String, Integer> missing = new HashMap<>();

    private boolean counted;
    private long countedNanos;
    private long expiryNanos;
    private boolean partial;

    /** {@code stated} is the number of answers that the target states, or 0. */
    LeaveRule(int configured) {
        this.configured = configured;
    }

    /**
     * An answer.
     *
     * @param content what it names
     * @param ttlSeconds its time to live; negative if not known
     * @param nowNanos when it came
     * @return all that is there, sorted
     */
    Set<String> answered(Collection<String> content, long ttlSeconds, long nowNanos) {
        Set<String> named = new TreeSet<>(content);
        if (isNew(Math.max(0, ttlSeconds), nowNanos)) {
            recent.addLast(named);
            if (recent.size() > PARTIAL_LEAVES_AFTER) {
                recent.removeFirst();
            }
            partial = differ();
            missing.replaceAll((record, times) -> times + 1);
        }
        for (String record : named) {
            missing.put(record, 0);
        }
        missing.values().removeIf(times -> times >= leavesAfter());
        return new TreeSet<>(missing.keySet());
    }

    /** The whole truth: nothing else is there. */
    Set<String> exactly(Collection<String> content) {
        recent.clear();
        partial = false;
        counted = false;
        missing.clear();
        content.forEach(record -> missing.put(record, 0));
        return new TreeSet<>(content);
    }

    /** Whether answers carry a part of the records. */
    boolean partial() {
        return partial;
    }

    /** After how many answers without it a record leaves now. */
    int leavesAfter() {
        return configured > 0 ? configured : partial ? PARTIAL_LEAVES_AFTER : LEAVES_AFTER;
    }

    /** For people, about {@code what}, such as "an address". */
    String inWords(String what) {
        String after =
                what + " leaves after " + leavesAfter() + (leavesAfter() == 1 ? " answer" : " answers") + " without it";
        if (configured > 0) {
            return after + ", as the target states";
        }
        return partial ? "answers of one size differ, so each carries a part: " + after : after;
    }

    /** The same copy from a cache expires at the same instant, but for the second to which times to live are rounded. */
    private boolean isNew(long ttlSeconds, long nowNanos) {
        long expiry = nowNanos + Math.min(ttlSeconds, LONGEST_COPY_SECONDS * 1000) * SECOND_NANOS;
        boolean copy = counted
                && expiry - expiryNanos <= SECOND_NANOS
                && expiryNanos - nowNanos > 0
                && nowNanos - countedNanos < LONGEST_COPY_SECONDS * SECOND_NANOS;
        if (copy) {
            return false;
        }
        counted = true;
        countedNanos = nowNanos;
        expiryNanos = expiry;
        return true;
    }

    private boolean differ() {
        Map<Integer, Set<String>> bySize = new HashMap<>();
        for (Set<String> content : recent) {
            @Nullable Set<String> other = bySize.putIfAbsent(content.size(), content);
            if (other != null && !other.equals(content)) {
                return true;
            }
        }
        return false;
    }
}

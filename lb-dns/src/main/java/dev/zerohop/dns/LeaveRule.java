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
 * Decides which records of a name are present although an answer may not contain all of them. A record in an answer is present at once; a record that is
 * missing leaves after {@value #LEAVES_AFTER} answers without it. Answers of one size with different content each contain only a part of the records. While
 * there are two such among the last {@value #PARTIAL_LEAVES_AFTER} answers, a record leaves after so many answers without it. Not thread-safe.
 */
final class LeaveRule {

    static final int LEAVES_AFTER = 3;
    static final int PARTIAL_LEAVES_AFTER = 15;

    /**
     * A cache repeats the same answer until it expires, and such copies count as one answer. This bound keeps a long time to live from holding a record for
     * days.
     */
    private static final long LONGEST_COPY_SECONDS = 300;

    private static final long SECOND_NANOS = 1_000_000_000;

    /** 0 if the rule decides. */
    private final int configured;

    private final Deque<Set<String>> recent = new ArrayDeque<>();

    /** The present records, each with the number of answers without it since it was last in one. */
    private final Map<String, Integer> missing = new HashMap<>();

    private boolean counted;
    private long countedNanos;
    private long expiryNanos;
    private boolean partial;

    /** {@code configured} is the number of answers in the target, or 0. */
    LeaveRule(int configured) {
        this.configured = configured;
    }

    /**
     * Takes an answer.
     *
     * @param content the records in it
     * @param ttlSeconds its time to live; negative if unknown
     * @param nowNanos when it was received
     * @return the present records, sorted
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

    /** Takes a complete answer: all other records are removed. */
    Set<String> exactly(Collection<String> content) {
        recent.clear();
        partial = false;
        counted = false;
        missing.clear();
        content.forEach(record -> missing.put(record, 0));
        return new TreeSet<>(content);
    }

    /** Whether answers contain only a part of the records. */
    boolean partial() {
        return partial;
    }

    /** After how many answers without it a record leaves at present. */
    int leavesAfter() {
        return configured > 0 ? configured : partial ? PARTIAL_LEAVES_AFTER : LEAVES_AFTER;
    }

    /** The rule in words, for {@code what}, such as "an address". */
    String inWords(String what) {
        String after =
                what + " leaves after " + leavesAfter() + (leavesAfter() == 1 ? " answer" : " answers") + " without it";
        if (configured > 0) {
            return after + ", as the target configures";
        }
        return partial ? "answers of one size differ, so each carries a part: " + after : after;
    }

    /** Whether this is a new answer. Copies from a cache expire at the same instant, within the second to which times to live are rounded. */
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

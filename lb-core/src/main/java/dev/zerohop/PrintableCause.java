package dev.zerohop;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands for a throwable whose text steers what shows it: the same stack trace, and as message the class and the message in printable form, so that also a log
 * that prints this class's name says what was thrown.
 */
final class PrintableCause extends Throwable {
    private static final long serialVersionUID = 1;

    /** Where a chain ends: longer ones are made, not met. */
    static final int MAX_DEPTH = 50;

    /** How many throwables are looked at: a method that answers with another cause each time it is asked would have no end. */
    static final int MAX_ALL = 1_000;

    private PrintableCause(String text, StackTraceElement[] trace) {
        super(text);
        setStackTrace(trace);
    }

    /** The throwable itself if nothing in it, its causes and what they suppressed steers; else what stands for it. Never throws, whatever the throwable's methods do. */
    static Throwable of(Throwable thrown) {
        return isClean(thrown) ? thrown : copy(thrown, seen(), 0);
    }

    private static boolean isClean(Throwable thrown) {
        Set<Throwable> seen = seen();
        Deque<Throwable> open = new ArrayDeque<>();
        open.add(thrown);
        while (!open.isEmpty()) {
            Throwable next = open.remove();
            if (!seen.add(next)) {
                continue;
            }
            if (seen.size() > MAX_ALL) {
                return false;
            }
            try {
                if (!isClean(next.toString()) || !isClean(next.getMessage()) || !isClean(next.getLocalizedMessage())) {
                    return false;
                }
                for (StackTraceElement step : next.getStackTrace()) {
                    if (!isClean(step.toString())) {
                        return false;
                    }
                }
                Throwable cause = next.getCause();
                if (cause != null) {
                    open.add(cause);
                }
                Collections.addAll(open, next.getSuppressed());
            } catch (Throwable hostile) {
                return false;
            }
        }
        return true;
    }

    private static boolean isClean(@Nullable String text) {
        // Compared by identity on purpose: a text that is clean comes back as it is.
        return text == null || Printable.text(text) == text;
    }

    private static PrintableCause copy(Throwable thrown, Set<Throwable> seen, int depth) {
        seen.add(thrown);
        String text = tried(thrown::toString);
        StackTraceElement[] trace = tried(() -> printable(thrown.getStackTrace()));
        PrintableCause copy = new PrintableCause(
                Printable.text(text == null ? thrown.getClass().getName() : text),
                trace == null ? new StackTraceElement[0] : trace);
        if (depth == MAX_DEPTH || seen.size() > MAX_ALL) {
            return copy;
        }
        Throwable cause = tried(thrown::getCause);
        // What was there before is left out: so the copy is a tree, whatever the original is.
        if (cause != null && !seen.contains(cause)) {
            copy.initCause(copy(cause, seen, depth + 1));
        }
        for (Throwable suppressed : thrown.getSuppressed()) {
            if (!seen.contains(suppressed) && seen.size() <= MAX_ALL) {
                copy.addSuppressed(copy(suppressed, seen, depth + 1));
            }
        }
        return copy;
    }

    /** A trace that came with a text from elsewhere may say anything. */
    private static StackTraceElement[] printable(@Nullable StackTraceElement[] trace) {
        return Arrays.stream(trace)
                .filter(Objects::nonNull)
                .map(step -> isClean(step.toString())
                        ? step
                        : new StackTraceElement(
                                Printable.text(step.getClassName()),
                                Printable.text(step.getMethodName()),
                                step.getFileName() == null ? null : Printable.text(step.getFileName()),
                                step.getLineNumber()))
                .toArray(StackTraceElement[]::new);
    }

    /** What a method of a throwable answers; null if it throws. */
    private static <T> @Nullable T tried(Supplier<@Nullable T> asked) {
        try {
            return asked.get();
        } catch (Throwable hostile) {
            return null;
        }
    }

    private static Set<Throwable> seen() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** The message alone: it names the class that counts. */
    @Override
    @SuppressWarnings("OverrideThrowableToString")
    public String toString() {
        return String.valueOf(getMessage());
    }
}

package dev.zerohop;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the source of endpoints has answered so far. A value, so that a reader sees one moment and not two while the next answer comes in.
 *
 * @param set the last set; null before the first
 * @param answers how many sets were given
 * @param lastError why the source cannot be read; null while it can
 * @param erringSince since when it cannot be read; null while it can
 */
record SourceState(
        @Nullable EndpointSet set,
        long answers,
        @Nullable Throwable lastError,
        @Nullable Instant erringSince) {

    static final SourceState UNASKED = new SourceState(null, 0, null, null);

    /**
     * A stale set is an answer from memory: it does not mean that the source can be asked again. One without a date is of now: it would be as old as the
     * epoch.
     */
    SourceState answered(EndpointSet given, Instant now) {
        EndpointSet next = given.asOf().equals(Instant.EPOCH) && !given.stale() ? given.confirmed(now) : given;
        return next.stale()
                ? new SourceState(next, answers + 1, lastError, erringSince)
                : new SourceState(next, answers + 1, null, null);
    }

    SourceState confirmed(Instant asOf) {
        return set == null ? this : new SourceState(set.confirmed(asOf), answers, lastError, erringSince);
    }

    SourceState failed(Throwable cause, Instant now) {
        return new SourceState(set, answers, cause, erringSince == null ? now : erringSince);
    }

    boolean erring() {
        return lastError != null;
    }

    /** Whether what it gave is from memory, or it cannot be read. */
    boolean stale() {
        return lastError != null || (set != null && set.stale());
    }

    /** Whether it has not answered yet, neither well nor badly. */
    boolean silent() {
        return answers == 0 && lastError == null;
    }

    /** The last set, marked stale while the source cannot be read; null before the first. */
    @Nullable
    EndpointSet endpoints() {
        return set != null && lastError != null ? set.asStale() : set;
    }

    /** For people: since when the source cannot be read, and why; empty while it can. */
    String error(String before) {
        return lastError == null ? "" : before + erringSince + ": " + brief(lastError);
    }

    static String brief(Throwable cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : Printable.text(message);
    }
}

package dev.zerohop.opentelemetry;

import dev.zerohop.Outcome;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which attempt the span of a call describes: one, and that one whole. A span forgets no attribute, so an attempt that lacks one which an earlier attempt has left there, such as a zone, cannot
 * take its place: the span goes on to describe the earlier one.
 *
 * <p>Thread-safe. The lock is of one sampled call, and is waited for only where two of its attempts end at once.
 */
final class CallDescription {
    private @Nullable TracedAttempt described;
    private Set<AttributeKey<?>> written = Set.of();

    /** The attempt has begun: it describes the call unless another one does, which may be under way still. */
    synchronized void begun(Span span, TracedAttempt attempt) {
        if (described == null) {
            describe(span, attempt, null);
        }
    }

    /** The attempt has ended, and takes the place of the one before; a cancelled one was lost beside another, or the call was cancelled with it. */
    synchronized void ended(Span span, TracedAttempt attempt, Outcome outcome) {
        if (outcome != Outcome.CANCELLED || described == attempt) {
            describe(span, attempt, outcome);
        }
    }

    private void describe(Span span, TracedAttempt attempt, @Nullable Outcome outcome) {
        Attributes attributes = attempt.attributes(outcome);
        Set<AttributeKey<?>> keys = attributes.asMap().keySet();
        if (keys.containsAll(written)) {
            span.setAllAttributes(attributes);
            described = attempt;
            written = keys;
        }
    }
}

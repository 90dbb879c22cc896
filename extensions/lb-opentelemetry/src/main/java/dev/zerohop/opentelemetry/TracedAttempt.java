package dev.zerohop.opentelemetry;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that is written into spans of others: into the one that an instrumentation made for it, if it did; else as an event into that of its call, which in gRPC is described by its last
 * attempt as well. The span around a call of HTTP is that of whatever makes the call, maybe of many, and gets events only.
 */
final class TracedAttempt implements AttemptTrace {
    private final TracedCall call;
    private final Start start;
    private final AtomicBoolean reported = new AtomicBoolean();

    /** Made by an instrumentation for this very attempt. */
    private volatile @Nullable Span made;

    private volatile @Nullable SocketAddress peer;

    TracedAttempt(TracedCall call, Start start) {
        this.call = call;
        this.start = start;
    }

    @Override
    public void entered() {
        Span now = Span.current();
        made = now.isRecording() && !same(now, call.span()) ? now : null;
    }

    /** An agent may wrap one span many times. */
    private static boolean same(Span one, Span other) {
        return one == other
                || one.getSpanContext()
                        .getSpanId()
                        .equals(other.getSpanContext().getSpanId());
    }

    @Override
    public void connected(@Nullable SocketAddress to) {
        peer = to;
        Span own = made;
        if (own != null) {
            own.setAllAttributes(attributes(null));
            return;
        }
        Span span = call.span();
        if (describes(span)) {
            call.description().begun(span, this);
        }
    }

    private boolean describes(Span callSpan) {
        return call.target().grpc() && callSpan.isRecording() && SpanKinds.isOfCall(callSpan);
    }

    /** All that is known of it. */
    Attributes attributes(@Nullable Outcome outcome) {
        AttributesBuilder all = Attributes.builder();
        TraceAttributes.describe(start, all);
        TraceAttributes.peer(peer, all);
        if (outcome != null) {
            all.put(TraceAttributes.OUTCOME, TraceAttributes.word(outcome));
        }
        return all.build();
    }

    @Override
    public void answered(Outcome outcome, String status) {
        Span own = made;
        if (own == null) {
            report(outcome);
        } else if (own.isRecording()) {
            own.setAttribute(TraceAttributes.OUTCOME, TraceAttributes.word(outcome));
        }
    }

    @Override
    public void ended(Outcome outcome, @Nullable String status) {
        Span span = call.span();
        if (describes(span)) {
            call.description().ended(span, this, outcome);
        }
        if (made == null || outcome.isFailure()) {
            report(outcome);
        }
    }

    private void report(Outcome outcome) {
        Span span = call.span();
        if (span.isRecording() && reported.compareAndSet(false, true)) {
            span.addEvent(TraceAttributes.ATTEMPT_EVENT, attributes(outcome));
        }
    }
}

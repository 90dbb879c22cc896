package dev.zerohop.opentelemetry;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.net.SocketAddress;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** An attempt with a span of its own. A span of an attempt that never started is not ended, and so never exported. */
final class OwnSpan implements AttemptTrace {
    private final AttemptSpans spans;
    private final Context parent;
    private final TracedCall.Target target;
    private final Span span;

    OwnSpan(AttemptSpans spans, Context parent, TracedCall.Target target, Start start) {
        this.spans = spans;
        this.parent = parent;
        this.target = target;
        this.span = spans.start(parent, target, start);
        if (span.isRecording()) {
            AttributesBuilder described = Attributes.builder();
            TraceAttributes.describe(start, described);
            span.setAllAttributes(described.build());
        }
    }

    @Override
    public void headers(BiConsumer<String, String> set) {
        spans.inject(parent, span, set);
    }

    @Override
    public void connected(@Nullable SocketAddress peer) {
        if (span.isRecording()) {
            AttributesBuilder connected = Attributes.builder();
            TraceAttributes.peer(peer, connected);
            span.setAllAttributes(connected.build());
        }
    }

    @Override
    public void ended(Outcome outcome, @Nullable String status) {
        spans.end(span, target, outcome, status);
    }
}

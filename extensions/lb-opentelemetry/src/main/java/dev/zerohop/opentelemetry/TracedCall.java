package dev.zerohop.opentelemetry;

import dev.zerohop.AttemptTrace;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One call and the span that was current when it began, which may be its own or that of whatever makes it. Thread-safe. */
final class TracedCall implements CallTrace {
    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Target target;
    private final @Nullable AttemptSpans spans;
    private final boolean keyHash;
    private final CallDescription description = new CallDescription();
    private volatile Span span;
    private volatile @Nullable Context parent;

    /** What is called. */
    record Target(String adapter, String method, String host, int port) {
        boolean grpc() {
            return adapter.equals("grpc");
        }
    }

    TracedCall(Span span, Target target, @Nullable AttemptSpans spans, boolean keyHash) {
        this.span = span;
        this.target = target;
        this.spans = spans;
        this.keyHash = keyHash;
        this.parent = spans == null ? null : Context.current();
    }

    Span span() {
        return span;
    }

    Target target() {
        return target;
    }

    CallDescription description() {
        return description;
    }

    @Override
    public void entered() {
        Span now = Span.current();
        if (now.isRecording()) {
            span = now;
            parent = spans == null ? null : Context.current();
        }
    }

    @Override
    public void waited(String service, long nanos) {
        Span on = span;
        if (on.isRecording()) {
            on.addEvent(
                    TraceAttributes.WAIT_EVENT,
                    Attributes.of(
                            TraceAttributes.SERVICE, service, TraceAttributes.WAIT_DURATION, nanos / NANOS_PER_SECOND));
        }
    }

    @Override
    public void refused(String service, Refusal.Kind kind) {
        Span on = span;
        if (on.isRecording()) {
            on.addEvent(
                    TraceAttributes.REFUSED_EVENT,
                    Attributes.of(
                            TraceAttributes.SERVICE,
                            service,
                            TraceAttributes.REFUSAL_KIND,
                            TraceAttributes.word(kind)));
        }
    }

    @Override
    public void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
        Span on = span;
        if (on.isRecording()) {
            on.addEvent(
                    TraceAttributes.RETRY_EVENT,
                    Attributes.of(
                            TraceAttributes.SERVICE,
                            service,
                            TraceAttributes.ENDPOINT_ID,
                            failed.id(),
                            TraceAttributes.OUTCOME,
                            TraceAttributes.word(outcome),
                            TraceAttributes.RETRY_RESULT,
                            TraceAttributes.word(decision)));
        }
    }

    @Override
    public void hedgeDecided(String service, RetryDecision decision) {
        Span on = span;
        if (on.isRecording()) {
            on.addEvent(
                    TraceAttributes.HEDGE_EVENT,
                    Attributes.of(
                            TraceAttributes.SERVICE,
                            service,
                            TraceAttributes.RETRY_RESULT,
                            TraceAttributes.word(decision)));
        }
    }

    @Override
    public boolean wantsKeyHash() {
        return keyHash;
    }

    @Override
    public @Nullable AttemptTrace attempt(AttemptTrace.Start start) {
        AttemptSpans makes = spans;
        Context below = parent;
        return makes == null || below == null
                ? new TracedAttempt(this, start)
                : new OwnSpan(makes, below, target, start);
    }
}

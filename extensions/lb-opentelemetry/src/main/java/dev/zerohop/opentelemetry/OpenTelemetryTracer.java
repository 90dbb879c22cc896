package dev.zerohop.opentelemetry;

import static java.util.Objects.requireNonNull;

import dev.zerohop.CallTrace;
import dev.zerohop.CallTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import org.jspecify.annotations.Nullable;

/**
 * Writes into the spans that others make of calls where each attempt went, by what rule, and why it was repeated; see {@code docs/tracing.md}.
 *
 * <pre>{@code
 * BalancerRegistry.trace(OpenTelemetryTracer.create());
 * }</pre>
 *
 * <p>A client of OkHttp gets the attributes on the span that its instrumentation makes for each request on the wire, a channel of gRPC on the span of the call; events stand on the span that was current
 * when the call began. Spans of its own it makes only with {@link Builder#attemptSpans}. Of a call that is not sampled nothing is computed and nothing is allocated. The key of a call is never
 * written. Immutable and thread-safe; install it once, for a client or for the process: two of them write everything twice.
 */
public final class OpenTelemetryTracer implements CallTracer {
    private final @Nullable AttemptSpans spans;
    private final boolean keyHash;

    private OpenTelemetryTracer(Builder builder) {
        this.spans = builder.spans;
        this.keyHash = builder.keyHash;
    }

    /** One with all defaults. It takes the spans as they are current, and needs no {@link OpenTelemetry} of its own. */
    public static OpenTelemetryTracer create() {
        return builder().build();
    }

    /** Starts a tracer. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public @Nullable CallTrace start(String adapter, String method, String host, int port) {
        Span span = Span.current();
        if (spans == null && !span.isRecording() && declined(span.getSpanContext())) {
            return null;
        }
        return new TracedCall(span, new TracedCall.Target(adapter, method, host, port), spans, keyHash);
    }

    /** Whether it was decided that the trace is not recorded. Without a span, the one of the call or of its attempts may begin a trace. */
    private static boolean declined(SpanContext context) {
        return context.isValid() && !context.isSampled();
    }

    @Override
    public String toString() {
        return "OpenTelemetryTracer" + (spans == null ? "" : "(attempt spans)");
    }

    /** Builds an {@link OpenTelemetryTracer}. Not thread-safe. */
    public static final class Builder {
        private @Nullable AttemptSpans spans;
        private boolean keyHash;

        private Builder() {}

        /**
         * Makes a span of kind {@code CLIENT} for each attempt, below the span that is current when the call begins, and sends its identity in the headers of the attempt, in place of one that was there.
         * For clients of OkHttp without an instrumentation, and for channels of gRPC where the attempts of a call are to be told apart. Default: none are made. Beside an instrumentation that makes a
         * span for each attempt, as that of OkHttp does, each would have two.
         */
        public Builder attemptSpans(OpenTelemetry openTelemetry) {
            this.spans = new AttemptSpans(requireNonNull(openTelemetry, "openTelemetry"));
            return this;
        }

        /**
         * Writes 32 bits of the hash of a call's key as {@code zerohop.key.hash}. Default: off. It tells calls of one key from others; whoever knows which keys there are can find out which one it is.
         */
        public Builder keyHash() {
            this.keyHash = true;
            return this;
        }

        /** Builds the tracer. */
        public OpenTelemetryTracer build() {
            return new OpenTelemetryTracer(this);
        }
    }
}

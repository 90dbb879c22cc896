package dev.zerohop.opentelemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.ReadableSpan;

/** What can be known of a span beyond the API. */
final class SpanKinds {
    private static final boolean READABLE = readable();

    private SpanKinds() {}

    private static boolean readable() {
        try {
            Class.forName("io.opentelemetry.sdk.trace.ReadableSpan", false, SpanKinds.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError noSdk) {
            return false;
        }
    }

    /**
     * Whether attributes of a call may stand on the span. Not on one that is known to be that of a request that is being served: its peer is another one. Under an agent the kind is not known, and
     * each call has a span of its own.
     */
    static boolean isOfCall(Span span) {
        return !READABLE || !Sdk.serves(span);
    }

    /** Loaded only where the SDK is. */
    private static final class Sdk {
        static boolean serves(Span span) {
            SpanKind kind = span instanceof ReadableSpan readable ? readable.getKind() : SpanKind.INTERNAL;
            return kind == SpanKind.SERVER || kind == SpanKind.CONSUMER;
        }
    }
}

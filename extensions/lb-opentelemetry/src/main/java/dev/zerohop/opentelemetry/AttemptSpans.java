package dev.zerohop.opentelemetry;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Outcome;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes spans of attempts where no other instrumentation does, after the semantic conventions for clients of HTTP and of RPC (1.44). Their {@code url.full} is left out: its path may hold the key. */
final class AttemptSpans {
    /** What another adapter tells may be none of HTTP's numbers. */
    private static final Pattern HTTP_STATUS = Pattern.compile("[1-9][0-9]{2}");

    private static final String GRPC_OK = "OK";

    private static final String SCOPE = "dev.zerohop";
    private static final Set<String> HTTP_METHODS =
            Set.of("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE");
    private static final int HTTP_ERRORS = 400;

    private static final TextMapSetter<BiConsumer<String, String>> SETTER = (to, name, value) -> {
        if (to != null) {
            to.accept(name, value);
        }
    };

    private final Tracer tracer;
    private final TextMapPropagator propagator;

    AttemptSpans(OpenTelemetry openTelemetry) {
        this.tracer = openTelemetry.getTracer(SCOPE);
        this.propagator = openTelemetry.getPropagators().getTextMapPropagator();
    }

    Span start(Context parent, TracedCall.Target target, AttemptTrace.Start attempt) {
        SpanBuilder span = tracer.spanBuilder(name(target)).setParent(parent).setSpanKind(SpanKind.CLIENT);
        if (target.grpc()) {
            span.setAttribute(TraceAttributes.RPC_SYSTEM, "grpc")
                    .setAttribute(TraceAttributes.RPC_METHOD, target.method());
            ServerName server = ServerName.of(target.host(), attempt.service());
            span.setAttribute(TraceAttributes.SERVER_ADDRESS, server.address());
            if (server.hasPort()) {
                span.setAttribute(TraceAttributes.SERVER_PORT, (long) server.port());
            }
        } else {
            span.setAttribute(TraceAttributes.HTTP_METHOD, known(target) ? target.method() : "_OTHER")
                    .setAttribute(TraceAttributes.SERVER_ADDRESS, target.host())
                    .setAttribute(TraceAttributes.SERVER_PORT, (long) target.port());
            if (attempt.number() > 1) {
                span.setAttribute(TraceAttributes.HTTP_RESEND_COUNT, attempt.number() - 1L);
            }
        }
        return span.startSpan();
    }

    /** Attempts of gRPC have the name that grpc-java gives its own (gRFC A72). */
    private static String name(TracedCall.Target target) {
        if (target.grpc()) {
            return "Attempt." + target.method().replace('/', '.');
        }
        return known(target) ? target.method() : "HTTP";
    }

    private static boolean known(TracedCall.Target target) {
        return HTTP_METHODS.contains(target.method());
    }

    void inject(Context parent, Span span, BiConsumer<String, String> headers) {
        propagator.inject(parent.with(span), headers, SETTER);
    }

    void end(Span span, TracedCall.Target target, Outcome outcome, @Nullable String status) {
        try {
            describe(span, target, outcome, status);
        } finally {
            span.end();
        }
    }

    private static void describe(Span span, TracedCall.Target target, Outcome outcome, @Nullable String status) {
        if (!span.isRecording()) {
            return;
        }
        span.setAttribute(TraceAttributes.OUTCOME, TraceAttributes.word(outcome));
        boolean failed = outcome.isFailure();
        // The status stands for an error that it tells of. Where it tells of none there is the outcome.
        String error = TraceAttributes.word(outcome);
        if (status != null && target.grpc()) {
            span.setAttribute(TraceAttributes.RPC_STATUS_CODE, status);
            if (!status.equals(GRPC_OK)) {
                // Of clients all are errors but this one, those of a cancelled call too.
                failed = true;
                error = status;
            }
        } else if (status != null && HTTP_STATUS.matcher(status).matches()) {
            long code = Long.parseLong(status);
            span.setAttribute(TraceAttributes.HTTP_STATUS_CODE, code);
            if (code >= HTTP_ERRORS) {
                failed = true;
            }
            if (outcome.isAnswer()) {
                error = status;
            }
        }
        if (failed) {
            span.setAttribute(TraceAttributes.ERROR_TYPE, error);
            span.setStatus(StatusCode.ERROR);
        }
    }
}

package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import org.jspecify.annotations.Nullable;

/** Reports to a balancer's listener, and to the trace of the call if it is traced, what only the adapter knows of calls, each once. One per service; stateless and thread-safe. */
record CallEvents(Balancer balancer) {

    /** An attempt got its endpoint, or its call ended, after it had waited since then. */
    void waited(@Nullable CallTrace trace, long sinceNanos) {
        long nanos = Math.max(0, System.nanoTime() - sinceNanos);
        balancer.waited(nanos);
        if (trace != null) {
            trace.waited(balancer.name(), nanos);
        }
    }

    /** A call ends by this. */
    void refused(@Nullable CallTrace trace, NoEndpointIOException none) {
        balancer.refused(none.refusal());
        if (trace != null) {
            trace.refused(balancer.name(), none.refusal().kind());
        }
    }

    /** An attempt failed, and this was decided. */
    void decided(@Nullable CallTrace trace, Endpoint failed, Outcome outcome, RetryVerdict verdict) {
        balancer.retryDecided(failed, outcome, verdict.decision());
        if (trace != null) {
            trace.retryDecided(balancer.name(), failed, outcome, verdict.decision());
        }
    }

    /** An attempt began at an endpoint that stands in for the owner of its key. */
    void spilled(Endpoint endpoint) {
        balancer.spilled(endpoint);
    }
}

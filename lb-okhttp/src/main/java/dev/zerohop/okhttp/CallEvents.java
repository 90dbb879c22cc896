package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;

/** Reports to a balancer's listener what only the adapter knows of calls, each once. One per service; stateless and thread-safe. */
record CallEvents(Balancer balancer) {

    /** An attempt got its endpoint, or its call ended, after it had waited since then. */
    void waited(long sinceNanos) {
        balancer.waited(Math.max(0, System.nanoTime() - sinceNanos));
    }

    /** A call ends by this. */
    void refused(NoEndpointIOException none) {
        balancer.refused(none.refusal());
    }

    /** An attempt failed, and this was decided. */
    void decided(Endpoint failed, Outcome outcome, RetryVerdict verdict) {
        balancer.retryDecided(failed, outcome, verdict.decision());
    }

    /** An attempt began at an endpoint that stands in for the owner of its key. */
    void spilled(Endpoint endpoint) {
        balancer.spilled(endpoint);
    }
}

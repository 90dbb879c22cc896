package dev.zerohop;

import org.jspecify.annotations.Nullable;

/** How a balancer checks its endpoints of its own accord, as configured. Immutable; equal policies behave the same, and a change to an equal one restarts nothing. */
@FunctionalInterface
public interface HealthCheckPolicy {

    /** Checks nothing: what the calls and the source say is enough. */
    HealthCheckPolicy NONE = (env, transport) -> null;

    /**
     * Why a transport cannot carry these checks. A source's configuration is for clients of all kinds: one whose transport cannot carry its checks goes by the rest of it, without checks.
     *
     * @return null if it can
     */
    default @Nullable String unfit(ProbeTransport transport) {
        return null;
    }

    /**
     * Makes the source of verdicts of one balancer, which starts it, {@linkplain HealthSource#follow names} it the members, and closes it. Control path: must not block.
     *
     * @param transport what the checks may go by
     * @return null if nothing is to be checked
     * @throws IllegalArgumentException if the transport cannot carry these checks; settings of the application that ask for them are rejected with the message
     */
    @Nullable
    HealthSource newSource(Env env, ProbeTransport transport);
}

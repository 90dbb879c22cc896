package dev.zerohop.micrometer;

import static java.util.Objects.requireNonNull;

import dev.zerohop.CallTrace;
import dev.zerohop.CallTracer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Writes into the observations that others make of calls where each attempt went, by what rule, and why it was repeated, for traces that are made of observations (Micrometer Tracing); see
 * {@code docs/tracing.md}.
 *
 * <pre>{@code
 * BalancerRegistry.trace(ObservationTracer.of(observationRegistry));
 * }</pre>
 *
 * <p>An observation of the call itself, such as {@code http.client.requests} of Spring's RestClient or {@code grpc.client} of Micrometer, gets its last attempt as key values of high cardinality,
 * which meters leave out. Every other one around the call, such as that of a request that is being served, gets events only. It makes no observation of its own: {@code zerohop.attempts} counts attempts,
 * and an observation would count them once more. Of a call without an observation nothing is computed. The key of a call is never written. Thread-safe; install it once.
 */
public final class ObservationTracer implements CallTracer {
    private final ObservationRegistry registry;

    private ObservationTracer(ObservationRegistry registry) {
        this.registry = registry;
    }

    /** One for the observations that are current in this registry. */
    public static ObservationTracer of(ObservationRegistry registry) {
        return new ObservationTracer(requireNonNull(registry, "registry"));
    }

    @Override
    public @Nullable CallTrace start(String adapter, String method, String host, int port) {
        Observation current = registry.getCurrentObservation();
        return current == null || current.isNoop() ? null : new ObservedCall(current, registry);
    }

    @Override
    public String toString() {
        return "ObservationTracer";
    }
}

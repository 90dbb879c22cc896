package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a source states at one moment, as one immutable value. A {@link Resolver} publishes it whole, so that what came first needs no order
 * and a listener that comes late needs the last one only. Immutable.
 *
 * <p>What does not change from one to the next keeps its identity, or equals what it was: a listener acts on the difference. Each method that makes the next
 * one leaves all other parts as they are.
 */
public final class Resolution {

    /** Before the first answer. */
    public static final Resolution NONE =
            new Resolution(null, false, SourceConfiguration.NONE, HealthSource.Verdicts.NONE, null, List.of());

    private final @Nullable EndpointSet endpoints;

    /** Whether the source has vouched for any endpoints so far. */
    private final boolean answered;

    private final SourceConfiguration configuration;
    private final HealthSource.Verdicts verdicts;
    private final @Nullable Throwable error;
    private final List<String> rejected;

    private Resolution(
            @Nullable EndpointSet endpoints,
            boolean answered,
            SourceConfiguration configuration,
            HealthSource.Verdicts verdicts,
            @Nullable Throwable error,
            List<String> rejected) {
        this.endpoints = endpoints == null || error == null ? endpoints : endpoints.asStale();
        this.answered = answered || (endpoints != null && error == null && !endpoints.stale());
        this.configuration = requireNonNull(configuration, "configuration");
        this.verdicts = requireNonNull(verdicts, "verdicts");
        this.error = error;
        this.rejected = rejected;
    }

    /** These endpoints and nothing else. */
    public static Resolution of(EndpointSet endpoints) {
        return NONE.answered(endpoints);
    }

    /** The last complete membership, possibly empty; null before the first. It stays in force, and is stale, while the source cannot be read. */
    public @Nullable EndpointSet endpoints() {
        return endpoints;
    }

    /** How the source wants the calls balanced; {@link SourceConfiguration#NONE} where it says nothing about that. */
    public SourceConfiguration configuration() {
        return configuration;
    }

    /** The source's verdicts on endpoints. They hold for endpoints that become members later as well. */
    public HealthSource.Verdicts verdicts() {
        return verdicts;
    }

    /** Why the source cannot be read at present; null while it can. */
    public @Nullable Throwable error() {
        return error;
    }

    /**
     * The values of the source that cannot be used at present, such as a weight below 0, while the last good ones stay in force: each names the value, what it
     * was and what was expected. A listener reports one that was not in the resolution before.
     */
    public List<String> rejected() {
        return rejected;
    }

    /** The source was asked and names these endpoints. That ends an error, unless the set is {@linkplain EndpointSet#stale stale}: an answer from memory. */
    public Resolution answered(EndpointSet next) {
        requireNonNull(next, "endpoints");
        return new Resolution(next, answered, configuration, verdicts, next.stale() ? error : null, rejected);
    }

    /** The source cannot be read. */
    public Resolution failed(Throwable cause) {
        return new Resolution(endpoints, answered, configuration, verdicts, requireNonNull(cause, "cause"), rejected);
    }

    /**
     * The source states this configuration. One that is rejected after the source has answered without any leaves the defaults in force: that answer was good.
     *
     * @param json in the format of the configuration reference; empty if the source configures nothing any more
     */
    public Resolution configured(String json) {
        return with(known().configured(json));
    }

    /** The source states a configuration that it rejects itself, for this reason. */
    public Resolution configurationRejected(String reason) {
        return with(known().rejected(reason));
    }

    private SourceConfiguration known() {
        return answered && configuration.equals(SourceConfiguration.NONE)
                ? configuration.configured("")
                : configuration;
    }

    /** The same with this configuration. */
    public Resolution with(SourceConfiguration next) {
        return new Resolution(endpoints, answered, next, verdicts, error, rejected);
    }

    /** The same with these verdicts. */
    public Resolution with(HealthSource.Verdicts next) {
        return new Resolution(endpoints, answered, configuration, next, error, rejected);
    }

    /** The same with these values that cannot be used. */
    public Resolution rejecting(List<String> next) {
        return new Resolution(endpoints, answered, configuration, verdicts, error, List.copyOf(next));
    }

    /** The same as if the source had not named any endpoints yet. */
    public Resolution withoutEndpoints() {
        return endpoints == null ? this : new Resolution(null, answered, configuration, verdicts, error, rejected);
    }

    /** The same with other endpoints, if it has any. An error stays. */
    public Resolution mapEndpoints(UnaryOperator<EndpointSet> change) {
        return endpoints == null
                ? this
                : new Resolution(change.apply(endpoints), answered, configuration, verdicts, error, rejected);
    }

    /**
     * The same as what follows {@code before}: each endpoint that says the same is that of before, and so is the whole set, as of now; an error in the same words is the
     * one of before.
     * Where nothing has changed at all, {@code before} itself.
     */
    public Resolution following(Resolution before) {
        EndpointSet set = endpoints;
        EndpointSet last = before.endpoints;
        if (set != null && last != null && set != last) {
            set = set.keeping(last);
            set = set.hasSameContentAs(last) ? last.as(set.asOf(), set.stale()) : set;
        }
        Throwable cause = error;
        if (cause != null && before.error != null && cause.toString().equals(before.error.toString())) {
            cause = before.error;
        }
        SourceConfiguration configured =
                configuration.equals(before.configuration) ? before.configuration : configuration;
        HealthSource.Verdicts judged = verdicts.equals(before.verdicts) ? before.verdicts : verdicts;
        List<String> bad = rejected.equals(before.rejected) ? before.rejected : rejected;
        boolean same = set == last
                && cause == before.error
                && configured == before.configuration
                && judged == before.verdicts
                && bad == before.rejected
                && answered == before.answered;
        return same ? before : new Resolution(set, answered, configured, judged, cause, bad);
    }

    /**
     * Whether the endpoints are new to a listener that knows {@code before}: their content differs, or are from memory now, or no longer. An error alone,
     * which makes them stale, is not.
     */
    public boolean hasNewEndpoints(Resolution before) {
        EndpointSet set = endpoints;
        EndpointSet last = before.endpoints;
        return set != null
                && (last == null
                        || !set.hasSameContentAs(last)
                        || (error == null && (before.error != null || set.stale() != last.stale())));
    }

    @Override
    public String toString() {
        return "Resolution(" + endpoints + ", " + configuration + ", "
                + verdicts.byEndpoint().size() + " verdicts, error " + error + ", rejected " + rejected + ")";
    }
}

package dev.zerohop.probe;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.HealthCheckPolicy;
import dev.zerohop.HealthSource;
import dev.zerohop.Options;
import dev.zerohop.ProbeTransport;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Active health checks: each client asks its endpoints at an interval whether they are well. One that fails several times in a row is {@link
 * dev.zerohop.Health.Status#UNHEALTHY} until it succeeds several times in a row; panic lifts that. One that was not checked yet serves.
 *
 * <p>Of more endpoints than a sample each client checks only that many, and those that are out: a thousand clients with a thousand servers are a million pairs. Where a service has the orchestrator
 * of {@code lb-etcd-orchestrator}, that checks on behalf of all clients and is to be preferred.
 *
 * <p>Checks run neither on the request path nor on the balancer's serial executor; at most {@value #CONCURRENCY} are under way at once. The first one of an endpoint comes at a random
 * instant within the interval.
 *
 * <p>Immutable and thread-safe; equal checks are not restarted when a configuration is replaced.
 *
 * <p>Source: the options are those of Envoy's {@code HealthCheck}, by its names. It differs in that a new endpoint takes calls before its first check.
 */
public final class HealthChecks implements HealthCheckPolicy {

    /** How many checks of one balancer are under way at once. */
    public static final int CONCURRENCY = 32;

    private final Check check;
    private final ProbeTiming timing;
    private final int sample;

    private HealthChecks(Builder builder) {
        this.check = builder.check;
        this.timing = new ProbeTiming(
                builder.interval,
                builder.jitterPercent,
                builder.timeout,
                builder.healthyThreshold,
                builder.unhealthyThreshold,
                CONCURRENCY);
        this.sample = builder.sample;
    }

    /**
     * Checks that a TCP connection can be made.
     *
     * @see #tcp(int, boolean, String)
     */
    public static Builder tcp() {
        return tcp(0, false, null);
    }

    /**
     * Checks that a TCP connection can be made.
     *
     * @param port where; 0 for each endpoint's own
     * @param tls whether hands must be shaken for TLS as well
     * @param host what certificates must carry; null for the service's name, and without one the host of each endpoint
     */
    public static Builder tcp(int port, boolean tls, @Nullable String host) {
        return new Builder(new Check.Tcp(port(port), tls, host(host)));
    }

    /**
     * Checks that a GET is answered with a status of 200 to 299.
     *
     * @param path begins with a slash; may have a query
     */
    public static Builder http(String path) {
        return http(new HttpGet(path, 200, 299), 0, false, null);
    }

    /**
     * Checks that a GET over HTTP/1.1 is answered as expected.
     *
     * @param port where; 0 for each endpoint's own
     * @param tls whether to use TLS
     * @param host what is sent as {@code Host} and what certificates must carry; null for the service's name, and without one the host of each endpoint
     */
    public static Builder http(HttpGet get, int port, boolean tls, @Nullable String host) {
        return new Builder(new Check.Http(port(port), tls, host(host), requireNonNull(get, "get")));
    }

    /**
     * Checks that the standard health service of gRPC says {@code SERVING}, over the connections of the calls: for channels of {@code lb-grpc}.
     *
     * @param service the service to ask for; empty for the server as a whole
     */
    public static Builder grpc(String service) {
        return new Builder(new Check.Grpc(requireNonNull(service, "service")));
    }

    private static int port(int port) {
        if (port < 0 || port > ChecksReader.MAX_PORT) {
            throw new IllegalArgumentException(
                    "the port of a check was " + port + ", expected 1 to 65535, or 0 for the endpoint's");
        }
        return port;
    }

    private static @Nullable String host(@Nullable String host) {
        if (host != null && !ChecksReader.HOST.matcher(host).matches()) {
            throw new IllegalArgumentException(
                    "the host of a check was '" + host + "', expected a host name without a port");
        }
        return host;
    }

    /**
     * Reads it from a field of a configuration; what is left out has its default.
     *
     * @return {@link HealthCheckPolicy#NONE} if the field is not there
     * @throws IllegalArgumentException naming the path, what was found and what was expected
     */
    public static HealthCheckPolicy read(Options parent, String field) {
        return parent.has(field) ? ChecksReader.read(parent, field) : NONE;
    }

    @Override
    public @Nullable String unfit(ProbeTransport transport) {
        return check.unfit(transport);
    }

    @Override
    public HealthSource newSource(Env env, ProbeTransport transport) {
        return new CheckSource(this, env, check.prober(transport, timing.timeout()));
    }

    ProbeTiming timing() {
        return timing;
    }

    int sample() {
        return sample;
    }

    String kind() {
        return check.kind();
    }

    String addressOf(Endpoint endpoint) {
        return check.addressOf(endpoint);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HealthChecks that
                && check.equals(that.check)
                && timing.equals(that.timing)
                && sample == that.sample;
    }

    @Override
    public int hashCode() {
        return 31 * check.hashCode() + timing.hashCode();
    }

    @Override
    public String toString() {
        return new OptionsText("")
                .with(check.toString(), "every " + Options.text(timing.interval()))
                .with("jitterPercent", timing.jitterPercent())
                .with("timeout", timing.timeout())
                .with("unhealthyThreshold", timing.unhealthyThreshold())
                .with("healthyThreshold", timing.healthyThreshold())
                .with("sample", sample)
                .toString();
    }

    /** Builds {@link HealthChecks}. A setter throws {@link IllegalArgumentException} for a value out of its range. Not thread-safe. */
    public static final class Builder {
        static final Duration MIN_INTERVAL = Duration.ofMillis(100);
        static final Duration MAX_INTERVAL = Duration.ofHours(1);
        static final Duration MIN_TIMEOUT = Duration.ofMillis(10);
        static final Duration MAX_TIMEOUT = Duration.ofMinutes(1);
        static final int MAX_THRESHOLD = 100;
        static final int MIN_JITTER = 10;
        static final int MAX_JITTER = 50;
        static final int MAX_SAMPLE = 10_000;

        private final Check check;
        Duration interval = Duration.ofSeconds(10);
        Duration timeout = Duration.ofSeconds(1);
        int unhealthyThreshold = 3;
        int healthyThreshold = 2;
        int jitterPercent = 15;
        int sample = 100;

        Builder(Check check) {
            this.check = check;
        }

        /** Sets the time between two checks of an endpoint, 100 ms to 1 hour. Default: 10 seconds. */
        public Builder interval(Duration between) {
            interval = within("interval", between, MIN_INTERVAL, MAX_INTERVAL);
            return this;
        }

        /** Sets how long a check may take, 10 ms to 1 minute and not longer than the interval; one that takes longer has failed. Default: 1 second. */
        public Builder timeout(Duration limit) {
            timeout = within("timeout", limit, MIN_TIMEOUT, MAX_TIMEOUT);
            return this;
        }

        /** Sets how many checks in a row must fail until an endpoint is unhealthy, 1 to 100. Default: 3. */
        public Builder unhealthyThreshold(int checks) {
            unhealthyThreshold = within("unhealthyThreshold", checks, 1, MAX_THRESHOLD);
            return this;
        }

        /** Sets how many checks in a row must succeed until it is well again, 1 to 100. Default: 2. */
        public Builder healthyThreshold(int checks) {
            healthyThreshold = within("healthyThreshold", checks, 1, MAX_THRESHOLD);
            return this;
        }

        /** Sets by how much each interval is longer or shorter at random, in per cent, 10 to 50. Default: 15. */
        public Builder jitterPercent(int percent) {
            jitterPercent = within("jitterPercent", percent, MIN_JITTER, MAX_JITTER);
            return this;
        }

        /** Sets how many endpoints are checked when there are more, 1 to 10,000; those that are out are checked besides, up to the same number again. Default: 100. */
        public Builder sample(int endpoints) {
            sample = within("sample", endpoints, 1, MAX_SAMPLE);
            return this;
        }

        /**
         * The checks.
         *
         * @throws IllegalArgumentException if the timeout is longer than the interval
         */
        public HealthChecks build() {
            if (timeout.compareTo(interval) > 0) {
                throw new IllegalArgumentException("timeout of health checks was " + timeout
                        + ", expected at most the interval, which is " + interval);
            }
            return new HealthChecks(this);
        }

        private static int within(String name, int value, int min, int max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(
                        name + " of health checks was " + value + ", expected " + min + " to " + max);
            }
            return value;
        }

        private static Duration within(String name, Duration value, Duration min, Duration max) {
            if (requireNonNull(value, name).compareTo(min) < 0 || value.compareTo(max) > 0) {
                throw new IllegalArgumentException(
                        name + " of health checks was " + value + ", expected " + min + " to " + max);
            }
            return value;
        }
    }
}

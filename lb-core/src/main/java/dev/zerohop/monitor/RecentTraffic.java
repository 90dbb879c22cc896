package dev.zerohop.monitor;

import dev.zerohop.Candidate;
import dev.zerohop.Snapshot;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What all endpoints of a balancer were given in the last minute. An immutable value.
 *
 * @param endpoints by the endpoint's id; those without any attempt since they joined are left out
 */
public record RecentTraffic(Map<String, EndpointTraffic> endpoints) {

    /** With fewer attempts in all, {@link #skew} says nothing. */
    public static final int LEAST_ATTEMPTS = 100;

    /**
     * The least fair share, in attempts, that an endpoint is compared with. Of 1,000 endpoints with two attempts each on average, chance alone gives some endpoint eight; of as many with
     * 30 each, none gets twice its share (a Poisson variable of mean 30 reaches 60 once in a million).
     */
    public static final int LEAST_FAIR_SHARE = 30;

    /** Copies the map. */
    public RecentTraffic {
        endpoints = Collections.unmodifiableMap(new TreeMap<>(endpoints));
    }

    /** Of this endpoint. */
    public EndpointTraffic of(String endpointId) {
        return endpoints.getOrDefault(endpointId, EndpointTraffic.NONE);
    }

    /** All attempts. */
    public long attempts() {
        long sum = 0;
        for (EndpointTraffic each : endpoints.values()) {
            sum += each.attempts();
        }
        return sum;
    }

    /** The part of all attempts that went to this endpoint, 0 to 1; NaN if there was none. */
    public double share(String endpointId) {
        return (double) of(endpointId).attempts() / attempts();
    }

    /**
     * How far the traffic is from the weights: the largest of all candidates' attempts divided by their fair share, which is that of their weights, though {@value #LEAST_FAIR_SHARE} at least. 1
     * is as even as can be told, and 3 is an endpoint with three times what its weight says. NaN with fewer than {@value #LEAST_ATTEMPTS} attempts at the candidates.
     */
    public double skew(Snapshot snapshot) {
        double weights = 0;
        long attempts = 0;
        for (Candidate candidate : snapshot.candidates()) {
            weights += candidate.weight();
            attempts += at(candidate);
        }
        if (attempts < LEAST_ATTEMPTS) {
            return Double.NaN;
        }
        double skew = 1;
        for (Candidate candidate : snapshot.candidates()) {
            double fair = Math.max(LEAST_FAIR_SHARE, attempts * candidate.weight() / weights);
            skew = Math.max(skew, at(candidate) / fair);
        }
        return skew;
    }

    private long at(Candidate candidate) {
        return of(candidate.node().endpoint().id()).attempts();
    }
}

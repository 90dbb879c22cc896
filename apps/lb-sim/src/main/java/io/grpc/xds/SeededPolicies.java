package io.grpc.xds;

import io.grpc.Attributes;
import io.grpc.Deadline;
import io.grpc.LoadBalancer;
import java.util.Random;
import java.util.random.RandomGenerator;

/** grpc-java's policies with chance and time that are given: their constructors for tests, and options that only xDS sets, are open to their own package alone. Stateless and thread-safe. */
public final class SeededPolicies {
    private SeededPolicies() {}

    /** {@code least_request_experimental}. */
    public static LoadBalancer leastRequest(LoadBalancer.Helper helper, RandomGenerator random) {
        return new LeastRequestLoadBalancer(helper, new Given(random));
    }

    /** {@code ring_hash_experimental}. */
    public static LoadBalancer ringHash(LoadBalancer.Helper helper, RandomGenerator random) {
        return new RingHashLoadBalancer(helper, new Given(random));
    }

    /** {@code weighted_round_robin}. */
    public static LoadBalancer weightedRoundRobin(
            LoadBalancer.Helper helper, Deadline.Ticker ticker, RandomGenerator random) {
        return new WeightedRoundRobinLoadBalancer(helper, ticker, new Random(random.nextLong()));
    }

    /** A configuration of {@code ring_hash_experimental} that takes the key of a call from this header, which is otherwise behind a flag of the process. */
    public static Object hashingHeader(Object config, String header) {
        RingHashLoadBalancer.RingHashConfig read = (RingHashLoadBalancer.RingHashConfig) config;
        return new RingHashLoadBalancer.RingHashConfig(read.minRingSize, read.maxRingSize, header);
    }

    /** The attributes of an address with this weight. */
    public static Attributes weighted(long weight) {
        return Attributes.newBuilder()
                .set(XdsAttributes.ATTR_SERVER_WEIGHT, weight)
                .build();
    }

    private static final class Given implements ThreadSafeRandom {
        private final RandomGenerator random;

        Given(RandomGenerator random) {
            this.random = random;
        }

        @Override
        public int nextInt(int bound) {
            return random.nextInt(bound);
        }

        @Override
        public long nextLong() {
            return random.nextLong();
        }

        @Override
        public long nextLong(long bound) {
            return random.nextLong(bound);
        }
    }
}

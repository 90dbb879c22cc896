package dev.zerohop.sim;

import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.Options;
import io.grpc.Attributes;
import io.grpc.Deadline;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.xds.LeastRequestLoadBalancerProvider;
import io.grpc.xds.RingHashLoadBalancerProvider;
import io.grpc.xds.SeededPolicies;
import io.grpc.xds.WeightedRoundRobinLoadBalancerProvider;
import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A load-balancing policy of grpc-java: its own classes, with the options of its service configuration; only chance is that of the run. Immutable. */
final class GrpcPolicy {
    /** The header that carries a call's key, as gRFC A76 has it. */
    static final String KEY_HEADER = "x-key";

    private static final int MAX_CHOICES = 10;
    private static final int DEFAULT_MIN_RING_SIZE = 1_024;

    /** What grpc-java takes without {@code RingHashOptions}; it cuts off what is above. */
    private static final int MAX_RING_SIZE = 4_096;

    private static final LoadBalancerProvider ROUND_ROBIN = roundRobin();

    private final String name;
    private final Object config;

    private GrpcPolicy(String name, Object config) {
        this.name = name;
        this.config = config;
    }

    /** Reads a policy by its name in grpc-java, without {@code _experimental}. */
    static ClientBalancer.Factory read(String path, String name, @Nullable Object options) {
        GrpcPolicy policy = switch (name) {
            case "round_robin" -> {
                Options ignored = Options.of(path, options);
                yield new GrpcPolicy(name, parsed(ignored, ROUND_ROBIN));
            }
            case "least_request" -> {
                Options given = Options.of(path, options, "choiceCount");
                // grpc-java takes more as 10.
                int ignored = given.integer("choiceCount", 2, 2, MAX_CHOICES);
                yield new GrpcPolicy(name, parsed(given, new LeastRequestLoadBalancerProvider()));
            }
            case "weighted_round_robin" -> {
                // Reports out of band would need calls beside those of the scenario.
                Options given = Options.of(
                        path,
                        options,
                        "blackoutPeriod",
                        "weightExpirationPeriod",
                        "weightUpdatePeriod",
                        "errorUtilizationPenalty");
                yield new GrpcPolicy(name, parsed(given, new WeightedRoundRobinLoadBalancerProvider()));
            }
            case "ring_hash" -> {
                Options given = Options.of(path, options, "minRingSize", "maxRingSize");
                int least = given.integer("minRingSize", DEFAULT_MIN_RING_SIZE, 1, MAX_RING_SIZE);
                int ignored = given.integer("maxRingSize", MAX_RING_SIZE, least, MAX_RING_SIZE);
                Object config = parsed(given, new RingHashLoadBalancerProvider());
                yield new GrpcPolicy(name, SeededPolicies.hashingHeader(config, KEY_HEADER));
            }
            default -> throw new IllegalArgumentException("no policy " + name);
        };
        return (index, zone, env, world) -> new GrpcBalancer(zone, policy, env, world);
    }

    private static Object parsed(Options options, LoadBalancerProvider provider) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        for (String option : options.names()) {
            all.put(option, options.value(option));
        }
        NameResolver.ConfigOrError parsed = provider.parseLoadBalancingPolicyConfig(all);
        if (parsed.getError() == null) {
            return parsed.getConfig();
        }
        // An error does not say of which option it is.
        for (String option : all.keySet()) {
            Map<String, @Nullable Object> alone = new LinkedHashMap<>();
            alone.put(option, all.get(option));
            Status error = provider.parseLoadBalancingPolicyConfig(alone).getError();
            if (error != null) {
                throw options.rejected(option, "what grpc-java reads (" + reason(error) + ")");
            }
        }
        throw new IllegalArgumentException(options.path() + ": " + reason(parsed.getError()));
    }

    private static String reason(Status error) {
        Throwable cause = error.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause == null ? error.getDescription() : cause.getMessage());
    }

    /** What is handed to the policy with each list of addresses. */
    Object config() {
        return config;
    }

    /** Whether it goes by what servers report with their answers. */
    boolean wantsReports() {
        return name.equals("weighted_round_robin");
    }

    /** What xDS would say of an address to the one policy that wants it. */
    Attributes attributes(int weight) {
        return name.equals("ring_hash") ? SeededPolicies.weighted(weight) : Attributes.EMPTY;
    }

    /** The policy of one channel. */
    LoadBalancer create(LoadBalancer.Helper helper, Env env) {
        Dice dice = env.dice();
        return switch (name) {
            case "least_request" -> SeededPolicies.leastRequest(helper, dice::nextLong);
            case "ring_hash" -> SeededPolicies.ringHash(helper, dice::nextLong);
            case "weighted_round_robin" ->
                SeededPolicies.weightedRoundRobin(
                        helper,
                        new Deadline.Ticker() {
                            @Override
                            public long nanoTime() {
                                return env.time().nanoTime();
                            }
                        },
                        dice::nextLong);
            default -> roundRobin(helper, dice);
        };
    }

    /** The plain one: the one that grpc-services puts before it checks health besides. */
    private static LoadBalancerProvider roundRobin() {
        for (LoadBalancerProvider provider :
                ServiceLoader.load(LoadBalancerProvider.class, GrpcPolicy.class.getClassLoader())) {
            if (provider.getPolicyName().equals("round_robin")
                    && provider.getClass().getPackageName().equals("io.grpc.util")) {
                return provider;
            }
        }
        throw new IllegalStateException("grpc-util has no round_robin");
    }

    /** Where it begins is drawn in a field, from a generator that cannot be seeded. */
    private static LoadBalancer roundRobin(LoadBalancer.Helper helper, Dice dice) {
        LoadBalancer policy = ROUND_ROBIN.newLoadBalancer(helper);
        try {
            Field sequence = policy.getClass().getDeclaredField("sequence");
            sequence.setAccessible(true);
            ((AtomicInteger) sequence.get(policy)).set((int) dice.nextLong());
            return policy;
        } catch (ReflectiveOperationException other) {
            throw new IllegalStateException("another version of grpc-java than the simulator is written for", other);
        }
    }
}

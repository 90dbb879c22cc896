package dev.zerohop.benchmarks.grpc;

import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A channel's first list of endpoints, to the picker that has them all: how long, and how many pickers are published on the way. Connections open
 * at once, so that this is the cost of the policy alone. Arguments: policy, number of endpoints, rounds, file for the result.
 *
 * <p>The best round counts; the first ones also warm up.
 */
public final class ColdStart {
    private static final long QUIET_NANOS = 300_000_000L;

    private ColdStart() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String policy = arguments[0];
        int n = Integer.parseInt(arguments[1]);
        int rounds = Integer.parseInt(arguments[2]);
        List<EquivalentAddressGroup> addresses = FakeChannel.addresses(n);
        double bestMillis = Double.MAX_VALUE;
        int published = 0;
        for (int i = 0; i < rounds; i++) {
            try (FakeChannel channel = Policies.channel(policy)) {
                long start = System.nanoTime();
                channel.accept(addresses);
                while (System.nanoTime() - channel.publishedNanos() < QUIET_NANOS) {
                    Thread.sleep(20);
                }
                bestMillis = Math.min(bestMillis, (channel.publishedNanos() - start) / 1e6);
                published = channel.published();
                check(channel, policy, n);
            }
        }
        String json = String.format(
                Locale.ROOT,
                "{\"policy\": \"%s\", \"n\": %d, \"millis\": %.2f, \"pickers\": %d}%n",
                policy,
                n,
                bestMillis,
                published);
        Files.writeString(Path.of(arguments[3]), json);
        System.out.print(json);
    }

    /** The last picker must reach (nearly) every endpoint; the chance to miss 1 % in 20 picks an endpoint is nil. */
    private static void check(FakeChannel channel, String policy, int n) {
        Set<Integer> reached = new HashSet<>();
        FakeCall call = new FakeCall();
        for (int i = 0; i < 20 * n; i++) {
            LoadBalancer.Subchannel picked =
                    channel.picker().pickSubchannel(call).getSubchannel();
            if (picked != null) {
                reached.add(FakeChannel.index(picked));
            }
        }
        if (reached.size() < 0.99 * n) {
            throw new IllegalStateException(policy + " reaches " + reached.size() + " of " + n + " endpoints");
        }
    }
}

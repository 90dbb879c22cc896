package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Policy, place of the key and number of shards change while calls run. */
@Timeout(300)
class LiveChangeTest {
    private static final int KEYS = 30;
    private static final int CALLS = 1200;
    private static final int CHANGES = 60;

    /** Each with a place of the key, a number of shards or a policy of its own. */
    private static final List<String> VERSIONS = List.of(
            version("{'shard': {'strategy': 'modulo', 'shards': 3}}", "x-user"),
            version("{'shard': {'strategy': 'modulo', 'shards': 5}}", "x-order"),
            version("{'shard': {'shards': 4}}", "x-user"),
            version("'rendezvous'", "x-order"),
            version("{'ring_hash': {'minRingSize': 500}}", "x-user"),
            version("'maglev'", "x-order"));

    private static String version(String policy, String header) {
        return "{'policy': " + policy + ", 'key': {'header': '" + header + "', 'as': 'integer'}}";
    }

    private static String call(ManagedChannel channel, int user, int order) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("x-user", Metadata.ASCII_STRING_MARSHALLER), String.valueOf(user));
        headers.put(Metadata.Key.of("x-order", Metadata.ASCII_STRING_MARSHALLER), String.valueOf(order));
        Channel with = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        return TestServer.call(with, CallOptions.DEFAULT, "x");
    }

    /** Policies that hash pass over an endpoint that is not connected yet; one that is becomes a candidate a moment later. */
    private static void awaitConnected(ManagedChannel channel) {
        channel.getState(true);
        await().untilAsserted(() -> assertThat(ZerohopGrpc.explain(channel))
                .contains("5 of 5 endpoints connected", "5 of 5 members are candidates"));
    }

    @Test
    void noCallFailsAndNoneRunsWhereItsKeyBelongsInNoVersion() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1", "s-2", "s-3", "s-4")) {
            // Where each key belongs, asked of channels whose configuration does not change.
            String[][] owners = new String[VERSIONS.size()][KEYS];
            for (int v = 0; v < VERSIONS.size(); v++) {
                ManagedChannel fixed = fleet.channel(VERSIONS.get(v));
                awaitConnected(fixed);
                for (int key = 0; key < KEYS; key++) {
                    owners[v][key] = call(fixed, key, key);
                }
            }
            AtomicInteger given = new AtomicInteger();
            AtomicInteger inForce = new AtomicInteger();
            fleet.configure(VERSIONS.get(0).replace('\'', '"'));
            ManagedChannel channel =
                    fleet.built(fleet.builder().setNameResolverArg(ZerohopGrpc.LISTENER, new BalancerListener() {
                        @Override
                        public void onConfigured(String service, BalancerSettings settings) {
                            // The first one is in force from the start, or is reported as a change of the defaults.
                            inForce.set(given.get());
                        }
                    }));
            awaitConnected(channel);
            assertThat(call(channel, 7, 8)).isEqualTo(owners[0][7]);
            Queue<String> wrong = new ConcurrentLinkedQueue<>();
            AtomicInteger done = new AtomicInteger();
            AtomicBoolean over = new AtomicBoolean();
            List<Thread> callers = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                int seed = t;
                Thread caller = new Thread(() -> {
                    for (int i = 0; !over.get(); i++) {
                        int user = (7 * i + seed) % KEYS;
                        int order = (11 * i + 3 + seed) % KEYS;
                        int from = inForce.get();
                        try {
                            String server = call(channel, user, order);
                            Set<String> allowed = new HashSet<>();
                            for (int n = from; n <= given.get(); n++) {
                                int v = n % VERSIONS.size();
                                allowed.add(owners[v][v % 2 == 0 ? user : order]);
                            }
                            if (!allowed.contains(server)) {
                                wrong.add(user + "/" + order + " at " + server + ", expected one of " + allowed);
                            }
                        } catch (RuntimeException failed) {
                            wrong.add(failed.toString());
                        }
                        done.incrementAndGet();
                    }
                });
                caller.start();
                callers.add(caller);
            }
            try {
                while (given.get() < CHANGES || done.get() < CALLS) {
                    int next = given.incrementAndGet();
                    fleet.configure(VERSIONS.get(next % VERSIONS.size()).replace('\'', '"'));
                    int seen = done.get();
                    await().until(() -> inForce.get() == next && done.get() > seen);
                }
            } finally {
                over.set(true);
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(wrong).isEmpty();
        }
    }
}

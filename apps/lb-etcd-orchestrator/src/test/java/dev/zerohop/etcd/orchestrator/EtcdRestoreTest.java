package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.Env;
import dev.zerohop.Lease;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.EtcdConnection;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.election.Candidacy;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.GateProxy;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real etcd that is put back to an earlier state, under clients that remember a later one. */
class EtcdRestoreTest {
    private static final String SERVICE = "orders";
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /** Nothing is written again because its time is nearly over. */
    private static final Duration AGES = Duration.ofMinutes(5);

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys(SERVICE);
    private final OrchestratorKeys shared = new OrchestratorKeys(keys);
    private final List<AutoCloseable> open = new ArrayList<>();
    private EtcdServer etcd;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        open.add(etcd);
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        open.add(closeable);
        return closeable;
    }

    private boolean marked(String id) {
        return etcd.get(keys.health(id)) != null;
    }

    @Test
    void theLeaderMarksAgainWhatTheRestoreHasLostAndWhatGoesDownAfterwards() throws Exception {
        List<ProbedServer> servers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ProbedServer server = opened(new ProbedServer());
            servers.add(server);
            etcd.put(keys.endpoint("e" + i), server.json());
        }
        EtcdClient client = opened(EtcdClient.of(etcd.address()));
        HealthOrchestrator leader = opened(OrchestratorProcess.builder(client, SERVICE, "a")
                .interval(INTERVAL)
                .timeout(INTERVAL)
                .unhealthyThreshold(2)
                .lease(AGES)
                .ttl(AGES.multipliedBy(3))
                .build());
        leader.start();
        EtcdServer.await().until(() -> leader.status().probed() == 6);
        EtcdServer.await().until(() -> etcd.get(shared.observation("a")) != null);
        etcd.backUp();
        servers.get(0).status = 500;
        servers.get(1).status = 500;
        EtcdServer.await().until(() -> marked("e0") && marked("e1"));
        long fence = leader.status().fence();
        etcd.restore();
        EtcdServer.await().until(() -> marked("e0") && marked("e1"));
        servers.get(2).status = 500;
        EtcdServer.await().until(() -> marked("e2"));
        assertThat(leader.status().fence()).as("the same leader").isEqualTo(fence);

        // Without a restore: what is gone from etcd does not count as marked.
        etcd.delete(keys.health("e0"));
        EtcdServer.await().until(() -> marked("e0"));
    }

    @Test
    void aWorkersWordThatTheRestoreHasLostIsSaidAgain() throws Exception {
        EtcdConnection connection =
                opened(EtcdClient.of(etcd.address())).cluster().connection();
        etcd.put(shared.observation("a"), "an earlier one");
        ObservationWriter writer =
                new ObservationWriter(shared.observation("a"), new Leases(connection), Env.system(), Runnable::run);
        long lease = new Leases(connection).grant(600).get(60, TimeUnit.SECONDS).id();
        Observation seen = new Observation(7, java.util.Map.of(), Set.of());
        var held = new Candidacy.Held(new Leases.Lease(lease, 600, 1), "candidate", 3);
        CompletableFuture.runAsync(() -> writer.write(held, seen)).get(60, TimeUnit.SECONDS);
        EtcdServer.await().until(() -> etcd.get(shared.observation("a")).getLease() == lease);
        long written = etcd.revision();
        etcd.delete(shared.observation("a"));
        writer.missing(written - 1);
        writer.write(held, seen);
        assertThat(etcd.get(shared.observation("a")))
                .as("what is older says nothing")
                .isNull();
        EtcdServer.await().until(() -> {
            writer.missing(written + 1);
            writer.write(held, seen);
            return etcd.get(shared.observation("a")) != null;
        });
        writer.close();
    }

    @Test
    void aClientThatWasCutOffAcceptsTheLeaderElectedAfterwards() throws Exception {
        GateProxy way = opened(new GateProxy(etcd.port()));
        for (String id : List.of("e0", "e1", "e2")) {
            etcd.put(keys.endpoint(id), "{\"address\": \"10.0.0.1:1" + id.charAt(1) + "\"}");
        }
        etcd.backUp();
        long kept = etcd.revision();
        pad(kept + 5);
        etcd.put(keys.health("e1"), forged(etcd.revision()));
        Balancer balancer = opened(Balancer.builder(SERVICE)
                .resolver(
                        Target.parse("etcd://" + way.address() + "/" + SERVICE).newResolver(Env.system()))
                .settings(Configurations.parse("{\"policy\": \"round_robin\"}"))
                .build());
        balancer.start();
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e0", "e2")::equals);
        long known = etcd.revision();

        way.hold();
        etcd.restore();
        etcd.put(keys.health("e2"), forged(kept));
        pad(known + 5);
        way.release();
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e0", "e1")::equals);
    }

    @Test
    void aWatchFromARevisionThatIsNotThereYetEndsInsteadOfStayingMute() throws Exception {
        KeyStore store = opened(EtcdClient.of(etcd.address())).cluster().store();
        CompletableFuture<SourceFailure> end = new CompletableFuture<>();
        var watch = store.watch(
                List.of(KeyRange.under("a/")), new Version(0, 0, etcd.revision() + 1), new ListWatch.Watcher<>() {
                    @Override
                    public void onOpen() {}

                    @Override
                    public void onChanges(@Nullable Version upTo, List<ListWatch.Change<Entry, Version>> changes) {}

                    @Override
                    public void onBookmark(Version upTo) {}

                    @Override
                    public void onEnd(@Nullable SourceFailure cause) {
                        var ignored = end.complete(cause);
                    }
                });
        SourceFailure cause = end.get(60, TimeUnit.SECONDS);
        assertThat(cause.kind()).isEqualTo(SourceFailure.Kind.EXPIRED);
        assertThat(cause).hasMessageContaining("behind");
        watch.cancel();
    }

    private void pad(long revision) {
        while (etcd.revision() < revision) {
            etcd.put("pad", "x");
        }
    }

    private static String forged(long fence) {
        return "{\"status\": \"UNHEALTHY\", \"writer\": \"x\", \"fence\": " + fence + ", \"ttlSeconds\": 600}";
    }

    /** Where the next calls go. */
    private static Set<String> traffic(Balancer balancer) {
        Set<String> reached = new TreeSet<>();
        for (int i = 0; i < 12; i++) {
            try {
                Lease lease = balancer.acquire(PickContext.NONE);
                reached.add(lease.endpoint().id());
                lease.complete(Outcome.SUCCESS);
            } catch (NoEndpointException notYet) {
                return reached;
            }
        }
        return reached;
    }
}

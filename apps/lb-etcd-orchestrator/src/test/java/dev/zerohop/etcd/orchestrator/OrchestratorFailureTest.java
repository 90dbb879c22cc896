package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.election.ElectionState;
import dev.zerohop.etcd.service.HealthVerdict;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.GateProxy;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.KeyValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What can happen to orchestrators, each in a process of its own, over a real etcd. */
class OrchestratorFailureTest {
    private static final String SERVICE = "orders";

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys(SERVICE);
    private final OrchestratorKeys shared = new OrchestratorKeys(keys);
    private final List<ProbedServer> servers = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private EtcdServer etcd;

    @BeforeEach
    void start() throws Exception {
        etcd = EtcdServer.started(directory);
        for (int i = 0; i < 4; i++) {
            ProbedServer server = new ProbedServer();
            servers.add(server);
            etcd.put(keys.endpoint("e" + i), server.json());
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        servers.forEach(ProbedServer::close);
        etcd.close();
    }

    private OrchestratorProcess process(String address, String id) throws Exception {
        OrchestratorProcess process = OrchestratorProcess.start(address, SERVICE, id);
        open.add(process);
        return process;
    }

    private Assignment assignment() throws Exception {
        KeyValue value = etcd.get(shared.assignment());
        return value == null
                ? Assignment.NONE
                : Assignment.parse(value.getValue().toByteArray());
    }

    private void awaitAssigned(String... workers) {
        EtcdServer.await().until(() -> assignment().workers().equals(List.of(workers)));
    }

    private int probes() {
        return servers.stream().mapToInt(server -> server.probes.get()).sum();
    }

    private boolean marked(String id) {
        return etcd.get(keys.health(id)) != null;
    }

    private HealthVerdict verdict(String id) throws Exception {
        return HealthVerdict.parse(etcd.get(keys.health(id)).getValue().toByteArray());
    }

    @Test
    void aLeaderThatIsKilledIsFollowedWithinItsLeaseAndNoProbeStops() throws Exception {
        OrchestratorProcess first = process(etcd.address(), "a");
        first.await("role LEADER a");
        OrchestratorProcess second = process(etcd.address(), "b");
        second.await("role FOLLOWER a");
        awaitAssigned("a", "b");
        servers.get(3).status = 500;
        EtcdServer.await().until(() -> marked("e3"));
        long fence = verdict("e3").fence();
        second.await("down e3");

        first.kill();
        long killed = System.nanoTime();
        int[] before = servers.stream().mapToInt(server -> server.probes.get()).toArray();
        second.await("role LEADER b");
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
        System.out.println("taken over " + millis + " ms after the kill, lease " + OrchestratorProcess.LEASE.toMillis()
                + " ms, " + probes() + " probes");
        for (int i = 0; i < servers.size(); i++) {
            assertThat(servers.get(i).probes.get())
                    .as("probes of e" + i + " went on while nobody led")
                    .isGreaterThan(before[i]);
        }
        awaitAssigned("b");
        EtcdServer.await().until(() -> marked("e3") && verdict("e3").fence() > fence);
        assertThat(second.lines).as("the mark held throughout").doesNotContain("lifted e3");
    }

    @ParameterizedTest
    @EnumSource
    void aLeaderThatIsKilledInTheMiddleOfAnAssignmentLeavesAllOfItOrNothing(GateProxy.Cut where) throws Exception {
        GateProxy proxy = new GateProxy(etcd.port());
        open.add(proxy);
        // A lease that does not lapse however slow the machine is: the transaction would be refused, or be another's.
        OrchestratorProcess first = OrchestratorProcess.start(proxy.address(), SERVICE, "a", Duration.ofMinutes(10));
        open.add(first);
        awaitAssigned("a");
        EtcdServer.await().until(() -> probes() > 10);
        String candidate = election().candidate();
        proxy.cutAt("\"workers\":[\"a\",\"b\"]", where);
        OrchestratorProcess second = process(etcd.address(), "b");
        assertThat(proxy.cut.await(60, TimeUnit.SECONDS)).isTrue();
        first.kill();
        if (where == GateProxy.Cut.BEFORE) {
            assertThat(assignment().workers()).as("half of it is nothing").containsExactly("a");
        } else {
            awaitAssigned("a", "b");
        }
        etcd.revokeLease(candidate);
        second.await("role LEADER b");
        awaitAssigned("b");
        int before = probes();
        EtcdServer.await().until(() -> probes() > before + 20);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> marked("e0"));
        assertThat(verdict("e0").agreed()).containsExactly("b");
    }

    @Test
    void aLeaderThatIsCutOffCannotWriteAndItsDelayedVerdictIsRejected() throws Exception {
        ConcurrentSkipListMap<Long, HealthVerdict> written = new ConcurrentSkipListMap<>();
        try (EtcdClient observer = EtcdClient.of(etcd.address())) {
            var following = observer.cluster().follow(keys.judged(), new Verdicts(written));
            GateProxy proxy = new GateProxy(etcd.port());
            open.add(proxy);
            OrchestratorProcess first = process(proxy.address(), "a");
            first.await("role LEADER a");
            OrchestratorProcess second = process(etcd.address(), "b");
            awaitAssigned("a", "b");
            servers.get(0).status = 500;
            EtcdServer.await()
                    .until(() -> marked("e0") && verdict("e0").writer().equals("a"));
            ElectionState before = election();

            // The next rewrite, due within a third of the time to live, is on its way and held.
            proxy.hold();
            first.await("role DETACHED a");
            second.await("role LEADER b");
            servers.get(1).status = 500;
            EtcdServer.await()
                    .until(() -> marked("e1") && verdict("e0").writer().equals("b"));
            int own = written.size();
            proxy.release();
            first.await("role FOLLOWER b");
            EtcdServer.await().until(() -> written.size() > own + 2);
            long highest = 0;
            for (HealthVerdict verdict : written.values()) {
                assertThat(verdict.fence()).as("never back to a leader before").isGreaterThanOrEqualTo(highest);
                highest = verdict.fence();
            }
            // etcd itself refuses whatever comes under the old election.
            Leases.Write late = Leases.Write.put(
                    keys.health("e2"), written.firstEntry().getValue().toJson(), 0);
            assertThat(new Leases(observer.cluster().connection())
                            .write(new Leases.Guard(before.candidate(), before.fence()), List.of(late))
                            .get(60, TimeUnit.SECONDS))
                    .isZero();
            assertThat(marked("e2")).isFalse();
            following.cancel();
        }
    }

    private ElectionState election() {
        List<KeyStore.Entry> candidates = new ArrayList<>();
        for (KeyValue pair : etcd.under(shared.election())) {
            candidates.add(new KeyStore.Entry(pair.getKey().toStringUtf8(), pair.getValue(), pair.getModRevision()));
        }
        return ElectionState.of(candidates);
    }

    @Test
    void whenAllLeasesAreRevokedAtOnceTheyComeBackAndProbesGoOn() throws Exception {
        OrchestratorProcess first = process(etcd.address(), "a");
        first.await("role LEADER a");
        process(etcd.address(), "b");
        awaitAssigned("a", "b");
        int before = probes();
        assertThat(etcd.revokeAllLeases()).isEqualTo(2);
        EtcdServer.await().until(() -> probes() > before + 20);
        awaitAssigned("a", "b");
        EtcdServer.await()
                .until(() -> etcd.get(shared.observation("a")) != null && etcd.get(shared.observation("b")) != null);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> marked("e0"));
        assertThat(verdict("e0").agreed()).containsExactly("a", "b");
    }

    /** Prints the figures of docs/performance.md. */
    @Test
    @Tag("long")
    void anEndpointSeesTheSameProbesWhateverTheNumberOfClients() throws Exception {
        process(etcd.address(), "a");
        process(etcd.address(), "b");
        awaitAssigned("a", "b");
        Map<Integer, Double> perSecond = new HashMap<>();
        for (int clients : new int[] {1, 10, 100}) {
            List<EtcdClient> all = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                EtcdClient client = EtcdClient.of(etcd.address());
                all.add(client);
                Listening heard = new Listening();
                client.resolver(SERVICE).start(heard);
                EtcdServer.await().until(() -> !heard.sets.isEmpty());
            }
            int before = probes();
            long begun = System.nanoTime();
            EtcdServer.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(20));
            double seconds = (System.nanoTime() - begun) / 1e9;
            perSecond.put(clients, (probes() - before) / seconds / servers.size());
            System.out.printf("%d clients: %.2f probes per second at each endpoint%n", clients, perSecond.get(clients));
            all.forEach(EtcdClient::close);
        }
        // Two orchestrators, each once in 200 ms; fewer where the machine does not get to it.
        assertThat(perSecond.values()).allSatisfy(rate -> assertThat(rate).isBetween(1.0, 11.0));
    }

    /** Every verdict that was ever written, by its revision. */
    private record Verdicts(Map<Long, HealthVerdict> written) implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            for (KeyStore.Entry entry : state.values().values()) {
                try {
                    written.put(
                            entry.modRevision(),
                            HealthVerdict.parse(entry.value().toByteArray()));
                } catch (IOException refused) {
                    throw new UncheckedIOException(refused);
                }
            }
        }

        @Override
        public void onConfirmed(Instant asOf) {}

        @Override
        public void onFailure(SourceFailure cause) {}
    }
}

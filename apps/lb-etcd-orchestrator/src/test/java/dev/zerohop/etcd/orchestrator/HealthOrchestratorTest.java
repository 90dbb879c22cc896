package dev.zerohop.etcd.orchestrator;

import static dev.zerohop.etcd.orchestrator.HealthOrchestrator.Role.DETACHED;
import static dev.zerohop.etcd.orchestrator.HealthOrchestrator.Role.FOLLOWER;
import static dev.zerohop.etcd.orchestrator.HealthOrchestrator.Role.LEADER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.Env;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Prober;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.HealthVerdict;
import dev.zerohop.etcd.support.EtcdServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orchestrators over a real etcd, with real servers and the balancer of a client. */
class HealthOrchestratorTest {
    private static final String SERVICE = "orders";
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Duration LONG_LEASE = Duration.ofSeconds(15);
    private static final Duration AGES = Duration.ofMinutes(2);
    private static final Duration LONG_TTL = Duration.ofSeconds(45);

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys(SERVICE);
    private final OrchestratorKeys shared = new OrchestratorKeys(keys);
    private final List<ProbedServer> servers = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private EtcdServer etcd;
    private EtcdClient client;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        client = EtcdClient.of(etcd.address());
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        client.close();
        servers.forEach(ProbedServer::close);
        etcd.close();
    }

    private void servers(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            ProbedServer server = new ProbedServer();
            servers.add(server);
            etcd.put(keys.endpoint("e" + i), server.json());
        }
    }

    private HealthOrchestrator orchestrator(String id) {
        return started(builder(id));
    }

    /** Probes that have half a second: a machine that is busy with other things must not look like a server that is down. */
    private HealthOrchestrator.Builder builder(String id) {
        return OrchestratorProcess.builder(client, SERVICE, id)
                .interval(INTERVAL)
                .timeout(INTERVAL);
    }

    /** Under a lease that a busy machine renews in time, and whose keys are looked at every few seconds. */
    private HealthOrchestrator.Builder steady(String id) {
        return builder(id).lease(LONG_LEASE).ttl(LONG_TTL);
    }

    private HealthOrchestrator started(HealthOrchestrator.Builder builder) {
        HealthOrchestrator orchestrator = builder.build();
        open.add(orchestrator);
        orchestrator.start();
        return orchestrator;
    }

    private static void awaitWorkers(HealthOrchestrator orchestrator, int workers, int probed) {
        EtcdServer.await()
                .until(() -> orchestrator.status().workers().size() == workers
                        && orchestrator.status().probed() == probed);
    }

    private boolean marked(String id) {
        return etcd.get(keys.health(id)) != null;
    }

    private HealthVerdict verdict(String id) throws Exception {
        return HealthVerdict.parse(etcd.get(keys.health(id)).getValue().toByteArray());
    }

    /** The balancer of a client with whom calls go round. */
    private Balancer balancer() {
        Balancer balancer = Balancer.builder(SERVICE)
                .resolver(
                        Target.parse("etcd://" + etcd.address() + "/" + SERVICE).newResolver(Env.system()))
                .settings(Configurations.parse("{\"policy\": \"round_robin\"}"))
                .build();
        open.add(balancer);
        balancer.start();
        return balancer;
    }

    /** Where the next calls go. */
    private static Set<String> traffic(Balancer balancer) {
        Set<String> reached = new TreeSet<>();
        for (int i = 0; i < 12; i++) {
            try {
                Lease lease = balancer.acquire(PickContext.NONE);
                reached.add(lease.endpoint().id());
                lease.complete(Outcome.SUCCESS);
            } catch (dev.zerohop.NoEndpointException notYet) {
                return reached;
            }
        }
        return reached;
    }

    @Test
    void anEndpointThatIsDownAndUpAgainIsSeenSoByAClientsTraffic() throws Exception {
        servers(3);
        HealthOrchestrator first = orchestrator("a");
        HealthOrchestrator second = orchestrator("b");
        awaitWorkers(first, 2, 3);
        awaitWorkers(second, 2, 3);
        Balancer balancer = balancer();
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e0", "e1", "e2")::equals);

        servers.get(1).status = 503;
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e0", "e2")::equals);
        assertThat(verdict("e1").agreed()).containsExactly("a", "b");
        assertThat(verdict("e1").reason()).isEqualTo("GET /health answered 503, expected 200 to 299 (a, b)");
        // It hears of its verdict over a watch of its own.
        EtcdServer.await().untilAsserted(() -> assertThat(first.status().down()).containsOnlyKeys("e1"));
        long written = etcd.get(keys.health("e1")).getModRevision();
        EtcdServer.await().until(() -> etcd.get(keys.health("e1")).getModRevision() > written);
        assertThat(traffic(balancer)).as("the same verdict, written again").doesNotContain("e1");

        servers.get(1).status = 200;
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e0", "e1", "e2")::equals);
        assertThat(marked("e1")).isFalse();
    }

    @Test
    void aServerThatIsGoneIsMarkedAndOneThatIsTakenOutIsForgotten() throws Exception {
        servers(3);
        HealthOrchestrator only = orchestrator("a");
        awaitWorkers(only, 1, 3);
        servers.get(2).close();
        EtcdServer.await().until(() -> marked("e2"));
        assertThat(verdict("e2").reason()).contains("seen by the only worker");
        etcd.delete(keys.endpoint("e2"));
        EtcdServer.await().until(() -> !marked("e2"));
        EtcdServer.await().until(() -> only.status().probed() == 2);
    }

    @Test
    void aDrainingEndpointIsNotProbed() throws Exception {
        servers(3);
        HealthOrchestrator only = orchestrator("a");
        awaitWorkers(only, 1, 3);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> marked("e0"));
        etcd.put(
                keys.endpoint("e0"),
                "{\"address\": \"127.0.0.1:" + servers.get(0).port() + "\", \"draining\": true}");
        EtcdServer.await().until(() -> !marked("e0") && only.status().probed() == 2);
    }

    @Test
    void oneOfTwoWorkersAloneMarksNoEndpoint() throws Exception {
        servers(5);
        Prober http = Probe.http("/health").newProber(Duration.ofSeconds(60));
        Prober cut = endpoint -> {
            Prober.Target line = http.connect(endpoint);
            return endpoint.id().equals("e1")
                    ? new Prober.Target() {
                        @Override
                        public dev.zerohop.Cancellable probe(
                                java.util.concurrent.Executor blocking,
                                java.util.function.Consumer<Prober.Result> answer) {
                            answer.accept(Prober.Result.failure("no route to host"));
                            return () -> {};
                        }

                        @Override
                        public void close() {
                            line.close();
                        }
                    }
                    : line;
        };
        OrchestratorRuntime oneSided = new OrchestratorRuntime(
                client.cluster(), shared, settings("a"), cut, new HealthOrchestrator.Listener() {});
        open.add(() -> oneSided.close().get(60, TimeUnit.SECONDS));
        HealthOrchestrator other = orchestrator("b");
        awaitWorkers(other, 1, 5);
        oneSided.start();
        awaitWorkers(other, 2, 5);
        // It says so, the other one says otherwise, and the leader has decided since.
        EtcdServer.await().until(() -> {
            var observation = etcd.get(shared.observation("a"));
            return observation != null && observation.getValue().toStringUtf8().contains("no route to host");
        });
        long seen = etcd.revision();
        servers.get(2).status = 500;
        EtcdServer.await().until(() -> marked("e2"));
        assertThat(etcd.get(keys.health("e2")).getModRevision()).isGreaterThan(seen);
        assertThat(marked("e1")).isFalse();
        // Alone it would be believed.
        other.close();
        EtcdServer.await().until(() -> marked("e1"));
    }

    @Test
    void ofTooManyOnlyTheStatedShareIsMarkedAndItIsSaid() throws Exception {
        servers(4);
        List<String> said = new CopyOnWriteArrayList<>();
        HealthOrchestrator.Listener listener = new HealthOrchestrator.Listener() {
            @Override
            public void onLimit(List<String> overLimit, int limit) {
                said.add(overLimit.size() + " beyond " + limit);
            }
        };
        HealthOrchestrator only = started(builder("a").listener(listener));
        awaitWorkers(only, 1, 4);
        for (ProbedServer server : servers) {
            server.status = 500;
        }
        EtcdServer.await().until(() -> said.contains("2 beyond 2"));
        EtcdServer.await().until(() -> only.status().down().size() == 2);
        for (ProbedServer server : servers) {
            server.status = 200;
        }
        EtcdServer.await().until(() -> said.get(said.size() - 1).startsWith("0 beyond"));
        EtcdServer.await().until(() -> only.status().down().isEmpty());
    }

    @Test
    void aLeaderThatResignsIsReplacedAtOnceAndMarksOutliveIt() throws Exception {
        servers(3);
        // Long, so that nobody takes over because a lease has ended.
        HealthOrchestrator first = started(builder("a").lease(AGES).ttl(AGES.multipliedBy(3)));
        EtcdServer.await().until(() -> first.status().role() == LEADER);
        HealthOrchestrator second = started(builder("b").lease(AGES).ttl(AGES.multipliedBy(3)));
        awaitWorkers(second, 2, 3);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> marked("e0"));
        long fence = verdict("e0").fence();
        first.close();
        EtcdServer.await().until(() -> second.status().role() == LEADER);
        assertThat(marked("e0")).as("through the change of leaders").isTrue();
        EtcdServer.await().until(() -> marked("e0") && verdict("e0").fence() > fence);
        assertThat(etcd.get(shared.worker("a"))).isNull();
    }

    @Test
    void verdictsOfOrchestratorsThatAreGoneRunOut() throws Exception {
        servers(3);
        Balancer balancer = balancer();
        OrchestratorProcess process = OrchestratorProcess.start(etcd.address(), SERVICE, "a");
        open.add(process);
        process.await("role LEADER");
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e1", "e2")::equals);
        process.kill();
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e0", "e1", "e2")::equals);
        // And with etcd they are gone for good.
        EtcdServer.await().until(() -> !marked("e0"));
    }

    @Test
    void verdictsRunOutWhileEtcdIsAwayAndProbesGoOn() throws Exception {
        servers(3);
        Balancer balancer = balancer();
        HealthOrchestrator only = orchestrator("a");
        awaitWorkers(only, 1, 3);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e1", "e2")::equals);
        etcd.kill();
        EtcdServer.await().until(() -> only.status().role() == DETACHED);
        int probes = servers.get(0).probes.get();
        EtcdServer.await().until(() -> servers.get(0).probes.get() > probes + 5);
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e0", "e1", "e2")::equals);
        etcd.start();
        EtcdServer.await().until(() -> only.status().role() == LEADER);
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e1", "e2")::equals);
    }

    @Test
    void aVerdictOfALowerFenceChangesNoTraffic() throws Exception {
        servers(5);
        Balancer balancer = balancer();
        HealthOrchestrator only = started(steady("a"));
        awaitWorkers(only, 1, 5);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> traffic(balancer), Set.of("e1", "e2", "e3", "e4")::equals);
        long fence = verdict("e0").fence();
        etcd.put(keys.health("e1"), forged(fence - 1));
        // What comes behind it is seen, so it was.
        etcd.put(keys.health("e2"), forged(fence));
        EtcdServer.await().until(() -> !traffic(balancer).contains("e2"));
        assertThat(traffic(balancer)).contains("e1");
    }

    @Test
    void anAssignmentThatIsDeletedByHandIsWrittenAgainAndNoProbePauses() throws Exception {
        servers(3);
        AtomicInteger opened = new AtomicInteger();
        Prober http = Probe.http("/health").newProber(Duration.ofSeconds(60));
        OrchestratorRuntime only = new OrchestratorRuntime(
                client.cluster(),
                shared,
                settings("a"),
                endpoint -> {
                    opened.incrementAndGet();
                    return http.connect(endpoint);
                },
                new HealthOrchestrator.Listener() {});
        open.add(() -> only.close().get(60, TimeUnit.SECONDS));
        only.start();
        EtcdServer.await().until(() -> only.status().probed() == 3);
        etcd.delete(shared.assignment());
        EtcdServer.await().until(() -> etcd.get(shared.assignment()) != null);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> marked("e0"));
        assertThat(opened).as("nobody was probed anew").hasValue(3);
    }

    @Test
    void aCandidacyThatIsDeletedByHandUnderALivingLeaseComesBack() throws Exception {
        servers(3);
        List<HealthOrchestrator.Role> roles = new CopyOnWriteArrayList<>();
        HealthOrchestrator only = started(steady("a").listener(new HealthOrchestrator.Listener() {
            @Override
            public void onRole(HealthOrchestrator.Role role, String leader, long fence) {
                roles.add(role);
            }
        }));
        EtcdServer.await().until(() -> only.status().role() == LEADER);
        EtcdServer.await().until(() -> roles.contains(LEADER));
        int before = roles.size();
        var registered = etcd.get(shared.worker("a"));
        for (var candidate : etcd.under(shared.election())) {
            etcd.delete(candidate.getKey().toStringUtf8());
        }
        EtcdServer.await()
                .until(
                        () -> List.copyOf(roles.subList(before, roles.size())),
                        since -> since.size() > 1 && since.get(0) == FOLLOWER && since.get(since.size() - 1) == LEADER);
        assertThat(etcd.get(shared.worker("a")).getLease())
                .as("under another lease, and the old one has ended")
                .isNotEqualTo(registered.getLease());
        assertThat(etcd.leaseCount()).isEqualTo(1);
    }

    @Test
    void aRegistrationThatIsDeletedByHandIsWrittenAgainWithoutAChangeOfLeaders() throws Exception {
        servers(3);
        HealthOrchestrator only = started(steady("a"));
        awaitWorkers(only, 1, 3);
        long fence = only.status().fence();
        etcd.delete(shared.worker("a"));
        EtcdServer.await().until(() -> etcd.get(shared.worker("a")) != null);
        servers.get(0).status = 500;
        EtcdServer.await().until(() -> marked("e0"));
        assertThat(only.status().fence()).isEqualTo(fence);
    }

    @Test
    void closingDuringTheRegistrationLeavesNothingBehind() throws Exception {
        servers(1);
        for (int i = 0; i < 5; i++) {
            HealthOrchestrator brief =
                    builder("a").lease(AGES).ttl(AGES.multipliedBy(3)).build();
            brief.start();
            brief.close();
        }
        assertThat(etcd.under(shared.election())).isEmpty();
        assertThat(etcd.leaseCount()).isZero();
    }

    private static OrchestratorSettings settings(String id) {
        return new OrchestratorSettings(id, INTERVAL, INTERVAL, 2, 3, LONG_TTL, LONG_LEASE, 50);
    }

    private static String forged(long fence) {
        return "{\"status\": \"UNHEALTHY\", \"writer\": \"x\", \"fence\": " + fence + ", \"ttlSeconds\": 600}";
    }

    @Test
    void badSettingsAreRefused() {
        HealthOrchestrator.Builder builder = HealthOrchestrator.builder(client, SERVICE, "a", Probe.tcp());
        assertThatThrownBy(() -> builder.ttl(Duration.ofSeconds(29)).build())
                .hasMessage("ttl was PT29S, expected PT30S to PT1H");
        assertThatThrownBy(() -> builder.ttl(Duration.ofSeconds(30))
                        .timeout(Duration.ofSeconds(6))
                        .build())
                .hasMessage("timeout was PT6S, expected PT0.01S to PT5S");
        assertThatThrownBy(() -> HealthOrchestrator.builder(client, SERVICE, "a/b", Probe.tcp()))
                .hasMessage("orchestrator id was 'a/b', expected a name that is not blank and has no slash");
    }
}

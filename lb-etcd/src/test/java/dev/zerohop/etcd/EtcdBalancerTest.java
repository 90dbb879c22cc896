package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import dev.zerohop.Target;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.health.MassRemovalGuard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints from a real etcd in a real balancer. */
class EtcdBalancerTest {
    private static final int SERVERS = 5;

    @TempDir
    Path directory;

    private final Memberships memberships = new Memberships();
    private final List<EtcdRegistration> servers = new ArrayList<>();
    private EtcdServer etcd;
    private EtcdClient client;
    private Balancer balancer;

    @BeforeEach
    void start() throws Exception {
        etcd = EtcdServer.started(directory);
        client = EtcdClient.of(etcd.address());
        for (int i = 0; i < SERVERS; i++) {
            Endpoint endpoint =
                    Endpoint.builder("10.0.0." + i, 80).id("orders-" + i).build();
            // Long, so that the servers do not notice too soon that their leases are gone.
            servers.add(EtcdRegistration.register(client, "orders", endpoint, Duration.ofSeconds(30)));
        }
        for (EtcdRegistration server : servers) {
            server.registered().get(60, TimeUnit.SECONDS);
        }
        balancer = Balancer.builder("orders")
                .resolver(Target.parse("etcd://" + etcd.address() + "/orders").newResolver(Env.system()))
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .guard(new MassRemovalGuard())
                        .build())
                .listener(memberships)
                .build();
        balancer.start();
        memberships.await(SERVERS, 0);
    }

    @AfterEach
    void stop() {
        balancer.close();
        client.close();
        etcd.close();
    }

    private void call() {
        assertThat(balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS)).isTrue();
    }

    @Test
    void whenAllLeasesAreRevokedAtOnceTheServersAreHeldAndServedUntilTheyRegisterAgain() {
        assertThat(etcd.revokeAllLeases()).isEqualTo(SERVERS);
        memberships.await(SERVERS, SERVERS);
        call();
        memberships.await(SERVERS, 0);
        call();
    }

    @Test
    void serversThatAnnounceThatTheyLeaveAreNotHeld() throws Exception {
        for (EtcdRegistration server : servers.subList(0, 4)) {
            server.leave(Duration.ofMillis(500));
        }
        memberships.await(1, 0);
        assertThat(memberships.seen).noneMatch(membership -> membership.held() > 0);
        call();
    }

    @Test
    void trafficGoesOnWhileEtcdIsGone() {
        etcd.kill();
        EtcdServer.await().until(() -> memberships.stale);
        call();
    }

    private record Membership(int members, int held) {}

    private static final class Memberships implements BalancerListener {
        final List<Membership> seen = new CopyOnWriteArrayList<>();
        volatile boolean stale;

        void await(int members, int held) {
            EtcdServer.await()
                    .until(() -> !seen.isEmpty() && seen.get(seen.size() - 1).equals(new Membership(members, held)));
        }

        @Override
        public void onMembership(String service, int members, int added, int removed, int held) {
            seen.add(new Membership(members, held));
        }

        @Override
        public void onStale(String service, Duration age, Throwable cause) {
            stale = true;
        }
    }

    private record FirstPolicy() implements PickPolicy {
        @Override
        public String name() {
            return "first";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new First(first);
        }
    }

    private record First(Snapshot snapshot) implements Picker {
        @Override
        public Node pick(PickContext context) {
            return snapshot.candidates().isEmpty()
                    ? null
                    : snapshot.candidates().get(0).node();
        }

        @Override
        public Refusal refusal(PickContext context) {
            return new Refusal(Refusal.Kind.NONE_USABLE, false, "none");
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new First(next);
        }
    }
}

package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.support.EtcdCluster;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can happen to a cluster of three, done to a real one. */
class EtcdClusterTest {
    private static final ServiceKeys KEYS = new ServiceKeys("orders");

    @TempDir
    Path directory;

    private final Listening heard = new Listening();
    private EtcdCluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = EtcdCluster.started(directory);
        put(0, 1);
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private void put(int member, int weight) {
        // The cluster may elect a leader just now.
        EtcdServer.await().ignoreExceptions().until(() -> {
            cluster.member(member)
                    .put(KEYS.endpoint("a"), "{\"address\": \"10.0.0.1:80\", \"weight\": " + weight + "}");
            return true;
        });
    }

    /** A client that begins with this member and then goes on in order. */
    private EtcdClient client(int first) {
        String[] addresses = cluster.addresses();
        Env system = Env.system();
        Env firstFirst = new Env(system.time(), () -> 0L, system.blocking());
        return EtcdClient.of(firstFirst, addresses[first], addresses[(first + 1) % 3], addresses[(first + 2) % 3]);
    }

    private static String asked(EtcdClient client) throws SourceFailure {
        return client.cluster().connection().channel().server();
    }

    @Test
    void whenItsMemberDiesAClientGoesToTheNextOne() throws Exception {
        int leader = cluster.leader(0);
        int follower = (leader + 1) % 3;
        try (EtcdClient client = client(follower);
                Resolver resolver = client.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            assertThat(asked(client)).isEqualTo(cluster.addresses()[follower]);
            cluster.member(follower).kill();
            put(leader, 2);
            heard.awaitWeights(Map.of("a", 2));
            assertThat(asked(client)).isNotEqualTo(cluster.addresses()[follower]);
            EtcdServer.await().until(() -> !heard.last().stale());
        }
    }

    @Test
    void whenTheLeaderDiesChangesArriveFromTheNextOne() throws Exception {
        int leader = cluster.leader(0);
        int follower = (leader + 1) % 3;
        try (EtcdClient ofLeader = client(leader);
                EtcdClient ofFollower = client(follower);
                Resolver one = ofLeader.resolver("orders");
                Resolver other = ofFollower.resolver("orders")) {
            Listening alsoHeard = new Listening();
            one.start(heard);
            other.start(alsoHeard);
            heard.awaitWeights(Map.of("a", 1));
            alsoHeard.awaitWeights(Map.of("a", 1));
            cluster.member(leader).kill();
            put(follower, 2);
            heard.awaitWeights(Map.of("a", 2));
            alsoHeard.awaitWeights(Map.of("a", 2));
        }
    }

    @Test
    void withoutAQuorumTheLastStateStaysAndABeginnerStartsWithWhatOneMemberHas() throws Exception {
        try (EtcdClient client = client(0);
                EtcdClient beginner = client(0);
                Resolver resolver = client.resolver("orders");
                Resolver late = beginner.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            cluster.member(1).kill();
            cluster.member(2).kill();
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            assertThat(heard.weights()).isEqualTo(Map.of("a", 1));

            Listening alsoHeard = new Listening();
            late.start(alsoHeard);
            alsoHeard.awaitWeights(Map.of("a", 1));
            assertThat(alsoHeard.last().stale()).isTrue();
            assertThat(alsoHeard.errors).isNotEmpty();

            cluster.member(1).launch();
            cluster.member(1).awaitAnswer();
            put(0, 2);
            heard.awaitWeights(Map.of("a", 2));
            alsoHeard.awaitWeights(Map.of("a", 2));
            EtcdServer.await().until(() -> !alsoHeard.last().stale());
        }
    }

    @Test
    void aMemberThatIsCutOffIsLeftAlthoughItStillAnswers() throws Exception {
        int leader = cluster.leader(0);
        int alone = (leader + 1) % 3;
        try (EtcdClient client = client(alone);
                EtcdClient beginner = client(alone);
                Resolver resolver = client.resolver("orders");
                Resolver late = beginner.resolver("orders")) {
            resolver.start(heard);
            heard.awaitWeights(Map.of("a", 1));
            cluster.cutOff(alone);
            put(leader, 2);
            heard.awaitWeights(Map.of("a", 2));
            assertThat(asked(client)).isNotEqualTo(cluster.addresses()[alone]);

            // It would still say what it knew.
            EtcdConnection lonely = new EtcdConnection(
                    List.of(HostAndPort.fromString(cluster.addresses()[alone])), Access.PLAIN, Env.system());
            KeyStore.Reading old =
                    new GrpcKeyStore(lonely).serializableRead(KEYS.followed()).get(60, TimeUnit.SECONDS);
            lonely.close();
            assertThat(old.entries().get(KEYS.endpoint("a")).value().toStringUtf8())
                    .contains("\"weight\": 1");
            Listening alsoHeard = new Listening();
            late.start(alsoHeard);
            alsoHeard.awaitWeights(Map.of("a", 2));
            assertThat(alsoHeard.sets)
                    .as("a quorum is asked before anybody else is believed")
                    .allMatch(set -> set.endpoints().get(0).weight() == 2);

            cluster.heal();
            put(alone, 3);
            heard.awaitWeights(Map.of("a", 3));
            alsoHeard.awaitWeights(Map.of("a", 3));
        }
    }
}

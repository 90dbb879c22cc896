package dev.zerohop.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.GateProxy;
import dev.zerohop.etcd.support.Listening;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Movers and the clients that follow them, over a real etcd. */
@Timeout(300)
class EtcdShardMapTest {
    private static final ShardCount THREE = new ShardCount(3, 0);
    private static final ShardCount FIVE = new ShardCount(5, 0);

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final List<EtcdClient> clients = new ArrayList<>();
    private EtcdServer etcd;
    private EtcdShardMap mover;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        mover = mover();
    }

    @AfterEach
    void stop() {
        clients.forEach(EtcdClient::close);
        etcd.close();
    }

    private EtcdClient client(String address) {
        EtcdClient client = EtcdClient.of(address);
        clients.add(client);
        return client;
    }

    private EtcdShardMap mover() {
        return EtcdShardMap.of(client(etcd.address()), "orders");
    }

    private static <T> T done(CompletableFuture<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    private static void assertRefused(CompletableFuture<ShardMap> step, String why) {
        assertThatThrownBy(() -> done(step))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(why);
    }

    private static void awaitMap(Listening listening, ShardMap map) {
        EtcdServer.await()
                .until(() ->
                        !listening.sets.isEmpty() && map.equals(listening.last().shardMap()));
    }

    @Test
    void aMoveStepByStep() throws Exception {
        assertThat(done(mover.read())).isEmpty();
        assertRefused(mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER), "there is no map at " + keys.shards());
        ShardMap seven = done(mover.begin(7, THREE));
        assertThat(done(mover.begin(7, THREE))).isEqualTo(seven);
        assertRefused(mover.begin(1, FIVE), "epoch 7, 3 shards, exists already");
        ShardMap announced = done(mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
        assertThat(announced).isEqualTo(seven.movingTo(8, FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
        assertThat(done(mover.withdraw(8)).highestEpoch()).isEqualTo(8);
        assertThat(done(mover.announce(FIVE, MovingKeys.NEW_AT_ONCE)).epochInForce())
                .isEqualTo(9);
        assertRefused(mover.withdraw(9), "the keys of the move to epoch 9 have moved");
        ShardMap nine = done(mover.cutOver(9));
        assertThat(nine).isEqualTo(ShardMap.of(9, FIVE));
        assertThat(done(mover.read())).contains(nine);
        etcd.put(keys.shards(), "?");
        assertRefused(mover.announce(THREE, MovingKeys.OLD_UNTIL_CUTOVER), "cannot be used, expected a shard map");
        assertThat(etcd.get(keys.shards()).getValue().toStringUtf8()).isEqualTo("?");
    }

    /** Each would give epoch 8 another number of shards. */
    @Test
    void ofManyMoversAtOnceOneAnnouncesAndTheOthersAreRefused() throws Exception {
        ShardMap present = done(mover.begin(7, THREE));
        List<EtcdShardMap> movers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            movers.add(mover());
            done(movers.get(i).read());
        }
        for (int round = 0; round < 10; round++) {
            long coming = present.highestEpoch() + 1;
            List<CompletableFuture<ShardMap>> announced = new ArrayList<>();
            for (int i = 0; i < movers.size(); i++) {
                announced.add(movers.get(i).announce(new ShardCount(4 + i, 0), MovingKeys.OLD_UNTIL_CUTOVER));
            }
            List<ShardMap> won = new ArrayList<>();
            for (CompletableFuture<ShardMap> each : announced) {
                try {
                    won.add(done(each));
                } catch (ExecutionException refused) {
                    assertThat(refused).cause().hasMessageStartingWith("a move to epoch " + coming + ", ");
                }
            }
            assertThat(won).hasSize(1);
            assertThat(done(mover.read())).contains(won.get(0));
            present = done(mover.withdraw(coming));
        }
    }

    /** 8 was five shards and was withdrawn; a script without compare-and-swap announces it again as four. */
    @Test
    void anEpochThatIsUsedAgainIsRefusedReportedAndLeftBehindByTheNextStep() throws Exception {
        ShardMap seven = done(mover.begin(7, THREE));
        Listening connected = new Listening();
        Listening cutOff = new Listening();
        try (GateProxy gate = new GateProxy(etcd.port());
                Resolver one = client(etcd.address()).resolver("orders");
                Resolver other = client(gate.address()).resolver("orders")) {
            one.start(connected);
            other.start(cutOff);
            ShardMap announced = done(mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
            awaitMap(connected, announced);
            awaitMap(cutOff, announced);
            gate.shut();
            ShardMap withdrawn = done(mover.withdraw(8));
            awaitMap(connected, withdrawn);
            etcd.put(keys.shards(), "{\"epoch\": 7, \"count\": 3, \"move\": {\"epoch\": 8, \"count\": 4}}");
            etcd.put(keys.shards(), "{\"epoch\": 8, \"count\": 4}");
            EtcdServer.await()
                    .until(() -> connected.rejected.stream()
                            .anyMatch(why -> why.contains("epoch 8 was announced and withdrawn before")));
            gate.release();
            EtcdServer.await()
                    .until(() -> cutOff.rejected.stream()
                            .anyMatch(why -> why.contains("epoch 8 was 4 shards, expected 5 shards as before")));
            assertThat(connected.last().shardMap()).isEqualTo(withdrawn);
            assertThat(cutOff.last().shardMap()).isEqualTo(announced);
            done(mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
            ShardMap nine = done(mover.cutOver(9));
            awaitMap(connected, nine);
            awaitMap(cutOff, nine);
            assertThat(seven.epoch()).isEqualTo(7);
        }
    }

    /** etcd was restored from a backup of before the cut-over; its map does not remember the epoch that clients know. */
    @Test
    void afterARestoreAMoveAboveWhatClientsKnowBringsThemBack() throws Exception {
        done(mover.begin(7, THREE));
        Listening heard = new Listening();
        try (Resolver resolver = client(etcd.address()).resolver("orders")) {
            resolver.start(heard);
            done(mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
            ShardMap eight = done(mover.cutOver(8));
            awaitMap(heard, eight);
            etcd.put(keys.shards(), "{\"epoch\": 7, \"count\": 3}");
            EtcdServer.await()
                    .until(() ->
                            heard.rejected.stream().anyMatch(why -> why.contains("epoch was 7, expected 8 or more")));
            assertThat(heard.last().shardMap()).isEqualTo(eight);
            assertThat(done(mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER, 9))
                            .highestEpoch())
                    .isEqualTo(9);
            awaitMap(heard, done(mover.cutOver(9)));
        }
        assertThatThrownBy(() -> mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER, -1))
                .hasMessage("epoch was -1, expected 0 to 9007199254740991");
    }

    /** The same with movers that keep to the steps: nothing is refused, and the client that was away follows. */
    @Test
    void aClientThatWasCutOffWhileAMoveWasWithdrawnAndAnotherMadeComesBack() throws Exception {
        done(mover.begin(7, THREE));
        Listening cutOff = new Listening();
        try (GateProxy gate = new GateProxy(etcd.port());
                Resolver resolver = client(gate.address()).resolver("orders")) {
            resolver.start(cutOff);
            awaitMap(cutOff, done(mover.announce(FIVE, MovingKeys.OLD_UNTIL_CUTOVER)));
            gate.shut();
            done(mover.withdraw(8));
            done(mover.announce(new ShardCount(4, 0), MovingKeys.OLD_UNTIL_CUTOVER));
            ShardMap nine = done(mover.cutOver(9));
            gate.release();
            awaitMap(cutOff, nine);
            assertThat(cutOff.rejected).isEmpty();
        }
    }
}

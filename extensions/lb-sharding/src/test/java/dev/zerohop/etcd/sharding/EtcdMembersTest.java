package dev.zerohop.etcd.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.sharding.SliceMember;
import dev.zerohop.sharding.SliceMemberOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members that meet in a real etcd divide the keys, and go over to each other. */
@Timeout(300)
class EtcdMembersTest {
    private static final int KEYS = 500;

    private static long owned(SliceMember member) {
        long owned = 0;
        for (int key = 0; key < KEYS; key++) {
            owned += member.owns(EndpointSelector.of(key)) ? 1 : 0;
        }
        return owned;
    }

    private static boolean eachKeyHasOneOwner(List<SliceMember> members) {
        for (int key = 0; key < KEYS; key++) {
            EndpointSelector selector = EndpointSelector.of(key);
            if (members.stream().filter(member -> member.owns(selector)).count() != 1) {
                return false;
            }
        }
        return true;
    }

    private static void awaitDivided(List<SliceMember> members) {
        Awaitility.await()
                .atMost(120, TimeUnit.SECONDS)
                .until(() ->
                        eachKeyHasOneOwner(members) && members.stream().allMatch(member -> owned(member) > KEYS / 10));
    }

    @Test
    void membersDivideTheKeysOneDrainsAndTheLeaderIsLost(@TempDir Path directory) throws Exception {
        List<EtcdClient> clients = new ArrayList<>();
        List<SliceMember> members = new ArrayList<>();
        try (EtcdServer etcd = EtcdServer.started(directory)) {
            for (int i = 0; i < 3; i++) {
                EtcdClient client = EtcdClient.of(etcd.address());
                clients.add(client);
                members.add(SliceMember.join(
                        EtcdSliceStore.of(client, "orders", Duration.ofSeconds(2), true),
                        "orders-" + i,
                        SliceMemberOptions.defaults()));
            }
            awaitDivided(members);

            SliceMember leaving = members.remove(2);
            assertThat(leaving.drain(Duration.ofSeconds(120)).get(120, TimeUnit.SECONDS))
                    .isTrue();
            awaitDivided(members);
            leaving.close();

            // Without its client the first one renews no lease, as if its process had ended.
            SliceMember lost = members.remove(0);
            clients.remove(0).close();
            awaitDivided(members);
            lost.close();
        } finally {
            members.forEach(SliceMember::close);
            clients.forEach(EtcdClient::close);
        }
    }
}

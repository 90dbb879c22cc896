package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Resolver;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Twenty clients of one service, each with a name and a connection of its own. */
class CanaryTest {
    private static final int CLIENTS = 20;
    private static final String BASE = "\"policy\":\"round_robin\"";
    private static final String CANARY = "{\"policy\":\"random\"}";

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final List<EtcdClient> clients = new ArrayList<>();
    private final List<Listening> heard = new ArrayList<>();
    private EtcdServer etcd;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        for (int i = 0; i < CLIENTS; i++) {
            EtcdClient client = EtcdClient.builder()
                    .servers(etcd.address())
                    .clientId("client-" + i)
                    .build();
            Listening listening = new Listening();
            Resolver resolver = client.resolver("orders");
            resolver.start(listening);
            clients.add(client);
            heard.add(listening);
        }
    }

    @AfterEach
    void stop() {
        clients.forEach(EtcdClient::close);
        etcd.close();
    }

    private void write(int percent) {
        etcd.put(
                keys.config(),
                "{" + BASE + ", \"canary\": {\"percent\": " + percent + ", \"config\": " + CANARY + "}}");
    }

    /** Waits until every client has a configuration of these two, and so many of them the canary's. */
    private Set<Integer> awaitCanaries(Set<Integer> expected) {
        EtcdServer.await().untilAsserted(() -> {
            Set<Integer> canaries = new TreeSet<>();
            for (int i = 0; i < CLIENTS; i++) {
                List<String> configurations = heard.get(i).configurations;
                assertThat(configurations).isNotEmpty();
                if (configurations.get(configurations.size() - 1).equals(CANARY)) {
                    canaries.add(i);
                }
            }
            assertThat(canaries).isEqualTo(expected);
        });
        return expected;
    }

    private static Set<Integer> below(int percent) {
        Set<Integer> below = new TreeSet<>();
        for (int i = 0; i < CLIENTS; i++) {
            if (LiveConfiguration.place("orders", CANARY, new ClientId("client-" + i)) < percent) {
                below.add(i);
            }
        }
        return below;
    }

    @Test
    void theShareGrowsAndAllClientsReturnWhenTheCanaryIsRemoved() {
        write(0);
        Set<Integer> few = awaitCanaries(Set.of());
        for (int percent : new int[] {10, 40, 100}) {
            write(percent);
            Set<Integer> more = awaitCanaries(below(percent));
            assertThat(more).containsAll(few);
            few = more;
        }
        assertThat(few).hasSize(CLIENTS);
        etcd.put(keys.config(), "{" + BASE + "}");
        awaitCanaries(Set.of());
    }

    @Test
    void aBadCanaryIsRejectedByEveryClientAlsoOutsideOfItsShare() {
        write(10);
        awaitCanaries(below(10));
        etcd.put(
                keys.config(),
                "{\"policy\":\"least_request\",\"canary\":{\"percent\":10,\"config\":{\"policy\":\"fastest\"}}}");
        EtcdServer.await().until(() -> heard.stream().allMatch(client -> client.rejected.size() == 1));
        awaitCanaries(below(10));
        assertThat(heard)
                .allSatisfy(client ->
                        assertThat(client.rejected.get(0)).contains("canary.config: policy: was \"fastest\""));
    }
}

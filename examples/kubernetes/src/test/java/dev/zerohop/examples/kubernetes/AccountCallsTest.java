package dev.zerohop.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.examples.kubernetes.AccountCalls.Account;
import dev.zerohop.kubernetes.KubernetesDiscovery;
import dev.zerohop.kubernetes.KubernetesOptions;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All calls of one account reach one pod, over both transports, while two of three pods are restarted with other addresses. */
@Timeout(300)
class AccountCallsTest {
    private static final int PODS = 3;
    private static final int ACCOUNTS = 40;

    private final KubernetesMockServer api = new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
    private final List<OrdersServer> pods = new ArrayList<>();
    private KubernetesClient kubectl;

    @BeforeEach
    void startTheCluster() throws Exception {
        api.init();
        kubectl = api.createClient();
        KubernetesDiscovery.useForTargets(KubernetesOptions.builder()
                .apiServer(URI.create("http://" + api.getHostName() + ":" + api.getPort()))
                .build());
        kubectl.services()
                .inNamespace("shop")
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("carts")
                        .endMetadata()
                        .withNewSpec()
                        .withClusterIP("None")
                        .endSpec()
                        .build())
                .create();
        kubectl.apps()
                .statefulSets()
                .inNamespace("shop")
                .resource(new StatefulSetBuilder()
                        .withNewMetadata()
                        .withName("carts")
                        .endMetadata()
                        .withNewSpec()
                        .withServiceName("carts")
                        .withReplicas(PODS)
                        .endSpec()
                        .build())
                .create();
        for (int ordinal = 0; ordinal < PODS; ordinal++) {
            pods.add(start(ordinal));
            write(ordinal, true);
        }
    }

    @AfterEach
    void stopTheCluster() throws Exception {
        for (OrdersServer pod : pods) {
            pod.drain();
        }
        kubectl.close();
        api.destroy();
        KubernetesDiscovery.useForTargets(KubernetesOptions.defaults());
    }

    private static OrdersServer start(int ordinal) throws Exception {
        return new OrdersServer(new Environment(
                Map.of("POD_NAME", "carts-" + ordinal, "GRPC_PORT", "0", "HTTP_PORT", "0", "DRAIN_SECONDS", "0")));
    }

    /** One slice for each pod, as each has ports of its own here. */
    private void write(int ordinal, boolean ready) {
        EndpointSlice slice = new EndpointSliceBuilder()
                .withNewMetadata()
                .withName("carts-" + ordinal)
                .addToLabels("kubernetes.io/service-name", "carts")
                .endMetadata()
                .withAddressType("IPv4")
                .addNewPort()
                .withName("grpc")
                .withPort(pods.get(ordinal).grpcPort())
                .endPort()
                .addNewPort()
                .withName("http")
                .withPort(pods.get(ordinal).httpPort())
                .endPort()
                .addNewEndpoint()
                .withAddresses("127.0.0.1")
                .withHostname("carts-" + ordinal)
                .withNewTargetRef()
                .withKind("Pod")
                .withNamespace("shop")
                .withName("carts-" + ordinal)
                .endTargetRef()
                .withNewConditions()
                .withReady(ready)
                .withServing(true)
                .withTerminating(!ready)
                .endConditions()
                .endEndpoint()
                .build();
        kubectl.discovery()
                .v1()
                .endpointSlices()
                .inNamespace("shop")
                .resource(slice)
                .createOr(existing -> existing.update());
    }

    /** Terminates, is gone, comes back with another address. */
    private void restart(int ordinal) throws Exception {
        write(ordinal, false);
        pods.get(ordinal).drain();
        pods.set(ordinal, start(ordinal));
        write(ordinal, true);
    }

    @Test
    void anAccountKeepsItsPodThroughTwoRestarts() throws Exception {
        try (AccountCalls calls = new AccountCalls("k8s:///shop/carts:grpc", "k8s:///shop/carts:http")) {
            Map<Account, String> owners = owners(calls);
            assertThat(owners.values()).contains("carts-0", "carts-1", "carts-2");
            restart(1);
            assertThat(owners(calls)).isEqualTo(owners);
            restart(2);
            assertThat(owners(calls)).isEqualTo(owners);
        }
    }

    /** Calls for every account over both transports, which must agree. */
    private static Map<Account, String> owners(AccountCalls calls) throws Exception {
        Map<Account, String> owners = new TreeMap<>(java.util.Comparator.comparing(Account::name));
        for (int i = 0; i < ACCOUNTS; i++) {
            Account account = new Account("account-" + i);
            String owner = calls.place(account);
            assertThat(calls.list(account)).isEqualTo(owner);
            owners.put(account, owner);
        }
        return owners;
    }
}

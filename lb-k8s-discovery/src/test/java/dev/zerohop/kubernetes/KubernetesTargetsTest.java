package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.config.Balancers;
import dev.zerohop.testing.FakeTime;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesTargetsTest {
    private final Env env = new FakeTime().env();

    @TempDir
    Path directory;

    @AfterEach
    void restore() {
        KubernetesDiscovery.useForTargets(KubernetesOptions.defaults());
        System.clearProperty("kubenamespace");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "k8s:///shop/orders:grpc",
                "k8s:///shop/orders:8080",
                "k8s:///shop/orders:1",
                "k8s:///shop/orders:65535",
                "k8s:///shop/orders-v2:grpc-web?family=ipv6",
                "K8S:///shop/orders:grpc?family=ipv4",
            })
    void whatItUnderstands(String target) {
        Target.parse(target).newResolver(env).close();
    }

    @ParameterizedTest
    @CsvSource({
        "'k8s://host/shop/orders:grpc', 6, expected nothing there",
        "'k8s:///', 7, found no service",
        "'k8s://', 6, found no service",
        "'k8s:///shop/orders', 18, found no port behind 'orders'",
        "'k8s:///shop/:grpc', 12, found service ''",
        "'k8s:///shop/orders:', 19, found port ''",
        "'k8s:///shop/orders:0', 19, found port '0'",
        "'k8s:///shop/orders:65536', 19, found port '65536'",
        "'k8s:///shop/orders:99999999999', 19, found port '99999999999'",
        "'k8s:///shop/orders:Grpc', 19, found port 'Grpc'",
        "'k8s:///Shop/orders:grpc', 7, found namespace 'Shop'",
        "'k8s:////orders:grpc', 7, found namespace ''",
        "'k8s:///shop/a/orders:grpc', 12, found service 'a/orders'",
        "'k8s:///shop/orders:grpc?family=ipv5', 31, 'family was ''ipv5'''",
        "'k8s:///shop/orders:grpc?famly=ipv4', 24, found parameter 'famly'",
        "'k8s:///shop/orders:grpc?family=ipv4&family=ipv6', 36, given twice",
        "'k8s:///orders:grpc', 7, found no namespace",
    })
    void whatItRefusesAndWhere(String target, int position, String problem) {
        assertThatThrownBy(() -> Target.parse(target).newResolver(env))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at position " + position + ":")
                .hasMessageContaining(problem);
    }

    @Test
    void theNamespaceIsThatOfThePodUnlessItIsNamed() throws Exception {
        Path mounted = directory.resolve("namespace");
        Files.writeString(mounted, "billing\n");
        System.setProperty("kubenamespace", mounted.toString());
        Target target = Target.parse("k8s:///orders:grpc");
        assertThat(target.provider().tlsName(target)).isEqualTo("orders.billing.svc");
        KubernetesDiscovery.useForTargets(
                KubernetesOptions.builder().namespace("shop").build());
        assertThat(target.provider().tlsName(target)).isEqualTo("orders.shop.svc");
        Target named = Target.parse("k8s:///other/orders:grpc");
        assertThat(named.provider().tlsName(named)).isEqualTo("orders.other.svc");
    }

    @Test
    void aBalancerIsMadeOfATargetAndTheProcessSharesOneClient() {
        try (MockApi api = new MockApi()) {
            api.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
            KubernetesDiscovery.useForTargets(api.options());
            try (Balancer balancer =
                            Balancers.forTarget("k8s:///shop/orders:grpc").build();
                    Resolver other = Target.parse("k8s:///shop/orders:grpc").newResolver(Env.system())) {
                balancer.start();
                KubernetesDiscoveryTest.Listening listening = new KubernetesDiscoveryTest.Listening();
                other.start(listening);
                KubernetesDiscoveryTest.await()
                        .until(() ->
                                KubernetesDiscoveryTest.candidates(balancer).contains("orders-0"));
                KubernetesDiscoveryTest.await().until(() -> listening.ready().contains("orders-0"));
                assertThat(SharedClient.open()).isEqualTo(1);
                assertThat(api.lists()).isEqualTo(1);
            }
        }
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> KubernetesOptions.builder().apiServer(URI.create("ftp://10.0.0.1:6443")))
                .hasMessageContaining("expected an http or https URI");
        assertThatThrownBy(() -> KubernetesOptions.builder().namespace("Shop"))
                .hasMessageContaining("namespace was 'Shop'");
        assertThatThrownBy(() -> KubernetesOptions.builder()
                        .apiServer(URI.create("https://10.0.0.1"))
                        .context("dev")
                        .build())
                .hasMessageContaining("expected one or the other");
        assertThat(KubernetesOptions.builder().build()).isEqualTo(KubernetesOptions.defaults());
    }
}

package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.PickContext;
import dev.zerohop.Target;
import org.junit.jupiter.api.Test;

class BalancersTest {

    @Test
    void aTargetWithoutASchemeIsRefusedWithWhatWasExpected() {
        assertThatThrownBy(() -> Balancers.forTarget("orders:80"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("found no scheme, expected one and ://");
    }

    @Test
    void aSchemeThatNobodyBringsIsRefusedWithThoseThatAreThere() {
        assertThatThrownBy(() -> Balancers.forTarget("carrier-pigeon:///orders"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no resolver for scheme 'carrier-pigeon', expected one of");
    }

    @Test
    void oneLineIsEnoughForAStaticTarget() {
        try (Balancer balancer = Balancers.forTarget("static:///10.0.0.1:8080").build()) {
            balancer.start();
            assertThat(balancer.acquire(PickContext.NONE).endpoint().address()).isEqualTo("10.0.0.1:8080");
            assertThat(balancer.name()).isEqualTo("10.0.0.1:8080");
            assertThat(balancer.current().settings()).isEqualTo(Configurations.defaults());
        }
    }

    @Test
    void theNameCanBeSet() {
        assertThat(Balancers.forTarget("static:///10.0.0.1:8080")
                        .name("orders")
                        .build()
                        .name())
                .isEqualTo("orders");
    }

    @Test
    void theNameIsTheLastPartOfThePath() {
        assertThat(Balancers.name(Target.parse("k8s:///shop/orders:grpc"))).isEqualTo("orders:grpc");
        assertThat(Balancers.name(Target.parse("etcd://host:2379/orders"))).isEqualTo("orders");
        assertThat(Balancers.name(Target.parse("etcd://host:2379"))).isEqualTo("etcd://host:2379");
    }
}

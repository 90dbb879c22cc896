package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BalancersTest {

    @Test
    void aTargetWithoutASchemeIsRefusedWithWhatWasExpected() {
        assertThatThrownBy(() -> Balancers.forTarget("orders:80"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected one and ://");
    }

    @Test
    void aSchemeThatNobodyBringsIsRefusedWithThoseThatAreThere() {
        assertThatThrownBy(() -> Balancers.forTarget("carrier-pigeon:///orders"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no resolver for scheme 'carrier-pigeon', expected one of");
    }

    @Test
    void theNameIsTheLastPartOfThePath() {
        assertThat(Balancers.name(dev.zerohop.Target.parse("k8s:///shop/orders:grpc")))
                .isEqualTo("orders:grpc");
        assertThat(Balancers.name(dev.zerohop.Target.parse("etcd://host:2379/orders")))
                .isEqualTo("orders");
        assertThat(Balancers.name(dev.zerohop.Target.parse("etcd://host:2379"))).isEqualTo("etcd://host:2379");
    }
}

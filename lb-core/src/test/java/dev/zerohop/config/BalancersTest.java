package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.PickContext;
import dev.zerohop.Target;
import dev.zerohop.testing.FakeTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void theConfigurationOfTheSourceIsFollowed(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("orders.json"),
                "{\"endpoints\": [{\"address\": \"10.0.0.1:80\"}], \"config\": {\"policy\": \"random\"}}");
        FakeTime time = new FakeTime();
        try (Balancer balancer =
                Balancers.forTarget("file://" + file, time.env()).build()) {
            balancer.start();
            assertThat(balancer.current().settings()).isEqualTo(Configurations.parse("{\"policy\": \"random\"}"));
            Files.writeString(file, "{\"endpoints\": [{\"address\": \"10.0.0.1:80\"}]}");
            time.advance(Duration.ofSeconds(1));
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

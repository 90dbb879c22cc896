package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** This module's tests have no grpc-services; with it, ./verify --compat sees that health checks are honoured. */
@Timeout(180)
class HealthChecksTest {

    @Test
    void healthChecksWithoutGrpcServicesAreRejectedAndNotIgnored() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(Map.of(
                            "loadBalancingConfig",
                            List.of(Map.of("zerohop", Map.of())),
                            "healthCheckConfig",
                            Map.of("serviceName", "shop.Orders"))));
            assertThatThrownBy(() -> TestServer.call(channel))
                    .hasMessageContaining("UNAVAILABLE")
                    .hasMessageContaining("healthCheckConfig.serviceName was 'shop.Orders'")
                    .hasMessageContaining("add io.grpc:grpc-services");
        }
    }
}

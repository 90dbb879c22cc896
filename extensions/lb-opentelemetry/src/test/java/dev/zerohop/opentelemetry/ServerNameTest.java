package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerNameTest {
    @ParameterizedTest
    @CsvSource({
        "orders.example:50051, orders.example, 50051",
        "orders.example, orders.example, -1",
        "10.1.2.3:80, 10.1.2.3, 80",
        "[::1]:50051, ::1, 50051",
        "[2001:db8::7], 2001:db8::7, -1",
        "no-name.k8s.invalid, k8s:///shop/orders:grpc, -1",
        "no-name.etcd-tls.invalid, k8s:///shop/orders:grpc, -1",
        "invalid.example, invalid.example, -1",
        "'', k8s:///shop/orders:grpc, -1",
        "a:b:c, a:b:c, -1",
    })
    void itIsTheHostAndThePortOfTheAuthorityOrTheTarget(String authority, String address, int port) {
        ServerName server = ServerName.of(authority, "k8s:///shop/orders:grpc");
        assertThat(server).isEqualTo(new ServerName(address, port));
        assertThat(server.hasPort()).isEqualTo(port != -1);
    }
}

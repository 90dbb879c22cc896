package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.HealthCheckPolicy;
import dev.zerohop.config.Configurations;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks as configurations state them. */
class ChecksReaderTest {

    private static HealthCheckPolicy read(String checks) {
        return Configurations.parse("{\"health\": {\"checks\": " + checks.replace('\'', '"') + "}}")
                .checks();
    }

    @Test
    void thereAreNoneUnlessTheyAreNamed() {
        assertThat(Configurations.defaults().checks()).isSameAs(HealthCheckPolicy.NONE);
        assertThat(Configurations.parse("{\"health\": {}}").checks()).isSameAs(HealthCheckPolicy.NONE);
    }

    @Test
    void theDefaults() {
        assertThat(read("{'tcp': {}}"))
                .isEqualTo(HealthChecks.tcp().build())
                .hasToString(
                        "tcp every 10s, jitterPercent 15, timeout 1s, unhealthyThreshold 3, healthyThreshold 2, sample 100");
        assertThat(read("{'http': {}}")).isEqualTo(HealthChecks.http("/").build());
        assertThat(read("{'grpc': {}}")).isEqualTo(HealthChecks.grpc("").build());
    }

    @Test
    void everythingStated() {
        assertThat(read(
                        "{'http': {'path': '/healthz?deep=1', 'port': 8081, 'expectedStatus': '200-399', 'tls': true, 'host': 'orders.svc'},"
                                + " 'interval': '5s', 'timeout': '500ms', 'unhealthyThreshold': 4, 'healthyThreshold': 5,"
                                + " 'jitterPercent': 20, 'sample': 50}"))
                .isEqualTo(HealthChecks.http(new HttpGet("/healthz?deep=1", 200, 399), 8081, true, "orders.svc")
                        .interval(Duration.ofSeconds(5))
                        .timeout(Duration.ofMillis(500))
                        .unhealthyThreshold(4)
                        .healthyThreshold(5)
                        .jitterPercent(20)
                        .sample(50)
                        .build())
                .hasToString(
                        "http (path /healthz?deep=1, port 8081, expectedStatus 200-399, tls true, host orders.svc)"
                                + " every 5s, jitterPercent 20, timeout 500ms, unhealthyThreshold 4, healthyThreshold 5, sample 50");
        assertThat(read("{'tcp': {'port': 9, 'tls': true, 'host': 'orders.svc'}}"))
                .isEqualTo(HealthChecks.tcp(9, true, "orders.svc").build());
        assertThat(read("{'grpc': {'service': 'shop.Orders'}}"))
                .isEqualTo(HealthChecks.grpc("shop.Orders").build());
        assertThat(read("{'tcp': {'host': 'fd00::1:2'}}"))
                .isEqualTo(HealthChecks.tcp(0, false, "fd00::1:2").build());
        assertThat(read("{'http': {'expectedStatus': 204}}"))
                .isEqualTo(read("{'http': {'expectedStatus': '204'}}"))
                .isEqualTo(HealthChecks.http(new HttpGet("/", 204, 204), 0, false, null)
                        .build());
    }

    @Test
    void checksThatDifferInOneThingAreNotEqual() {
        HealthCheckPolicy one = read("{'http': {}}");
        for (String other : new String[] {
            "{'tcp': {}}",
            "{'http': {'path': '/x'}}",
            "{'http': {'port': 1}}",
            "{'http': {'expectedStatus': 200}}",
            "{'http': {'tls': true}}",
            "{'http': {'host': 'x'}}",
            "{'http': {}, 'interval': '11s'}",
            "{'http': {}, 'timeout': '2s'}",
            "{'http': {}, 'unhealthyThreshold': 4}",
            "{'http': {}, 'healthyThreshold': 4}",
            "{'http': {}, 'jitterPercent': 16}",
            "{'http': {}, 'sample': 4}"
        }) {
            assertThat(read(other)).as(other).isNotEqualTo(one);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|health.checks: was no kind, expected exactly one of grpc, http, tcp",
                "{'tcp': {}, 'http': {}}|health.checks: was 2 kinds [tcp, http], expected exactly one of grpc, http, tcp",
                "{'https': {}}|health.checks.https: was an empty object, expected the field http: known are",
                "{'http': {'path': 'healthz'}}|health.checks.http.path: was \"healthz\", expected a path that begins with a slash",
                "{'http': {'path': '/a b'}}|health.checks.http.path: was \"/a b\"",
                "{'http': {'path': 1}}|health.checks.http.path: was 1",
                "{'http': {'expectedStatus': '2xx'}}|health.checks.http.expectedStatus: was \"2xx\", expected a status from 200 to 599 or a range of them, such as \"200-299\"",
                "{'http': {'expectedStatus': '299-200'}}|health.checks.http.expectedStatus: was \"299-200\"",
                "{'http': {'expectedStatus': 99}}|health.checks.http.expectedStatus: was 99, expected an integer from 200 to 599",
                "{'http': {'expectedStatus': '100-299'}}|health.checks.http.expectedStatus: was \"100-299\", expected a status from 200",
                "{'http': {'port': 0}}|health.checks.http.port: was 0, expected an integer from 1 to 65535",
                "{'http': {'tls': 'yes'}}|health.checks.http.tls: was \"yes\", expected true or false",
                "{'http': {'host': 'a:80'}}|health.checks.http.host: was \"a:80\", expected a host name without a port",
                "{'http': {'host': 'a b'}}|health.checks.http.host: was \"a b\", expected a host name without a port",
                "{'grpc': {'port': 1}}|health.checks.grpc.port: was 1",
                "{'grpc': {'service': ''}}|health.checks.grpc.service: was \"\", expected the name of a gRPC service",
                "{'tcp': {}, 'interval': '50ms'}|health.checks.interval: was \"50ms\", expected a duration from 100ms to 1h",
                "{'tcp': {}, 'timeout': '2m'}|health.checks.timeout: was \"2m\", expected a duration from 10ms to 60s",
                "{'tcp': {}, 'timeout': '11s'}|health.checks.timeout: was 11s, expected at most the interval, which is 10s",
                "{'tcp': {}, 'unhealthyThreshold': 0}|health.checks.unhealthyThreshold: was 0, expected an integer from 1 to 100",
                "{'tcp': {}, 'healthyThreshold': 101}|health.checks.healthyThreshold: was 101, expected an integer from 1 to 100",
                "{'tcp': {}, 'jitterPercent': 9}|health.checks.jitterPercent: was 9, expected an integer from 10 to 50",
                "{'tcp': {}, 'sample': 0}|health.checks.sample: was 0, expected an integer from 1 to 10000"
            })
    void badValuesAreRejectedWithTheirPath(String checks, String words) {
        assertThatThrownBy(() -> read(checks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words);
    }

    @Test
    void theBuilderHasTheSameLimits() {
        HealthChecks.Builder builder = HealthChecks.tcp();
        assertThatThrownBy(() -> builder.sample(0)).hasMessage("sample of health checks was 0, expected 1 to 10000");
        assertThatThrownBy(() -> builder.jitterPercent(51)).hasMessageContaining("expected 10 to 50");
        assertThatThrownBy(() -> builder.unhealthyThreshold(0)).hasMessageContaining("expected 1 to 100");
        assertThatThrownBy(() -> builder.healthyThreshold(0)).hasMessageContaining("expected 1 to 100");
        assertThatThrownBy(() -> builder.interval(Duration.ZERO)).hasMessageContaining("expected PT0.1S to PT1H");
        assertThatThrownBy(() -> builder.timeout(Duration.ZERO)).hasMessageContaining("expected PT0.01S to PT1M");
        HealthChecks.Builder slow = HealthChecks.tcp().timeout(Duration.ofSeconds(11));
        assertThatThrownBy(slow::build).hasMessageContaining("expected at most the interval");
        assertThatThrownBy(() -> HealthChecks.tcp(65_536, false, null)).hasMessageContaining("expected 1 to 65535");
        assertThatThrownBy(() -> HealthChecks.tcp(1, false, "a b")).hasMessageContaining("host name without a port");
        assertThatThrownBy(() -> HealthChecks.http("x")).hasMessageContaining("begins with a slash");
        assertThatThrownBy(() -> new HttpGet("/", 300, 200)).hasMessageContaining("a range within 200 to 599");
    }
}

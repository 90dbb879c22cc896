package dev.zerohop.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.gateway.GatewaySettings.HandlerType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewaySettingsTest {

    @Test
    void everyVariableIsRead() {
        assertThat(GatewaySettings.of(Map.of(
                        "eb_go_lb_etcd_host", "a:1, b:2",
                        "eb_go_lb_zone", "zone-b",
                        "eb_go_lb_handler_type", "wrr",
                        "eb_go_lb_mode", "dev",
                        "eb_go_lb_node_name", "node-1",
                        "HOSTNAME", "other",
                        "eb_go_lb_listen_port", "9000",
                        "eb_go_lb_caller_limit", "7",
                        "eb_go_lb_gateways", " 10.0.0.1:8080\t10.0.0.2\nGW.example:81 [::1]:9 ")))
                .isEqualTo(new GatewaySettings(
                        List.of("a:1", "b:2"),
                        false,
                        "zone-b",
                        HandlerType.WRR,
                        "dev",
                        "node-1",
                        9000,
                        Set.of("10.0.0.1:8080", "10.0.0.2:80", "gw.example:81", "[::1]:9"),
                        7));
    }

    @Test
    void allButTheZoneHasADefault() {
        assertThat(GatewaySettings.of(Map.of("eb_go_lb_zone", "z", "HOSTNAME", "host-7")))
                .isEqualTo(new GatewaySettings(
                        List.of("localhost:2379"),
                        false,
                        "z",
                        HandlerType.DUMMY,
                        "prod",
                        "host-7",
                        8080,
                        Set.of(),
                        256));
        assertThat(GatewaySettings.of(Map.of("eb_go_lb_zone", "z")).node()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "eb_go_lb_zone | a/b | eb_go_lb_zone was 'a/b', expected the zone whose functions are served, a name without a slash",
                "eb_go_lb_zone | '' | eb_go_lb_zone was '', expected the zone",
                "eb_go_lb_etcd_host | nowhere | eb_go_lb_etcd_host was 'nowhere', expected host:port",
                "eb_go_lb_etcd_host | https://a:1,b:2 | eb_go_lb_etcd_host was 'https://a:1,b:2', expected host:port, http://host:port or https://host:port, or several of one kind",
                "eb_go_lb_etcd_host | http://me:secret@a:1 | eb_go_lb_etcd_host was '***@a:1', expected host:port",
                "eb_go_lb_gateways | http://me:secret@a:1 | eb_go_lb_gateways was '***@a:1', expected addresses",
                "eb_go_lb_gateways | https://a:1 | eb_go_lb_gateways was 'https://a:1', expected addresses",
                "eb_go_lb_etcd_host | a:1,b:x | eb_go_lb_etcd_host was 'a:1,b:x', expected host:port",
                "eb_go_lb_handler_type | random | eb_go_lb_handler_type was 'random', expected wrr, first or dummy",
                "eb_go_lb_node_name | a b | eb_go_lb_node_name was 'a b', expected a name",
                "HOSTNAME | é | HOSTNAME was 'é', expected a name",
                "eb_go_lb_listen_port | 65536 | eb_go_lb_listen_port was '65536', expected a port",
                "eb_go_lb_listen_port | -1 | eb_go_lb_listen_port was '-1', expected a port",
                "eb_go_lb_caller_limit | 0 | eb_go_lb_caller_limit was '0', expected the number of requests of one address",
                "eb_go_lb_gateways | a:1 ftp://b | eb_go_lb_gateways was 'ftp://b', expected addresses",
                "eb_go_lb_gateways | a:0 | eb_go_lb_gateways was 'a:0', expected addresses",
            })
    void aValueThatCannotBeUsedIsRefused(String variable, String value, String message) {
        Map<String, String> environment = new HashMap<>(Map.of("eb_go_lb_zone", "z"));
        environment.put(variable, value);
        assertThatThrownBy(() -> GatewaySettings.of(environment))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void whatGolbTakesStartsIt() {
        GatewaySettings settings = GatewaySettings.of(Map.of(
                "eb_go_lb_zone", "z",
                "eb_go_lb_etcd_host", "http://etcd:2379/,HTTP://other:2379",
                "eb_go_lb_handler_type", "WRR",
                "eb_go_lb_node_name", "",
                "HOSTNAME", "host-7",
                "eb_go_lb_gateways", "http://10.0.0.1:8080 http://10.0.0.2/"));
        assertThat(settings.etcd()).containsExactly("etcd:2379", "other:2379");
        assertThat(settings.etcdTls()).isFalse();
        assertThat(GatewaySettings.of(
                        Map.of("eb_go_lb_zone", "z", "eb_go_lb_etcd_host", "https://etcd:2379, HTTPS://b:1/")))
                .satisfies(tls -> {
                    assertThat(tls.etcd()).containsExactly("etcd:2379", "b:1");
                    assertThat(tls.etcdTls()).isTrue();
                });
        assertThat(settings.handler()).isEqualTo(HandlerType.WRR);
        assertThat(settings.node()).isEqualTo("host-7");
        assertThat(settings.gateways()).containsExactlyInAnyOrder("10.0.0.1:8080", "10.0.0.2:80");
        assertThat(GatewaySettings.of(Map.of("eb_go_lb_zone", "z", "HOSTNAME", ""))
                        .node())
                .isNotEmpty();
    }

    @Test
    void theZoneMustBeGiven() {
        assertThatThrownBy(() -> GatewaySettings.of(Map.of()))
                .hasMessageStartingWith("eb_go_lb_zone is not set, expected the zone");
    }

    @Test
    void theModeDecidesWhetherRequestsAreLoggedAndNeverPreventsTheStart() {
        for (String mode : List.of("dev", "prod", "staging")) {
            GatewaySettings settings = GatewaySettings.of(Map.of("eb_go_lb_zone", "z", "eb_go_lb_mode", mode));
            assertThat(settings.logsRequests()).isEqualTo(mode.equals("dev"));
            assertThat(settings.oddity() != null).isEqualTo(mode.equals("staging"));
        }
    }
}

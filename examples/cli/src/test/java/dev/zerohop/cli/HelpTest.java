package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
    @ParameterizedTest
    @ValueSource(strings = {"demo", "server", "call", "watch", "shard", "shard-map", "orchestrator", "doctor"})
    void everyCommandHasHelpAndOutput(String command) {
        Cli.Result result = Cli.run(command, "--help");
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("zerohop " + command).contains("--output");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void theGatewaysHelpNamesItsEnvironment() {
        Cli.Result result = Cli.run("gateway", "--help");
        assertThat(result.code()).isZero();
        assertThat(result.out())
                .contains("zerohop gateway")
                .contains(
                        "eb_go_lb_etcd_host",
                        "eb_go_lb_zone",
                        "eb_go_lb_handler_type",
                        "eb_go_lb_mode",
                        "eb_go_lb_node_name",
                        "eb_go_lb_listen_port",
                        "eb_go_lb_gateways");
        assertThat(Cli.run("register", "--help").out())
                .contains("zerohop register")
                .contains("--ttl");
    }

    @Test
    void theProgramListsItsCommands() {
        Cli.Result result = Cli.run("--help");
        assertThat(result.code()).isZero();
        assertThat(result.out())
                .contains(
                        "demo",
                        "server",
                        "call",
                        "watch",
                        "shard",
                        "shard-map",
                        "register",
                        "gateway",
                        "orchestrator",
                        "doctor");
    }

    @Test
    void theVersionIsOneLine() {
        Cli.Result result = Cli.run("--version");
        assertThat(result.code()).isZero();
        assertThat(result.outLines()).singleElement().asString().startsWith("zerohop ");
    }
}

package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.picker.Pickers;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"demo", "server", "call", "watch", "top", "shard", "shard-map", "orchestrator", "doctor", "sim"})
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
                        "eb_go_lb_caller_limit",
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
                        "top",
                        "shard",
                        "shard-map",
                        "register",
                        "gateway",
                        "orchestrator",
                        "doctor",
                        "sim",
                        "completion");
    }

    @Test
    void helpIsWrappedToTheTerminalAndOnlyThere() {
        assertThat(Cli.onTerminal(70, "call", "--help").outLines())
                .hasSizeGreaterThan(30)
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(70));
        assertThat(Cli.run("call", "--help").outLines())
                .anySatisfy(line -> assertThat(line)
                        .contains("how to pick: " + String.join(", ", Pickers.names()) + " (")
                        .contains("what the source configures, else weighted_round_robin)"));
    }

    @Test
    void aMessageIsWrappedToTheTerminalAndOnlyThere() {
        Cli.Result result = Cli.onTerminal(40, "wach");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.errLines())
                .hasSizeGreaterThan(1)
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
        assertThat(result.err()).startsWith("zerohop: no command 'wach', did you mean\n  'watch'?");
        assertThat(Cli.run("wach").errLines()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"demo", "server", "call", "watch", "top", "shard", "register", "orchestrator", "doctor", "sim"})
    void noOptionIsTwiceInAUsage(String command) {
        String usage = Cli.run(command, "--help").outLines().get(0);
        List<String> options = Pattern.compile("--[a-z-]+")
                .matcher(usage)
                .results()
                .map(MatchResult::group)
                .toList();
        assertThat(options).isNotEmpty().doesNotHaveDuplicates();
    }

    @Test
    void theVersionIsOneLine() {
        Cli.Result result = Cli.run("--version");
        assertThat(result.code()).isZero();
        assertThat(result.outLines()).singleElement().asString().startsWith("zerohop ");
    }
}

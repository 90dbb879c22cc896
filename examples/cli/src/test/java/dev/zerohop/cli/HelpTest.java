package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
    @ParameterizedTest
    @ValueSource(strings = {"demo", "server", "call", "watch", "shard", "doctor"})
    void everyCommandHasHelpAndOutput(String command) {
        Cli.Result result = Cli.run(command, "--help");
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("zerohop " + command).contains("--output");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void theProgramListsItsCommands() {
        Cli.Result result = Cli.run("--help");
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("demo", "server", "call", "watch", "shard", "doctor");
    }

    @Test
    void theVersionIsOneLine() {
        Cli.Result result = Cli.run("--version");
        assertThat(result.code()).isZero();
        assertThat(result.outLines()).singleElement().asString().startsWith("zerohop ");
    }
}

package dev.zerohop.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zerohop completion}. */
@Command(
        name = "completion",
        description =
                "Prints a script that makes a shell complete commands and options: source <(./zerohop completion bash)",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class CompletionCommand implements Callable<Integer> {
    private static final String ZSH =
            "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";

    private final Console console;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "bash or zsh")
    private String shell = "";

    CompletionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Checks.that(shell.equals("bash") || shell.equals("zsh"), "SHELL", shell, "bash or zsh");
        String script = AutoComplete.bash("zerohop", spec.root().commandLine());
        console.line((shell.equals("zsh") ? ZSH : "") + script.stripTrailing());
        return Main.OK;
    }
}

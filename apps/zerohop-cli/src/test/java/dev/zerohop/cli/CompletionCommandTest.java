package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code zerohop completion} prints works in a real shell. */
class CompletionCommandTest {
    @TempDir
    private Path directory;

    @Test
    void bashCompletesCommandsAndOptions() throws Exception {
        assertThat(completions("wa")).containsExactly("watch");
        assertThat(completions("sha")).contains("shard");
        assertThat(completions("call", "--pol")).containsExactly("--policy");
        assertThat(completions("orchestrator", "--max")).containsExactly("--max-down");
    }

    @Test
    void zshGetsTheSameWithWhatItNeedsForIt() {
        String bash = Cli.run("completion", "bash").out();
        assertThat(Cli.run("completion", "zsh").out())
                .startsWith("autoload -U +X compinit")
                .endsWith(bash);
    }

    private List<String> completions(String... words) throws IOException, InterruptedException {
        Path script = directory.resolve("completion");
        Files.writeString(script, Cli.run("completion", "bash").out());
        // Bash sets these before it asks the function that was registered for the command. Outside of that, compopt
        // complains.
        String asked = "source '" + script + "'; COMP_WORDS=(zerohop " + String.join(" ", words) + "); COMP_CWORD="
                + words.length
                + "; $(complete -p zerohop | sed 's/.*-F \\([^ ]*\\).*/\\1/') 2> /dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"";
        Process bash = new ProcessBuilder("bash", "--norc", "-c", asked).start();
        bash.getOutputStream().close();
        String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(out).isZero();
        return out.lines().map(String::strip).toList();
    }
}

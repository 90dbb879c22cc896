package dev.zerohop.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The {@code zerohop} program. Exit code 0 on success, 1 when calls failed or a check did not hold, 2 on bad input, with one
 * line on stderr.
 */
@Command(
        name = "zerohop",
        description =
                "Client-side load balancing with no proxy hop: demo, test calls, diagnosis, simulation and tools.",
        subcommands = {
            DemoCommand.class,
            ServerCommand.class,
            CallCommand.class,
            WatchCommand.class,
            TopCommand.class,
            ShardCommand.class,
            ShardMapCommand.class,
            RegisterCommand.class,
            GatewayCommand.class,
            OrchestratorCommand.class,
            DoctorCommand.class,
            SimCommand.class,
            CompletionCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Each command has its own --help. Exit code: 0 success, 1 calls failed or a check did not hold, 2 bad input."
        })
public final class Main implements Runnable {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int BAD_INPUT = 2;

    /** picocli's minimum. */
    private static final int LEAST_HELP_COLUMNS = 55;

    /** Wider than any line of help. */
    private static final int UNWRAPPED_COLUMNS = 4_000;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private Main() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        endWith(new Main(), args);
    }

    /** Runs one command of {@code root} and ends the process with its exit code. */
    static void endWith(Object root, String[] args) {
        quietLogging();
        PrintStream out = stream(FileDescriptor.out);
        PrintStream err = stream(FileDescriptor.err);
        System.setOut(err);
        Console console = new Console(
                out,
                err,
                Boolean.getBoolean("zerohop.live"),
                Integer.getInteger("zerohop.out.columns", 0),
                Integer.getInteger("zerohop.err.columns", 0));
        System.exit(run(root, console, new ZerohopCallers(), args));
    }

    /** Runs one command in this process. */
    static int run(Console console, Callers callers, String... args) {
        return run(new Main(), console, callers, args);
    }

    private static int run(Object root, Console console, Callers callers, String... args) {
        CommandLine line = new CommandLine(root, new Commands(console, callers));
        line.setExpandAtFiles(false);
        line.setUsageHelpWidth(
                console.outColumns() > 0 ? Math.max(LEAST_HELP_COLUMNS, console.outColumns()) : UNWRAPPED_COLUMNS);
        line.setExecutionStrategy(parsed -> {
            String help = help(parsed);
            if (help != null) {
                console.line(help);
                return OK;
            }
            return new CommandLine.RunLast().execute(parsed);
        });
        line.setParameterExceptionHandler((rejected, ignored) -> {
            console.note(Misspelt.explain(rejected));
            return BAD_INPUT;
        });
        line.setExecutionExceptionHandler((thrown, command, parsed) -> {
            if (thrown instanceof BadInput) {
                console.note(String.valueOf(thrown.getMessage()));
                return BAD_INPUT;
            }
            console.note(thrown instanceof Failure ? String.valueOf(thrown.getMessage()) : thrown.toString());
            return FAILED;
        });
        return line.execute(args);
    }

    @Override
    public void run() {
        throw new BadInput("no command given, expected one of "
                + String.join(", ", spec.subcommands().keySet()) + " (or --help)");
    }

    private static @Nullable String help(CommandLine.ParseResult parsed) {
        for (CommandLine line : parsed.asCommandLineList()) {
            if (line.isUsageHelpRequested()) {
                return line.getUsageMessage().stripTrailing();
            }
            if (line.isVersionHelpRequested()) {
                return String.join(" ", line.getCommandSpec().version());
            }
        }
        return null;
    }

    /** Silences libraries that log through the JDK, which would write between the command's own lines. */
    private static void quietLogging() {
        LogManager.getLogManager().reset();
        Logger.getLogger("").setLevel(Level.OFF);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor)), true, StandardCharsets.UTF_8);
    }

    /** Provides the version of the program. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"zerohop " + (version == null ? "(not packaged)" : version)};
        }
    }
}

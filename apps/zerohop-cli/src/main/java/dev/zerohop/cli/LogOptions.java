package dev.zerohop.cli;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much a command that runs for long shows of the library's log, for commands to mix in. */
final class LogOptions {
    private static final String LEVEL_OF_ZEROHOP = "org.slf4j.simpleLogger.log.dev.zerohop";

    @Option(
            names = "--log",
            paramLabel = "LEVEL",
            description =
                    "logs on stderr, a line with its time for each change: error, warn (what is worse than it should be), info (all that changes) or debug (default: error)")
    private @Nullable String level;

    /** Comes first in a command: a logger keeps the level that it is made with. */
    void apply() {
        if (level != null) {
            Checks.that(
                    Set.of("error", "warn", "info", "debug").contains(level),
                    "--log",
                    level,
                    "error, warn, info or debug");
            System.setProperty(LEVEL_OF_ZEROHOP, level);
        }
    }
}

package dev.zerohop.cli;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The error of a command line, in one line, with a suggestion. */
final class Misspelt {
    /** picocli's message with a Java type, which is replaced by a term for users. */
    private static final Pattern WHOLE_NUMBER = Pattern.compile("is not an? (?:long|int)\\b");

    private Misspelt() {}

    static String explain(ParameterException rejected) {
        CommandLine line = rejected.getCommandLine();
        List<String> unmatched = rejected instanceof UnmatchedArgumentException arguments
                ? arguments.getUnmatched()
                : line.getUnmatchedArguments();
        // A mistyped option also counts as missing; the hint about the mistyped one is better.
        for (String given : unmatched) {
            if (given.startsWith("-") && given.length() > 1) {
                return option(line.getCommandSpec(), given);
            }
        }
        if (!unmatched.isEmpty() && !line.getSubcommands().isEmpty()) {
            return command(line, unmatched.get(0));
        }
        String message = rejected.getMessage() == null ? rejected.toString() : rejected.getMessage();
        return WHOLE_NUMBER.matcher(message).replaceAll("is not a whole number") + help(line.getCommandSpec());
    }

    private static String option(CommandSpec command, String given) {
        String name = given.contains("=") ? given.substring(0, given.indexOf('=')) : given;
        TreeSet<String> known = new TreeSet<>();
        for (OptionSpec option : command.options()) {
            known.addAll(List.of(option.names()));
        }
        String meant = nearest(name, known);
        return "unknown option '" + name + "'"
                + (meant == null ? "" : ", did you mean '" + meant + "'?")
                + help(command);
    }

    private static String help(CommandSpec command) {
        return " (see " + command.qualifiedName() + " --help)";
    }

    private static String command(CommandLine line, String given) {
        String meant = nearest(given, line.getSubcommands().keySet());
        return "no command '" + given + "'"
                + (meant == null ? "" : ", did you mean '" + meant + "'?")
                + " (expected one of " + String.join(", ", line.getSubcommands().keySet()) + ")";
    }

    /** The known word with the smallest distance to the given one, or null if none is close. */
    static @Nullable String nearest(String given, Collection<String> known) {
        String nearest = null;
        int least = Math.max(1, given.replace("-", "").length() / 3) + 1;
        for (String word : known) {
            int distance = distance(given, word);
            if (distance < least) {
                least = distance;
                nearest = word;
            }
        }
        return nearest;
    }

    /** The number of letters that are missing, added, replaced, or swapped with their neighbour. */
    private static int distance(String a, String b) {
        int[][] least = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    least[i][j] = i + j;
                    continue;
                }
                int replaced = least[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                least[i][j] = Math.min(replaced, 1 + Math.min(least[i - 1][j], least[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    least[i][j] = Math.min(least[i][j], least[i - 2][j - 2] + 1);
                }
            }
        }
        return least[a.length()][b.length()];
    }
}

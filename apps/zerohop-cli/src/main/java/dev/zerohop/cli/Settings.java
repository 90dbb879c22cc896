package dev.zerohop.cli;

import dev.zerohop.BalancerSettings;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.Pickers;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The balancing configuration that the user requests.
 *
 * @param json the configuration, or null to leave it to the source and the defaults
 * @param parsed the same, checked
 */
record Settings(@Nullable String json, BalancerSettings parsed) {

    /** The policies that the help lists and a shell completes. */
    static final class Policies extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Policies() {
            super(Pickers.names());
        }
    }

    /** Reads {@code --policy} or {@code --config}; at most one may be given. */
    static Settings of(@Nullable String policy, @Nullable String file) {
        if (policy != null && file != null) {
            throw new BadInput(
                    "--policy and --config were both given, expected one of them (a configuration names its policy)");
        }
        if (policy != null) {
            List<String> known = Pickers.names();
            Checks.that(known.contains(policy), "--policy", policy, "one of " + String.join(" ", known));
            return parse("--policy " + policy, "{\"policy\": \"" + policy + "\"}");
        }
        if (file != null) {
            return parse("--config " + file, read(file));
        }
        return new Settings(null, Configurations.defaults());
    }

    static Settings parse(String origin, String json) {
        try {
            return new Settings(json, Configurations.parse(json));
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(origin + ": " + rejected.getMessage());
        }
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (NoSuchFileException missing) {
            throw new BadInput("--config " + file + ": no such file");
        } catch (CharacterCodingException binary) {
            throw new BadInput("--config " + file + ": not text in UTF-8, expected a JSON configuration");
        } catch (IOException | InvalidPathException unreadable) {
            throw new BadInput("--config " + file + ": cannot be read: " + unreadable.getMessage());
        }
    }
}

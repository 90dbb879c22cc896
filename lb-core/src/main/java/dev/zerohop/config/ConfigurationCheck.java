package dev.zerohop.config;

import dev.zerohop.internal.ConfigurationFormat;

/** The format of {@link Configurations}, for {@link java.util.ServiceLoader}. Stateless and thread-safe. */
@SuppressWarnings("exports")
public final class ConfigurationCheck implements ConfigurationFormat {

    /** For {@link java.util.ServiceLoader}. */
    public ConfigurationCheck() {}

    @Override
    public boolean isGood(String json) {
        try {
            var ignored = Configurations.parse(json);
            return true;
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }
}

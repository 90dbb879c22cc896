package dev.zerohop.config;

import dev.zerohop.BalancerSettings;
import dev.zerohop.SourceConfiguration;

/** The format of {@link Configurations}, for {@link java.util.ServiceLoader}. Stateless and thread-safe. */
public final class SourceFormat implements SourceConfiguration.Format {

    /** For {@link java.util.ServiceLoader}. */
    public SourceFormat() {}

    @Override
    public BalancerSettings read(String json) {
        return Configurations.parse(json);
    }
}

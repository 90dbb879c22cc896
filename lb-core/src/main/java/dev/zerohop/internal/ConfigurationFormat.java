package dev.zerohop.internal;

import java.util.ServiceLoader;

/**
 * Whether a text is a configuration, for parts that keep the last good one and are seen by the package that knows the format. It is found by
 * {@link ServiceLoader}, once.
 */
public interface ConfigurationFormat {

    /** Whether a balancer that reads the format of the configuration reference would take it. */
    boolean isGood(String json);

    /** The format of this library. */
    static ConfigurationFormat get() {
        return Holder.FORMAT;
    }

    /** Looked up at the first use. */
    final class Holder {
        private static final ConfigurationFormat FORMAT = ServiceLoader.load(
                        ConfigurationFormat.class, ConfigurationFormat.class.getClassLoader())
                .findFirst()
                .orElse(json -> true);

        private Holder() {}
    }
}

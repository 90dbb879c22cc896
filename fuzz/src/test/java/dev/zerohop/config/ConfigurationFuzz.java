package dev.zerohop.config;

import dev.zerohop.BalancerSettings;
import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;

/** Configurations, as files, etcd and gRPC service configs have them. */
public final class ConfigurationFuzz {
    private ConfigurationFuzz() {}

    /** One JSON text. */
    public static void fuzzerTestOneInput(byte[] data) {
        String json = Input.of(data).text();
        try {
            BalancerSettings settings = Configurations.parse(json);
            Said.same(settings, Configurations.parse(json), json);
            Said.shown(String.valueOf(settings.key()));
            Said.shown(settings.policy().name());
            Said.shown(settings.toString());
        } catch (IllegalArgumentException refused) {
            Said.by(refused);
        }
    }
}

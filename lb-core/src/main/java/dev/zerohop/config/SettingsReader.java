package dev.zerohop.config;

import dev.zerohop.BalancerSettings;
import dev.zerohop.KeySource;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Stage;
import dev.zerohop.health.MassRemovalGuard;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.probe.HealthChecks;
import dev.zerohop.retry.Retries;
import dev.zerohop.stage.Stages;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a whole configuration. Each part is read where it is built, with its defaults and its limits. */
final class SettingsReader {
    private SettingsReader() {}

    static BalancerSettings read(@Nullable Object tree) {
        Options root = Options.of("", tree, "policy", "key", "stages", "health", "retry", "leases");
        PickPolicy policy = root.has("policy") ? Pickers.read(root, "policy") : Pickers.weightedRoundRobin();
        KeySource key = root.has("key") ? KeyReader.read(root) : null;
        List<Stage> stages = Stages.read(root, "stages");
        Options health = root.object("health", "ejection", "checks", "massRemoval");
        Duration leaseAgeLimit = root.object("leases", "ageLimit")
                .duration(
                        "ageLimit",
                        BalancerSettings.DEFAULT_LEASE_AGE_LIMIT,
                        Duration.ZERO,
                        BalancerSettings.MAX_LEASE_AGE_LIMIT);
        return new BalancerSettings(
                policy,
                stages,
                OutlierEjection.read(health, "ejection"),
                HealthChecks.read(health, "checks"),
                MassRemovalGuard.read(health, "massRemoval"),
                Retries.read(root, "retry"),
                key,
                leaseAgeLimit);
    }
}

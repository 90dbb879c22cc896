package dev.zerohop.config;

import dev.zerohop.BalancerSettings;
import dev.zerohop.EjectionPolicy;
import dev.zerohop.KeySource;
import dev.zerohop.MembershipGuard;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.RetryPolicy;
import dev.zerohop.Stage;
import dev.zerohop.health.MassRemovalGuard;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.retry.Retries;
import dev.zerohop.stage.Stages;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a whole configuration. Everything is checked before anything is built; a value that the builders would refuse is refused here, with its path. */
final class SettingsReader {
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]*");

    private SettingsReader() {}

    static BalancerSettings read(@Nullable Object tree) {
        Options root = Options.of("", tree, "policy", "key", "stages", "health", "retry", "leases");
        PickPolicy policy = root.has("policy") ? Pickers.read(root, "policy") : Pickers.weightedRoundRobin();
        KeySource key = root.has("key") ? KeyReader.read(root) : null;
        List<Stage> stages = Stages.read(root, "stages");
        Options health = root.object("health", "ejection", "massRemoval");
        Duration leaseAgeLimit = root.object("leases", "ageLimit")
                .duration("ageLimit", BalancerSettings.DEFAULT_LEASE_AGE_LIMIT, Duration.ZERO, DAY);
        return new BalancerSettings(policy, stages, ejection(health), guard(health), retry(root), key, leaseAgeLimit);
    }

    private static EjectionPolicy ejection(Options health) {
        Options fields = health.object(
                "ejection",
                "consecutiveFailures",
                "connectFailures",
                "errorResponses",
                "timeouts",
                "interval",
                "baseTime",
                "maxTime",
                "connectBaseTime",
                "connectMaxTime",
                "maxPercent",
                "jitter");
        Duration baseTime = fields.duration("baseTime", Duration.ofSeconds(30), SHORTEST, DAY);
        Duration maxTime = fields.duration("maxTime", Duration.ofMinutes(5), SHORTEST, DAY);
        Duration connectBaseTime = fields.duration("connectBaseTime", Duration.ofSeconds(1), SHORTEST, DAY);
        Duration connectMaxTime = fields.duration("connectMaxTime", Duration.ofSeconds(32), SHORTEST, DAY);
        ordered(fields, "baseTime", baseTime, "maxTime", maxTime);
        ordered(fields, "connectBaseTime", connectBaseTime, "connectMaxTime", connectMaxTime);
        return OutlierEjection.builder()
                .consecutiveFailures(fields.integer("consecutiveFailures", 5, 0, 1_000_000))
                .connectFailures(fields.integer("connectFailures", 1, 0, 1_000_000))
                .errorResponses(fields.flag("errorResponses", false))
                .timeouts(fields.flag("timeouts", true))
                .interval(fields.duration("interval", Duration.ofSeconds(10), SHORTEST, DAY))
                .baseTime(baseTime)
                .maxTime(maxTime)
                .connectBaseTime(connectBaseTime)
                .connectMaxTime(connectMaxTime)
                .maxPercent(fields.integer("maxPercent", 10, 0, 100))
                .jitter(fields.duration("jitter", Duration.ofSeconds(3), Duration.ZERO, DAY))
                .build();
    }

    private static void ordered(Options fields, String lower, Duration base, String upper, Duration max) {
        if (base.compareTo(max) > 0) {
            throw Options.rejected(
                    fields.path(lower), Options.text(base), "at most " + upper + ", which is " + Options.text(max));
        }
    }

    private static MembershipGuard guard(Options health) {
        Options fields = health.object("massRemoval", "maxPercent", "hold");
        return MassRemovalGuard.builder()
                .maxPercent(fields.integer("maxPercent", MassRemovalGuard.DEFAULT_MAX_PERCENT, 0, 100))
                .hold(fields.duration("hold", MassRemovalGuard.DEFAULT_HOLD, SHORTEST, DAY))
                .build();
    }

    private static RetryPolicy retry(Options root) {
        Options fields =
                root.object("retry", "maxAttempts", "budgetPercent", "minPerSecond", "ttl", "idempotentMethods");
        Retries.Builder builder = Retries.builder()
                .maxAttempts(fields.integer("maxAttempts", 3, 1, 10))
                .budgetPercent(fields.integer("budgetPercent", 20, 0, 100))
                .minPerSecond(fields.integer("minPerSecond", 10, 0, 1_000_000))
                .ttl(fields.duration("ttl", Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofMinutes(1)));
        if (fields.has("idempotentMethods")) {
            builder.idempotentMethods(methods(fields));
        }
        return builder.build();
    }

    private static Set<String> methods(Options fields) {
        List<?> list = fields.list("idempotentMethods", "a list of HTTP methods, such as [\"GET\", \"PUT\"]");
        Set<String> methods = new LinkedHashSet<>();
        for (int i = 0; i < list.size(); i++) {
            if (!(list.get(i) instanceof String method)
                    || !METHOD.matcher(method).matches()) {
                throw Options.rejected(
                        fields.path("idempotentMethods") + "[" + i + "]",
                        list.get(i),
                        "an HTTP method in capitals, such as \"GET\"");
            }
            methods.add(method);
        }
        return methods;
    }
}

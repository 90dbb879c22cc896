package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.zerohop.health.MassRemovalGuard;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.probe.HealthChecks;
import dev.zerohop.retry.Retries;
import dev.zerohop.stage.HealthFilter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BalancerSettingsTest {
    @Test
    void aBuilderBeginsWithTheBarePolicy() {
        PickPolicy policy = Pickers.random();
        assertThat(BalancerSettings.builder(policy).build()).isEqualTo(BalancerSettings.of(policy));
    }

    @Test
    void everyPartThatIsSaidIsTaken() {
        PickPolicy policy = Pickers.random();
        HealthFilter filter = new HealthFilter();
        OutlierEjection ejection = OutlierEjection.builder().build();
        MassRemovalGuard guard = new MassRemovalGuard();
        RetryPolicy retry = Retries.builder().build();
        HealthCheckPolicy checks = HealthChecks.tcp().build();
        KeySource key = new KeySource(KeySource.Place.HEADER, "x-key", false);
        assertThat(BalancerSettings.builder(policy)
                        .stages(List.of(filter))
                        .ejection(ejection)
                        .checks(checks)
                        .guard(guard)
                        .retry(retry)
                        .key(key)
                        .leaseAgeLimit(Duration.ofMinutes(3))
                        .build())
                .isEqualTo(new BalancerSettings(
                        policy, List.of(filter), ejection, checks, guard, retry, key, Duration.ofMinutes(3)));
    }

    @Test
    void aBuilderStartsFromOtherSettings() {
        BalancerSettings full = new BalancerSettings(
                Pickers.random(),
                List.of(new HealthFilter()),
                OutlierEjection.builder().build(),
                HealthChecks.tcp().build(),
                new MassRemovalGuard(),
                Retries.builder().build(),
                new KeySource(KeySource.Place.HEADER, "x-key", false),
                Duration.ofMinutes(3));
        assertThat(full.toBuilder().build()).isEqualTo(full);
        BalancerSettings bare = BalancerSettings.of(Pickers.random());
        assertThat(bare.toBuilder().build()).isEqualTo(bare);
    }

    @Test
    void badPartsAreNotTaken() {
        assertThatNullPointerException()
                .isThrownBy(() -> BalancerSettings.builder(null))
                .withMessage("policy");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BalancerSettings.builder(Pickers.random())
                        .leaseAgeLimit(Duration.ofDays(2))
                        .build())
                .withMessage("lease age limit was PT48H, expected PT0S to PT24H");
    }
}

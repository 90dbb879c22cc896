package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.PickContext;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code explain} says of the settings is in the words of the configuration, so that what is read there can be looked up and written. */
class ExplainedSettingsTest {

    private static List<String> explained(BalancerSettings settings) {
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(new ScriptedResolver())
                .settings(settings)
                .build()) {
            return balancer.explain(PickContext.NONE).settings();
        }
    }

    @Test
    void theDefaults() {
        assertThat(explained(Configurations.defaults()))
                .containsExactly(
                        "policy weighted_round_robin",
                        "stages panic (thresholdPercent 50), zone (prefer HINTED, minEndpoints 6, overProvisioningPercent"
                                + " 140)",
                        "ejection consecutiveFailures 5, connectFailures 1, errorResponses false, timeouts true, interval"
                                + " 10s, baseTime 30s, maxTime 300s, connectBaseTime 1s, connectMaxTime 32s, maxPercent"
                                + " 10, jitter 3s",
                        "massRemoval maxPercent 50, hold 30s",
                        "retry maxAttempts 3, budgetPercent 20, minPerSecond 10, ttl 10s, idempotentMethods [GET, HEAD];"
                                + " budget: 100 retries left, of 20 % of the 0 calls of the last 10 s and 100 besides",
                        "key of the call only",
                        "leases end after 10 min without progress");
    }

    @Test
    void everyPolicyWithItsOptions() {
        assertThat(List.of(
                        policy("{\"peak_ewma\": {\"decay\": \"1500ms\", \"errorPenalty\": 3}}"),
                        policy("{\"prequal\": {\"probesPerCall\": 1.5, \"maxAge\": \"2s\", \"path\": \"/l\"}}"),
                        policy("{\"rendezvous\": {\"withoutKey\": \"random\"}}"),
                        policy("{\"shard\": {\"shards\": 5, \"firstOrdinal\": 1, \"ownerDown\": \"SPILL\","
                                + " \"replicas\": \"peak_ewma\"}}"),
                        policy("{\"shard\": {\"strategy\": \"ranges\", \"slots\": 4, \"default\": 2,"
                                + " \"ranges\": [{\"from\": 0, \"to\": 1, \"ordinal\": 0}]}}"),
                        policy("{\"shard\": {\"strategy\": \"lookup\", \"table\": {\"a\": 1, \"b\": 2}}}"),
                        policy("{\"shard\": {\"strategy\": \"prefix\", \"prefixes\": {\"a\": 1}, \"default\": 0}}"),
                        policy("{\"directory\": {\"ownerDown\": \"WAIT\", \"missing\": \"random\"}}")))
                .containsExactly(
                        "peak_ewma (decay 1500ms, errorPenalty 3)",
                        "prequal (probesPerCall 1.5, poolSize 16, maxAge 2s, removalsPerCall 0.5, hotQuantile 0.5,"
                                + " probeTimeout 100ms, maxProbesPerSecond 1000, path /l)",
                        "rendezvous (withoutKey random)",
                        "shard (strategy jump, shards 5, firstOrdinal 1, ownerDown SPILL, replicas peak_ewma (decay 10s,"
                                + " errorPenalty 10), withoutKey FAIL)",
                        "shard (strategy ranges (slots 4, ranges 1, default 2), ownerDown FAIL_FAST, replicas"
                                + " least_request, withoutKey FAIL)",
                        "shard (strategy lookup (keys 2), ownerDown FAIL_FAST, replicas least_request, withoutKey FAIL)",
                        "shard (strategy prefix (prefixes 1, default 0), ownerDown FAIL_FAST, replicas least_request,"
                                + " withoutKey FAIL)",
                        "directory (ownerDown WAIT, missing random, withoutKey FAIL)");
    }

    private static String policy(String json) {
        return Configurations.parse("{\"policy\": " + json + "}").policy().toString();
    }

    @Test
    void whatIsNotThere() {
        assertThat(explained(BalancerSettings.of(Pickers.random())))
                .contains("policy random", "stages none", "ejection none", "massRemoval none", "retry none");
    }
}

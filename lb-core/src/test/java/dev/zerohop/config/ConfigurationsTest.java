package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerSettings;
import dev.zerohop.KeySource;
import dev.zerohop.Locality;
import dev.zerohop.health.MassRemovalGuard;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.DirectoryPolicy;
import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.retry.Retries;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.stage.ZoneLoad;
import dev.zerohop.stage.ZonePreference;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationsTest {

    private static final String WHOLE = """
        {
          "policy": {"shard": {"strategy": "jump", "shards": 5, "firstOrdinal": 1, "ownerDown": "SPILL", "replicas": {"peak_ewma": {"decay": "5s"}}, "withoutKey": "round_robin"}},
          "key": {"header": "x-user-id", "as": "integer"},
          "stages": {
            "zone": {"prefer": "OWN", "zone": "eu-1a", "node": "n7", "minEndpoints": 3, "overProvisioningPercent": 150, "clients": {"eu-1a": 2.5},
              "reportedLoad": {"updatePeriod": "20s", "maxStepPercent": 4, "differencePercent": 15, "probePercent": 2, "expirationPeriod": "1m", "metricNamesForComputingUtilization": ["named_metrics.queue"]}},
            "panic": {"thresholdPercent": 40}},
          "health": {
            "ejection": {"consecutiveFailures": 6, "connectFailures": 2, "errorResponses": true, "timeouts": false, "interval": "11s",
              "baseTime": "31s", "maxTime": "2m", "connectBaseTime": "1500ms", "connectMaxTime": "33s", "maxPercent": 12, "jitter": "0s"},
            "massRemoval": {"maxPercent": 60, "hold": "1h"}},
          "retry": {"maxAttempts": 4, "budgetPercent": 25, "minPerSecond": 5, "ttl": "20s", "idempotentMethods": ["GET", "PUT"]}
        }
        """;

    private static final String SHARD = "policy.shard";

    @Test
    void nothingSaidMeansTheDefaults() {
        assertThat(Configurations.parse("{}"))
                .isEqualTo(Configurations.defaults())
                .isEqualTo(BalancerSettings.builder(Pickers.weightedRoundRobin())
                        .stages(List.of(
                                new HealthFilter(),
                                ZonePreference.builder()
                                        .client(Locality.ofThisProcess())
                                        .build()))
                        .ejection(OutlierEjection.builder().build())
                        .guard(new MassRemovalGuard())
                        .retry(Retries.builder().build())
                        .build());
    }

    @Test
    void aWholeConfigurationIsReadToTheLastField() {
        assertThat(Configurations.parse(WHOLE))
                .isEqualTo(BalancerSettings.builder(ShardPolicy.builder()
                                .shards(5)
                                .firstOrdinal(1)
                                .ownerDown(OwnerDown.SPILL)
                                .replicas(Pickers.peakEwma(Duration.ofSeconds(5), 10))
                                .withoutKey(Pickers.roundRobin())
                                .build())
                        .stages(List.of(
                                new HealthFilter(40),
                                new ZonePreference(
                                        ZonePreference.Prefer.OWN,
                                        new Locality("eu-1a", "n7"),
                                        3,
                                        150,
                                        Map.of("eu-1a", 2.5),
                                        new ZoneLoad(
                                                Duration.ofSeconds(20),
                                                4,
                                                15,
                                                2,
                                                Duration.ofMinutes(1),
                                                List.of("named_metrics.queue")))))
                        .ejection(OutlierEjection.builder()
                                .consecutiveFailures(6)
                                .connectFailures(2)
                                .errorResponses(true)
                                .timeouts(false)
                                .interval(Duration.ofSeconds(11))
                                .baseTime(Duration.ofSeconds(31))
                                .maxTime(Duration.ofMinutes(2))
                                .connectBaseTime(Duration.ofMillis(1500))
                                .connectMaxTime(Duration.ofSeconds(33))
                                .maxPercent(12)
                                .jitter(Duration.ZERO)
                                .build())
                        .guard(new MassRemovalGuard(60, Duration.ofHours(1)))
                        .retry(Retries.builder()
                                .maxAttempts(4)
                                .budgetPercent(25)
                                .minPerSecond(5)
                                .ttl(Duration.ofSeconds(20))
                                .idempotentMethods(List.of("PUT", "GET"))
                                .build())
                        .key(new KeySource(KeySource.Place.HEADER, "x-user-id", true))
                        .build());
    }

    static List<String> policies() {
        return Pickers.names();
    }

    @ParameterizedTest
    @MethodSource("policies")
    void eachPolicyCanBeNamedBareOrAsAnObject(String name) {
        BalancerSettings bare = Configurations.parse("{\"policy\": \"" + name + "\"}");
        assertThat(bare.policy().name()).isEqualTo(name);
        assertThat(Configurations.parse("{\"policy\": {\"" + name + "\": {}}}")).isEqualTo(bare);
    }

    @Test
    void theDirectoryPolicy() {
        assertThat(Configurations.parse("{\"policy\": {\"directory\": {\"ownerDown\": \"WAIT\", \"missing\": \"shard\","
                                + " \"withoutKey\": \"random\"}}}")
                        .policy())
                .isEqualTo(DirectoryPolicy.builder()
                        .ownerDown(OwnerDown.WAIT)
                        .missing(ShardPolicy.builder().ownerDown(OwnerDown.WAIT).build())
                        .withoutKey(Pickers.random())
                        .build());
        assertThat(Configurations.parse("{\"policy\": {\"directory\": {\"missing\": \"FAIL\"}}}")
                        .policy())
                .isEqualTo(Pickers.directory());
        assertThat(Configurations.parse("{\"policy\": {\"directory\": {\"missing\": \"least_request\"}}}")
                        .policy())
                .isEqualTo(DirectoryPolicy.builder()
                        .missing(Pickers.leastRequest())
                        .build());
    }

    @Test
    void aTreeWhoseNumbersAreAllDoublesIsTheSame() {
        Map<String, ?> doubles = Map.of(
                "policy", Map.of("peak_ewma", Map.of("decay", "5s", "errorPenalty", 2.5)),
                "retry", Map.of("maxAttempts", 4.0));
        assertThat(Configurations.parse(doubles))
                .isEqualTo(Configurations.parse(
                        "{\"retry\": {\"maxAttempts\": 4}, \"policy\": {\"peak_ewma\": {\"errorPenalty\": 2.5,"
                                + " \"decay\": \"5s\"}}}"));
    }

    /** The reference states ranges with their ends. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"policy\": {\"peak_ewma\": {\"decay\": \"1ms\", \"errorPenalty\": 1}}}",
                "{\"policy\": {\"peak_ewma\": {\"decay\": \"1h\", \"errorPenalty\": 1000}}}",
                "{\"stages\": {\"panic\": {\"thresholdPercent\": 0}}}",
                "{\"stages\": {\"panic\": {\"thresholdPercent\": 100}}}",
                "{\"stages\": {\"zone\": {\"clients\": {\"a\": 0.001, \"b\": 1000000}}}}",
                "{\"health\": {\"ejection\": {\"maxPercent\": 0, \"baseTime\": \"9s\", \"maxTime\": \"9s\"}}}",
                "{\"health\": {\"ejection\": {\"maxPercent\": 100}}}",
                "{\"leases\": {\"ageLimit\": \"24h\"}}",
            })
    void theEndsOfARangeBelongToIt(String json) {
        assertThat(Configurations.parse(json)).isNotEqualTo(Configurations.defaults());
    }

    @Test
    void placesOfTheKey() {
        assertThat(Configurations.parse("{\"key\": {\"query\": \"user\"}}").key())
                .isEqualTo(new KeySource(KeySource.Place.QUERY, "user", false));
        assertThat(Configurations.parse("{\"key\": {\"path\": \"^/u/([^/]+)\", \"as\": \"text\"}}")
                        .key())
                .isEqualTo(new KeySource(KeySource.Place.PATH, "^/u/([^/]+)", false));
        assertThat(Configurations.parse("{\"key\": {\"cookie\": \"sid\"}}").key())
                .isEqualTo(new KeySource(KeySource.Place.COOKIE, "sid", false));
        assertThat(Configurations.parse("{\"key\": {\"jsonPointer\": \"/user/id\"}}")
                        .key())
                .isEqualTo(new KeySource(KeySource.Place.JSON_POINTER, "/user/id", false));
    }

    @Test
    void tablesPrefixesAndRanges() {
        assertThat(Configurations.parse(
                                "{\"policy\": {\"shard\": {\"strategy\": \"lookup\", \"table\": {\"a\": 0, \"b\":"
                                        + " 1.0}, \"default\": 2}}}")
                        .policy())
                .isEqualTo(ShardPolicy.builder()
                        .strategy(ShardPolicy.Strategy.LOOKUP)
                        .table(Map.of("a", 0, "b", 1))
                        .defaultOrdinal(2)
                        .build());
        assertThat(Configurations.parse(
                                "{\"policy\": {\"shard\": {\"strategy\": \"prefix\", \"prefixes\": {\"eu-\": 0}}}}")
                        .policy())
                .isEqualTo(ShardPolicy.builder()
                        .strategy(ShardPolicy.Strategy.PREFIX)
                        .prefixes(Map.of("eu-", 0))
                        .build());
        assertThat(Configurations.parse("""
            {"policy": {"shard": {"strategy": "ranges", "slots": 100, "ranges": [
              {"from": 50, "to": 99, "ordinal": 1}, {"from": 0, "to": 49, "ordinal": 0}]}}}
            """).policy().keyed()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '~',
            maxCharsPerColumn = 10_000,
            value = {
                // the whole
                "[] => configuration: was an empty list, expected an object",
                "3 => configuration: was 3, expected an object",
                "null => configuration: was null, expected an object",
                "{\"polcy\": \"random\"} => polcy: was \"random\", expected the field policy: known are policy, key,"
                        + " stages, health, retry, leases",
                "{\"x y\": 1} => [\"x y\"]: was 1, expected a known field: policy, key, stages, health, retry, leases",
                "{\"policy\": null} => policy: was null, expected a value (leave the field out for its default)",
                "{\"retry\": {\"ttl\": null}} => retry.ttl: was null, expected a value (leave the field out for its"
                        + " default)",
                // policy
                "{\"policy\": \"rond_robin\"} => policy: was \"rond_robin\", expected one of <every policy>; no"
                        + " library on the class path has a PolicyProvider of that name",
                "{\"policy\": 7} => policy: was 7, expected the name of a policy or an object with exactly one (<every"
                        + " policy>)",
                "{\"policy\": {}} => policy: was an empty object, expected the name of a policy or an object with"
                        + " exactly one (<every policy>)",
                "{\"policy\": {\"random\": {}, \"shard\": {}}} => policy: was 2 policies [random, shard], expected the"
                        + " name of a policy or an object with exactly one (<every policy>)",
                "{\"policy\": {\"rendevous\": {}}} => policy.rendevous: was an empty object, expected the field"
                        + " rendezvous: known are <every policy>; no library on the class path has a PolicyProvider of"
                        + " that name",
                "{\"policy\": {\"random\": {\"seed\": 1}}} => policy.random.seed: was 1, expected no field here",
                "{\"policy\": {\"random\": 1}} => policy.random: was 1, expected an object",
                "{\"policy\": {\"peak_ewma\": {\"decay\": \"0s\"}}} => policy.peak_ewma.decay: was \"0s\", expected a"
                        + " duration from 1ms to 1h, such as \"10s\", \"500ms\" or \"2m\"",
                "{\"policy\": {\"peak_ewma\": {\"errorPenalty\": 0.5}}} => policy.peak_ewma.errorPenalty: was 0.5,"
                        + " expected a number from 1 to 1000",
                "{\"policy\": {\"rendezvous\": {\"withoutKey\": \"shard\"}}} => policy.rendezvous.withoutKey: was"
                        + " \"shard\", expected FAIL or the name of a policy that needs no key (<every unkeyed>)",
                "{\"policy\": {\"rendezvous\": {\"withoutKey\": true}}} => policy.rendezvous.withoutKey: was true,"
                        + " expected FAIL or the name of a policy that needs no key (<every unkeyed>)",
                // shard
                "{\"policy\": {\"shard\": {\"strategy\": \"hash\"}}} => policy.shard.strategy: was \"hash\", expected"
                        + " one of jump, lookup, modulo, prefix, ranges",
                "{\"policy\": {\"shard\": {\"shards\": 0}}} => policy.shard.shards: was 0, expected an integer from 1"
                        + " to 1000000",
                "{\"policy\": {\"shard\": {\"shards\": 3.5}}} => policy.shard.shards: was 3.5, expected an integer"
                        + " from 1 to 1000000",
                "{\"policy\": {\"shard\": {\"firstOrdinal\": -1}}} => policy.shard.firstOrdinal: was -1, expected an"
                        + " integer from 0 to 1000000",
                "{\"policy\": {\"shard\": {\"ownerDown\": \"fail\"}}} => policy.shard.ownerDown: was \"fail\","
                        + " expected one of FAIL_FAST, SPILL, WAIT",
                "{\"policy\": {\"shard\": {\"withoutKey\": \"rendezvous\"}}} => policy.shard.withoutKey: was"
                        + " \"rendezvous\", expected FAIL or the name of a policy that needs no key (<every unkeyed>)",
                "{\"policy\": {\"shard\": {\"replicas\": \"shard\"}}} => policy.shard.replicas: was \"shard\","
                        + " expected one of <every unkeyed>",
                "{\"policy\": {\"shard\": {\"replicas\": {\"rendezvous\": {}}}}} => policy.shard.replicas.rendezvous:"
                        + " was an empty object, expected a known field: <every unkeyed>",
                "{\"policy\": {\"shard\": {\"replicas\": 2}}} => policy.shard.replicas: was 2, expected the name of a"
                        + " policy or an object with exactly one (<every unkeyed>)",
                "{\"policy\": {\"shard\": {\"replicas\": {}}}} => policy.shard.replicas: was an empty object, expected"
                        + " the name of a policy or an object with exactly one (<every unkeyed>)",
                "{\"policy\": {\"shard\": {\"table\": {\"a\": 0}}}} => policy.shard.table: was an object, expected"
                        + " nothing: the strategy is jump, whose fields are shards, firstOrdinal",
                "{\"policy\": {\"shard\": {\"strategy\": \"lookup\", \"shards\": 3, \"table\": {\"a\": 0}}}} =>"
                        + " policy.shard.shards: was 3, expected nothing: the strategy is lookup, whose fields are table,"
                        + " default",
                "{\"policy\": {\"shard\": {\"strategy\": \"lookup\"}}} => policy.shard.table: was missing, expected an"
                        + " object of keys and their ordinals with at least one entry",
                "{\"policy\": {\"shard\": {\"strategy\": \"lookup\", \"table\": {\"user-1\": -3}}}} =>"
                        + " policy.shard.table[\"user-1\"]: was -3, expected an integer from 0 to 1000000",
                "{\"policy\": {\"shard\": {\"strategy\": \"prefix\", \"prefixes\": {}}}} => policy.shard.prefixes: was"
                        + " an empty object, expected an object of prefixes and their ordinals with at least one entry",
                "{\"policy\": {\"shard\": {\"strategy\": \"ranges\"}}} => policy.shard.ranges: was missing, expected a"
                        + " list of {\"from\", \"to\", \"ordinal\"} that covers all slots",
                "{\"policy\": {\"shard\": {\"strategy\": \"ranges\", \"ranges\": []}}} => policy.shard.ranges: was an"
                        + " empty list, expected a list of {\"from\", \"to\", \"ordinal\"} that covers all slots",
                "{\"policy\": {\"shard\": {\"strategy\": \"ranges\", \"slots\": 10, \"ranges\": [{\"from\": 0, \"to\":"
                        + " 4, \"ordinal\": 0}]}}} => policy.shard.ranges: slots 5-9 belong to no range, expected ranges"
                        + " for all of 0-9 or a default",
                "{\"policy\": {\"shard\": {\"strategy\": \"ranges\", \"slots\": 10, \"ranges\": [{\"from\": 0, \"to\":"
                        + " 5, \"ordinal\": 0}, {\"from\": 5, \"to\": 9, \"ordinal\": 1}]}}} => policy.shard.ranges: range"
                        + " 5-9: slot 5 belongs to another range as well, expected one owner",
                "{\"policy\": {\"shard\": {\"strategy\": \"ranges\", \"slots\": 10, \"ranges\": [{\"from\": 0, \"to\":"
                        + " 10, \"ordinal\": 0}]}}} => policy.shard.ranges[0].to: was 10, expected an integer from 0 to 9",
                "{\"policy\": {\"shard\": {\"strategy\": \"ranges\", \"slots\": 10, \"ranges\": [{\"from\": 0, \"to\":"
                        + " 9}]}}} => policy.shard.ranges[0].ordinal: was missing, expected an integer from 0 to 1000000",
                // directory
                "{\"policy\": {\"directory\": {\"ownerDown\": \"STOP\"}}} => policy.directory.ownerDown: was \"STOP\","
                        + " expected one of FAIL_FAST, SPILL, WAIT",
                "{\"policy\": {\"directory\": {\"missing\": \"directory\"}}} => policy.directory.missing: was"
                        + " \"directory\", expected FAIL or the name of another policy (<every other>)",
                "{\"policy\": {\"directory\": {\"missing\": 1}}} => policy.directory.missing: was 1, expected FAIL or"
                        + " the name of another policy (<every other>)",
                "{\"policy\": {\"directory\": {\"withoutKey\": \"shard\"}}} => policy.directory.withoutKey: was"
                        + " \"shard\", expected FAIL or the name of a policy that needs no key (<every unkeyed>)",
                "{\"policy\": {\"directory\": {\"size\": 1}}} => policy.directory.size: was 1, expected a known field:"
                        + " ownerDown, missing, withoutKey",
                // key
                "{\"key\": {}} => key: was no place, expected exactly one of header, query, path, cookie, jsonPointer",
                "{\"key\": {\"header\": \"a\", \"query\": \"b\"}} => key: was 2 places [header, query], expected"
                        + " exactly one of header, query, path, cookie, jsonPointer",
                "{\"key\": {\"header\": \"two words\"}} => key.header: was \"two words\", expected the name of a"
                        + " header, such as \"x-user-id\"",
                "{\"key\": {\"header\": \"\"}} => key.header: was \"\", expected the name of a header, such as"
                        + " \"x-user-id\"",
                "{\"key\": {\"header\": \"a\", \"as\": \"long\"}} => key.as: was \"long\", expected one of integer, prefix,"
                        + " text",
                "{\"key\": {\"path\": \"/users/.*\"}} => key.path: was \"/users/.*\", expected a regular expression"
                        + " with exactly one group, such as \"^/users/([^/]+)\"",
                "{\"key\": {\"path\": \"(a\"}} => key.path: was \"(a\", expected a regular expression with exactly one"
                        + " group, such as \"^/users/([^/]+)\" (Unclosed group at 2)",
                "{\"key\": {\"path\": \"(?=/users)/users/([^/]+)\"}} => key.path: was \"(?=/users)/users/([^/]+)\","
                        + " expected a regular expression with exactly one group, such as \"^/users/([^/]+)\" (Group of an"
                        + " unknown kind at 2)",
                "{\"policy\": {\"shard\": {\"strategy\": \"modulo\"}}, \"key\": {\"header\": \"a\"}} => key.as: was"
                        + " \"text\", expected \"integer\": the policy shard, as it is configured, places integer keys"
                        + " only",
                "{\"policy\": {\"shard\": {\"strategy\": \"modulo\"}}, \"key\": {\"query\": \"a\", \"as\": \"text\"}}"
                        + " => key.as: was \"text\", expected \"integer\": the policy shard, as it is configured, places"
                        + " integer keys only",
                "{\"key\": {\"jsonPointer\": \"user/id\"}} => key.jsonPointer: was \"user/id\", expected a JSON"
                        + " pointer that starts with '/', such as \"/user/id\"",
                "{\"key\": {\"jsonPointer\": \"/a~2\"}} => key.jsonPointer: was \"/a~2\", expected a JSON pointer that"
                        + " starts with '/', such as \"/user/id\"",
                // stages, health, retry
                "{\"stages\": {\"panic\": {\"thresholdPercent\": 101}}} => stages.panic.thresholdPercent: was 101,"
                        + " expected an integer from 0 to 100",
                "{\"stages\": {\"panik\": {}}} => stages.panik: was an empty object, expected the field panic: known"
                        + " are panic, priority, slow_start, subset, zone; no library on the class path has a StageProvider of that name",
                "{\"stages\": {\"zone\": {\"prefer\": \"own\"}}} => stages.zone.prefer: was \"own\", expected one of"
                        + " ANY, HINTED, OWN",
                "{\"stages\": {\"zone\": {\"zone\": \"\"}}} => stages.zone.zone: was \"\", expected the zone of this"
                        + " client, such as \"eu-1a\"",
                "{\"stages\": {\"zone\": {\"clients\": {\"eu-1a\": 0}}}} => stages.zone.clients[\"eu-1a\"]: was 0,"
                        + " expected a number from 0.001 to 1000000",
                "{\"stages\": {\"zone\": {\"overProvisioningPercent\": 99}}} => stages.zone.overProvisioningPercent:"
                        + " was 99, expected an integer from 100 to 1000",
                "{\"stages\": {\"zone\": {\"reportedLoad\": true}}} => stages.zone.reportedLoad: was true, expected an object",
                "{\"stages\": {\"zone\": {\"reportedLoad\": {\"period\": \"1s\"}}}} => stages.zone.reportedLoad.period: was"
                        + " \"1s\", expected a known field: updatePeriod, maxStepPercent, differencePercent, probePercent,"
                        + " expirationPeriod, metricNamesForComputingUtilization",
                "{\"stages\": {\"zone\": {\"reportedLoad\": {\"updatePeriod\": \"999ms\"}}}} =>"
                        + " stages.zone.reportedLoad.updatePeriod: was \"999ms\", expected a duration from 1s to 1h, such as"
                        + " \"10s\", \"500ms\" or \"2m\"",
                "{\"stages\": {\"zone\": {\"reportedLoad\": {\"maxStepPercent\": 26}}}} =>"
                        + " stages.zone.reportedLoad.maxStepPercent: was 26, expected an integer from 1 to 25",
                "{\"stages\": {\"zone\": {\"reportedLoad\": {\"differencePercent\": 0}}}} =>"
                        + " stages.zone.reportedLoad.differencePercent: was 0, expected an integer from 1 to 100",
                "{\"stages\": {\"zone\": {\"reportedLoad\": {\"probePercent\": 21}}}} =>"
                        + " stages.zone.reportedLoad.probePercent: was 21, expected an integer from 0 to 20",
                "{\"stages\": {\"zone\": {\"reportedLoad\": {\"updatePeriod\": \"5m\", \"expirationPeriod\": \"4m\"}}}} =>"
                        + " stages.zone.reportedLoad.expirationPeriod: was \"4m\", expected a duration from 300s to 1h, such as"
                        + " \"10s\", \"500ms\" or \"2m\"",
                "{\"stages\": {\"zone\": {\"reportedLoad\": {\"metricNamesForComputingUtilization\": [\"queue\"]}}}} =>"
                        + " stages.zone.reportedLoad.metricNamesForComputingUtilization: was \"queue\", expected a list of at"
                        + " most 16 names such as named_metrics.queue or utilization.disk",
                "{\"stages\": [\"panic\"]} => stages: was a list, expected an object",
                "{\"health\": {\"ejection\": {\"maxPercent\": 120}}} => health.ejection.maxPercent: was 120, expected"
                        + " an integer from 0 to 100",
                "{\"health\": {\"ejection\": {\"maxPercent\": \"10\"}}} => health.ejection.maxPercent: was \"10\","
                        + " expected an integer from 0 to 100",
                "{\"health\": {\"ejection\": {\"maxPercnt\": 10}}} => health.ejection.maxPercnt: was 10, expected the"
                        + " field maxPercent: known are consecutiveFailures, connectFailures, errorResponses, timeouts,"
                        + " interval, baseTime, maxTime, connectBaseTime, connectMaxTime, maxPercent, jitter, successRate,"
                        + " failurePercentage, latency",
                "{\"health\": {\"ejection\": {\"consecutiveFailures\": 1e30}}} => health.ejection.consecutiveFailures:"
                        + " was 1000000000000000000000000000000, expected an integer from 0 to 1000000",
                "{\"health\": {\"ejection\": {\"errorResponses\": \"yes\"}}} => health.ejection.errorResponses: was"
                        + " \"yes\", expected true or false",
                "{\"health\": {\"ejection\": {\"interval\": 10}}} => health.ejection.interval: was 10, expected a"
                        + " duration from 1ms to 24h, such as \"10s\", \"500ms\" or \"2m\"",
                "{\"health\": {\"ejection\": {\"interval\": \"10\"}}} => health.ejection.interval: was \"10\","
                        + " expected a duration from 1ms to 24h, such as \"10s\", \"500ms\" or \"2m\"",
                "{\"health\": {\"ejection\": {\"interval\": \"-1s\"}}} => health.ejection.interval: was \"-1s\","
                        + " expected a duration from 1ms to 24h, such as \"10s\", \"500ms\" or \"2m\"",
                "{\"health\": {\"ejection\": {\"interval\": \"25h\"}}} => health.ejection.interval: was \"25h\","
                        + " expected a duration from 1ms to 24h, such as \"10s\", \"500ms\" or \"2m\"",
                "{\"health\": {\"ejection\": {\"baseTime\": \"6m\"}}} => health.ejection.baseTime: was \"360s\","
                        + " expected at most maxTime, which is 300s",
                "{\"health\": {\"ejection\": {\"connectMaxTime\": \"500ms\"}}} => health.ejection.connectBaseTime: was"
                        + " \"1s\", expected at most connectMaxTime, which is 500ms",
                "{\"health\": {\"massRemoval\": {\"maxPercent\": -1}}} => health.massRemoval.maxPercent: was -1,"
                        + " expected an integer from 0 to 100",
                "{\"health\": {\"massRemoval\": {\"hold\": \"0s\"}}} => health.massRemoval.hold: was \"0s\", expected"
                        + " a duration from 1ms to 24h, such as \"10s\", \"500ms\" or \"2m\"",
                "{\"retry\": {\"MAX_ATTEMPTS\": 3}} => retry.MAX_ATTEMPTS: was 3, expected the field maxAttempts: known"
                        + " are maxAttempts, budgetPercent, minPerSecond, ttl, idempotentMethods",
                "{\"retry\": {\"maxAttempts\": 0}} => retry.maxAttempts: was 0, expected an integer from 1 to 10",
                "{\"retry\": {\"maxAttempts\": 11}} => retry.maxAttempts: was 11, expected an integer from 1 to 10",
                "{\"retry\": {\"budgetPercent\": 101}} => retry.budgetPercent: was 101, expected an integer from 0 to"
                        + " 100",
                "{\"retry\": {\"minPerSecond\": -1}} => retry.minPerSecond: was -1, expected an integer from 0 to"
                        + " 1000000",
                "{\"retry\": {\"ttl\": \"2m\"}} => retry.ttl: was \"2m\", expected a duration from 1s to 60s, such as"
                        + " \"10s\", \"500ms\" or \"2m\"",
                "{\"retry\": {\"idempotentMethods\": \"GET\"}} => retry.idempotentMethods: was \"GET\", expected a"
                        + " list of HTTP methods, such as [\"GET\", \"PUT\"]",
                "{\"retry\": {\"idempotentMethods\": [\"GET\", \"put\"]}} => retry.idempotentMethods[1]: was \"put\","
                        + " expected an HTTP method in capitals, such as \"GET\"",
                "{\"retry\": {\"idempotentMethods\": [null]}} => retry.idempotentMethods[0]: was null, expected an"
                        + " HTTP method in capitals, such as \"GET\"",
            })
    void aBadConfigurationIsRefusedWithPathValueAndExpectation(String json, String message) {
        assertThatThrownBy(() -> Configurations.parse(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message.replace("<every policy>", listed(name -> true))
                        .replace("<every other>", listed(name -> !name.equals("directory")))
                        .replace(
                                "<every unkeyed>",
                                listed(name -> !Pickers.byName(name).keyed())));
    }

    private static String listed(Predicate<String> which) {
        return Pickers.names().stream().filter(which).collect(Collectors.joining(", "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '~',
            value = {
                "~~ => configuration: found an empty text, expected a JSON object",
                "{} {} => configuration: found { behind the JSON object, expected nothing",
                "{} x => configuration: not valid JSON at line 1, column",
                "{\"policy\": \"random\", \"policy\": \"shard\"} => configuration: not valid JSON at line 1, column"
                        + " 30: Duplicate field 'policy'",
                "{'policy': \"random\"} => configuration: not valid JSON at line 1, column",
                "{\"policy\": \"random\",} => configuration: not valid JSON at line 1, column",
                "// c => configuration: not valid JSON at line 1, column",
                "{\"policy\": => configuration: not valid JSON: ends too early at line 1, column 11",
                "{\"retry\": {\"maxAttempts\": NaN}} => configuration: not valid JSON at line 1, column",
            })
    void whatIsNotStrictJsonIsRefusedWithItsPosition(String json, String start) {
        assertThatThrownBy(() -> Configurations.parse(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(start);
    }

    @Test
    void aConfigurationThatIsTooDeepOrTooLongIsRefused() {
        assertThatThrownBy(() -> Configurations.parse("[".repeat(33) + "]".repeat(33)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("configuration: more than can be read: ");
        assertThatThrownBy(() -> Configurations.parse("{}" + " ".repeat(Configurations.MAX_CHARACTERS)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("configuration: was 4194306 characters long, expected at most 4194304");
    }

    @Test
    void aTreeWithNullsOrNamesThatAreNoTextsIsRefused() {
        Map<String, Object> withNull = new HashMap<>();
        withNull.put("health", null);
        assertThatThrownBy(() -> Configurations.parse(withNull))
                .hasMessage("health: was null, expected a value (leave the field out for its default)");
        assertThatThrownBy(() -> Configurations.parse(Map.of("health", Map.of(1, 2))))
                .hasMessage("health: was 1, expected names that are texts");
        assertThatThrownBy(() -> Configurations.parse(Map.of("retry", Map.of("maxAttempts", Double.NaN))))
                .hasMessage("retry.maxAttempts: was NaN, expected an integer from 1 to 10");
    }

    @Test
    void aLongValueIsCutInTheMessage() {
        assertThatThrownBy(() -> Configurations.parse("{\"policy\": \"" + "x".repeat(1000) + "\"}"))
                .hasMessageStartingWith("policy: was \"" + "x".repeat(80) + "...\", expected one of ");
    }

    @Test
    void aLongNameIsCutInTheMessage() {
        assertThatThrownBy(() -> Configurations.parse("{\"" + "x".repeat(1000) + "\": 1}"))
                .hasMessageStartingWith("[\"" + "x".repeat(80) + "...\"]: was 1, expected a known field: ");
    }

    @Test
    void theErrorOfADefaultedPathNamesIt() {
        assertThatThrownBy(() -> Configurations.parse("{\"policy\": {\"shard\": {\"default\": 1}}}"))
                .hasMessageStartingWith(SHARD + ".default: was 1, expected nothing: the strategy is jump");
    }
}

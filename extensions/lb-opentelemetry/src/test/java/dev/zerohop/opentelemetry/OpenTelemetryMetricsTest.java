package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.RetryDecision;
import dev.zerohop.micrometer.ZerohopMetrics;
import dev.zerohop.monitor.Meter;
import dev.zerohop.monitor.Meters;
import dev.zerohop.picker.Pickers;
import dev.zerohop.retry.Retries;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenTelemetryMetricsTest {
    private final FakeTime time = new FakeTime();
    private final InMemoryMetricReader reader = InMemoryMetricReader.create();
    private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
            .setMeterProvider(
                    SdkMeterProvider.builder().registerMetricReader(reader).build())
            .build();
    private final ScriptedResolver source = new ScriptedResolver();

    @AfterEach
    void close() {
        sdk.close();
    }

    private Balancer balancer(String service, BalancerListener.Factory... listeners) {
        Balancer.Builder builder = Balancer.builder(service)
                .env(time.env())
                .resolver(source)
                .settings(BalancerSettings.builder(Pickers.leastRequest())
                        .retry(Retries.builder().build())
                        .build());
        for (BalancerListener.Factory listener : listeners) {
            builder.listener(listener);
        }
        return builder.build();
    }

    private static Endpoint endpoint(String id) {
        return Endpoint.builder("10.0.0.1", 80).id(id).build();
    }

    /** What both libraries show is what each of them should. */
    private void everythingOnce(Balancer balancer) {
        balancer.start();
        source.asOf(time.now()).push(endpoint("a"), endpoint("b"));
        for (Outcome outcome : Outcome.values()) {
            Lease lease = balancer.acquire(PickContext.NONE);
            time.advance(Duration.ofMillis(30));
            lease.complete(outcome);
        }
        for (int i = 0; i < 120; i++) {
            balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
        }
        balancer.retryDecided(endpoint("a"), Outcome.TIMEOUT, RetryDecision.GRANTED);
        balancer.waited(Duration.ofMillis(20).toNanos());
        balancer.spilled(endpoint("a"));
    }

    private MetricData metric(String name) {
        return reader.collectAllMetrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    /** Every point as "name{key=value, ...}", with its value, or its count for durations. */
    private static Map<String, Double> points(Collection<MetricData> metrics) {
        Map<String, Double> points = new TreeMap<>();
        for (MetricData metric : metrics) {
            switch (metric.getType()) {
                case HISTOGRAM ->
                    metric.getHistogramData()
                            .getPoints()
                            .forEach(point -> points.put(
                                    key(metric.getName(), tags(point.getAttributes())), (double) point.getCount()));
                case LONG_SUM ->
                    metric.getLongSumData()
                            .getPoints()
                            .forEach(point -> points.put(
                                    key(metric.getName(), tags(point.getAttributes())), (double) point.getValue()));
                default ->
                    metric.getDoubleGaugeData()
                            .getPoints()
                            .forEach(point ->
                                    points.put(key(metric.getName(), tags(point.getAttributes())), point.getValue()));
            }
        }
        return points;
    }

    private static String key(String name, Map<String, String> tags) {
        return name + tags;
    }

    private static Map<String, String> tags(Attributes attributes) {
        Map<String, String> tags = new TreeMap<>();
        attributes.forEach((key, value) -> tags.put(key.getKey(), value.toString()));
        return tags;
    }

    private static Map<String, Double> points(SimpleMeterRegistry registry) {
        Map<String, Double> points = new TreeMap<>();
        registry.getMeters().forEach(meter -> {
            Map<String, String> tags = new TreeMap<>(
                    meter.getId().getTags().stream().collect(Collectors.toMap(Tag::getKey, Tag::getValue)));
            for (Measurement measurement : meter.measure()) {
                Statistic statistic = measurement.getStatistic();
                if (statistic == Statistic.COUNT || statistic == Statistic.VALUE) {
                    points.put(key(meter.getId().getName(), tags), measurement.getValue());
                }
            }
        });
        return points;
    }

    @Test
    void bothLibrariesShowTheSame() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, new MockClock());
        try (Balancer balancer = balancer(
                "orders",
                OpenTelemetryMetrics.builder(sdk).time(time).endpointMeters().build(),
                // This registry would show each bucket as a gauge of its own.
                ZerohopMetrics.builder(registry)
                        .time(time)
                        .buckets(List.of())
                        .endpointMeters()
                        .build())) {
            everythingOnce(balancer);
            Map<String, Double> micrometer = points(registry);
            Map<String, Double> opentelemetry = points(reader.collectAllMetrics());
            // What has no value yet is NaN there and nothing here. Retries left and the like have one.
            micrometer.values().removeIf(value -> value.isNaN());
            assertThat(micrometer).hasSizeGreaterThan(60);
            assertThat(opentelemetry).isEqualTo(micrometer);
        }
    }

    @Test
    void everyMeterOfTheTableIsThereWithItsUnit() {
        try (Balancer balancer = balancer(
                "orders",
                OpenTelemetryMetrics.builder(sdk).time(time).endpointMeters().build())) {
            source.shards(2);
            everythingOnce(balancer);
            Map<String, String> units = new TreeMap<>();
            reader.collectAllMetrics().forEach(metric -> units.put(metric.getName(), metric.getUnit()));
            Map<String, String> expected = new TreeMap<>();
            List<Meter> all = new ArrayList<>(Meters.perService());
            all.addAll(Meters.perEndpoint());
            all.forEach(meter -> expected.put(meter.name(), meter.unit()));
            // A count of shards has no epoch.
            expected.remove(Meters.SHARD_EPOCH.name());
            assertThat(units).isEqualTo(expected);
            assertThat(metric("zerohop.refusals").getLongSumData().isMonotonic())
                    .isTrue();
            assertThat(metric("zerohop.refusals").getInstrumentationScopeInfo().getName())
                    .isEqualTo("dev.zerohop");
        }
    }

    @Test
    void durationsAreInSecondsAndInTheBucketsOfTheTable() {
        try (Balancer balancer =
                balancer("orders", OpenTelemetryMetrics.builder(sdk).time(time).build())) {
            everythingOnce(balancer);
            HistogramPointData timeouts = metric("zerohop.attempts").getHistogramData().getPoints().stream()
                    .filter(point -> tags(point.getAttributes()).get("outcome").equals("timeout"))
                    .findFirst()
                    .orElseThrow();
            assertThat(timeouts.getSum()).isEqualTo(0.03);
            assertThat(timeouts.getBoundaries())
                    .isEqualTo(Meters.BUCKETS.stream()
                            .map(bound -> bound.toNanos() / 1e9)
                            .toList());
            HistogramPointData waits = metric("zerohop.attempts.wait")
                    .getHistogramData()
                    .getPoints()
                    .iterator()
                    .next();
            assertThat(waits.getSum()).isEqualTo(0.02);
            assertThat(waits.getBoundaries()).isEmpty();
        }
    }

    @Test
    void whatHasNotHappenedYetIsThereAtZero() {
        try (Balancer balancer =
                balancer("orders", OpenTelemetryMetrics.builder(sdk).time(time).build())) {
            assertThat(balancer.name()).isEqualTo("orders");
            assertThat(points(reader.collectAllMetrics()))
                    .containsEntry("zerohop.configuration{result=rejected, service=orders}", 0.0);
        }
    }

    @Test
    void whatIsReadGoesWithTheLastBalancer() {
        OpenTelemetryMetrics metrics =
                OpenTelemetryMetrics.builder(sdk).time(time).endpointMeters().build();
        Balancer first = balancer("orders", metrics);
        Balancer second = balancer("stock", metrics);
        first.start();
        source.push(endpoint("a"));
        first.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
        first.close();
        assertThat(services()).containsEntry("zerohop.endpoints", Set.of("stock"));
        second.close();
        assertThat(services().keySet())
                .as("what OpenTelemetry keeps")
                .containsOnly("zerohop.attempts", "zerohop.rebuilds");
        Balancer again = balancer("orders", metrics);
        assertThat(services()).containsEntry("zerohop.endpoints", Set.of("orders"));
        again.close();
    }

    private Map<String, Set<String>> services() {
        Map<String, Set<String>> services = new TreeMap<>();
        for (MetricData metric : reader.collectAllMetrics()) {
            Set<String> of = services.computeIfAbsent(metric.getName(), name -> new HashSet<>());
            metric.getData()
                    .getPoints()
                    .forEach(point -> of.add(tags(point.getAttributes()).getOrDefault("service", "")));
        }
        return services;
    }

    @Test
    void whatIsMadeOfOneInstanceWithoutOptionsIsOne() {
        try (Balancer balancer = balancer("orders", OpenTelemetryMetrics.of(sdk), OpenTelemetryMetrics.of(sdk))) {
            balancer.start();
            source.push(endpoint("a"));
            balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
            assertThat(points(reader.collectAllMetrics()))
                    .containsEntry("zerohop.attempts{outcome=success, service=orders}", 1.0);
        }
    }
}

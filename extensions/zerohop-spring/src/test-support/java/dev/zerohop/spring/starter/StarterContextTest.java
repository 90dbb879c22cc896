package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerView;
import dev.zerohop.admin.StatusPage;
import dev.zerohop.micrometer.ObservationTracer;
import dev.zerohop.micrometer.ZerohopMetrics;
import dev.zerohop.opentelemetry.OpenTelemetryMetrics;
import dev.zerohop.opentelemetry.OpenTelemetryTracer;
import dev.zerohop.spring.Zerohop;
import dev.zerohop.spring.ZerohopHttp;
import dev.zerohop.spring.ZerohopServices;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/** What an application gets with which class path and which properties. */
class StarterContextTest {
    private static final String TARGET = "zerohop.services.orders.target=static:///127.0.0.1:1";

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ours()))
            .withPropertyValues(TARGET);

    private static Class<?>[] ours() {
        return ImportCandidates.load(AutoConfiguration.class, null).getCandidates().stream()
                .filter(name -> name.startsWith("dev.zerohop."))
                .map(StarterContextTest::load)
                .toArray(Class<?>[]::new);
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException missing) {
            throw new IllegalStateException(missing);
        }
    }

    @Test
    void everythingStartsWithEverything() {
        assertThat(ours()).hasSizeGreaterThan(6);
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean(ZerohopServices.class).names()).containsExactly("orders");
            assertThat(context).hasSingleBean(ZerohopHttp.class);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.springframework.boot.actuate,org.springframework.boot.health",
                "io.micrometer",
                "io.micrometer,io.opentelemetry",
                "dev.zerohop.admin",
                "jakarta.servlet",
                "okhttp3,dev.zerohop.okhttp",
                "io.grpc,dev.zerohop.grpc,org.springframework.grpc",
                "org.springframework.grpc",
                "org.springframework.cloud",
                "org.springframework.cloud.loadbalancer",
                "org.springframework.web.client,org.springframework.boot.http.client"
            })
    void eachIsMissedByNothingElse(String absent) {
        runner.withClassLoader(new FilteredClassLoader(absent.split(","))).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context).hasSingleBean(ZerohopServices.class);
            boolean http = !absent.contains("okhttp3") && !absent.contains("web.client");
            assertThat(context.getBeansOfType(load("dev.zerohop.spring.ZerohopHttp"))).hasSize(http ? 1 : 0);
        });
    }

    @Test
    void anApplicationWithoutServicesStarts() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ours()))
                .run(context -> assertThat(context).hasNotFailed());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "zerohop.services.orders.policy=leest_request|zerohop.services.orders.policy: was \"leest_request\", expected",
                "zerohop.services.orders.target=nowhere|zerohop.services.orders.target: target 'nowhere' at position 0: found no scheme, expected",
                "zerohop.services.orders.target=k9s:///a/b:c|zerohop.services.orders.target: target 'k9s:///a/b:c' at position 0: no resolver for scheme 'k9s', expected one of",
                "zerohop.services.orders.config={\"retry\": {\"attempts\": 99}}|zerohop.services.orders.config: retry.attempts: was 99, expected",
                "zerohop.services.orders.config=classpath:missing.json|zerohop.services.orders.config: was 'classpath:missing.json', expected",
                "zerohop.services.carts.policy=random|zerohop.services.carts.target: was not set, expected",
                "zerohop.services[Or_ders].target=static:///127.0.0.1:1|zerohop.services: a service was named 'Or_ders', expected"
            })
    void aBadPropertyFailsTheStartInOneSentenceWithItsKey(String property, String sentence) {
        runner.withPropertyValues(property).run(context -> {
            assertThat(context).hasFailed();
            assertThat(analysis(context.getStartupFailure())).startsWith(sentence).doesNotContain("\n");
        });
    }

    @Test
    void metersAndTracesAreOpenTelemetrysWhereMicrometerHasNone() {
        ApplicationContextRunner otel = runner.withBean(OpenTelemetry.class, OpenTelemetry::noop);
        otel.run(context -> {
            assertThat(context).hasSingleBean(OpenTelemetryMetrics.class).doesNotHaveBean(ZerohopMetrics.class);
            assertThat(context).hasSingleBean(OpenTelemetryTracer.class).doesNotHaveBean(ObservationTracer.class);
        });
        otel.withClassLoader(new FilteredClassLoader("io.micrometer")).run(context -> {
            assertThat(context).hasSingleBean(OpenTelemetryMetrics.class);
            assertThat(context).hasSingleBean(OpenTelemetryTracer.class);
        });
        otel.withPropertyValues("zerohop.metrics.enabled=false", "zerohop.tracing.enabled=false")
                .run(context -> assertThat(context)
                        .doesNotHaveBean(OpenTelemetryMetrics.class)
                        .doesNotHaveBean(OpenTelemetryTracer.class));
        otel.withPropertyValues("zerohop.metrics.per-endpoint=true", "zerohop.metrics.max-endpoints=-1")
                .run(context -> assertThat(context.getStartupFailure())
                        .hasStackTraceContaining("zerohop.metrics.max-endpoints: "));
        runner.run(context -> assertThat(context)
                .doesNotHaveBean(OpenTelemetryMetrics.class)
                .doesNotHaveBean(OpenTelemetryTracer.class));
    }

    @Test
    void micrometerGoesBeforeOpenTelemetryForMetersAndForTraces() {
        ApplicationContextRunner otel = runner.withBean(OpenTelemetry.class, OpenTelemetry::noop);
        ApplicationContextRunner meters = otel.withBean(MeterRegistry.class, SimpleMeterRegistry::new);
        meters.withBean(ObservationRegistry.class, ObservationRegistry::create).run(context -> {
            assertThat(context).hasSingleBean(ZerohopMetrics.class).doesNotHaveBean(OpenTelemetryMetrics.class);
            assertThat(context).hasSingleBean(ObservationTracer.class).doesNotHaveBean(OpenTelemetryTracer.class);
        });
        meters.run(context -> assertThat(context)
                .hasSingleBean(ZerohopMetrics.class)
                .doesNotHaveBean(OpenTelemetryMetrics.class)
                .hasSingleBean(OpenTelemetryTracer.class));
    }

    @ParameterizedTest
    @CsvSource({"zerohoppage,true,true", "'*',true,true", "'health,zerohop',true,false", "zerohoppage,false,false"})
    void theStatusPageIsThereWhereItsEndpointIsExposed(String exposed, boolean enabled, boolean there) {
        new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ours()))
                .withPropertyValues(
                        TARGET,
                        "management.endpoints.web.exposure.include=" + exposed,
                        "zerohop.page.enabled=" + enabled)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBeansOfType(StatusPage.class)).hasSize(there ? 1 : 0);
                });
    }

    private static String analysis(Throwable failure) {
        List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, SpringFactoriesLoader.FailureHandler.handleMessage((message, thrown) -> {}));
        return analyzers.stream()
                .filter(analyzer -> analyzer.getClass().getName().startsWith("dev.zerohop."))
                .map(analyzer -> analyzer.analyze(failure).getDescription())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anUnknownPropertyFailsTheStart() {
        runner.withPropertyValues("zerohop.services.orders.taget=x").run(context -> {
            assertThat(context).hasFailed();
            assertThat(context.getStartupFailure()).hasStackTraceContaining("zerohop.services.orders.taget");
        });
    }

    @Test
    void clientsAreInjectedByTheirServiceOnlyAndOtherBeansAreNot() {
        runner.withBean("plain", RestClient.Builder.class, RestClient::builder)
                .withUserConfiguration(Clients.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    Clients clients = context.getBean(Clients.class);
                    assertThat(clients.plain).isSameAs(context.getBean("plain"));
                    assertThat(clients.orders).isNotSameAs(clients.plain);
                    assertThat(clients.factory.getClass().getName()).startsWith("dev.zerohop.");
                });
    }

    static class Clients {
        final RestClient.Builder plain;
        final RestClient.Builder orders;
        final ClientHttpRequestFactory factory;

        Clients(
                RestClient.Builder plain,
                @Zerohop("orders") RestClient.Builder orders,
                @Zerohop("orders") ClientHttpRequestFactory factory) {
            this.plain = plain;
            this.orders = orders;
            this.factory = factory;
        }

        @Bean
        String made() {
            return "made";
        }
    }

    @Test
    void aClientOfAServiceForOtherClientsIsRejectedWithTheKey() {
        runner.withPropertyValues("zerohop.services.orders.adapter=grpc")
                .withBean("plain", RestClient.Builder.class, RestClient::builder)
                .withUserConfiguration(Clients.class)
                .run(context -> assertThat(context.getStartupFailure())
                        .hasStackTraceContaining(
                                "zerohop.services.orders.adapter: was GRPC, expected ANY or OKHTTP"));
    }

    @Test
    void changedPropertiesAreInForceWithoutARestart() {
        runner.run(context -> {
            ZerohopServices services = context.getBean(ZerohopServices.class);
            context.getBean(ZerohopHttp.class).client("orders");
            awaitMember(services, "127.0.0.1:1");

            change(context, Map.of(
                    "zerohop.services.orders.policy", "random",
                    "zerohop.services.orders.target", "static:///127.0.0.1:2"));
            awaitMember(services, "127.0.0.1:2");
            await().until(() -> view(services).settings().policy().name().equals("random"));

            change(context, Map.of("zerohop.services.orders.policy", "nonsense"));
            assertThat(view(services).settings().policy().name()).isEqualTo("random");
        });
    }

    private static void change(org.springframework.context.ConfigurableApplicationContext context, Map<String, Object> to) {
        ConfigurableEnvironment environment = context.getEnvironment();
        environment.getPropertySources().remove("changed");
        environment.getPropertySources().addFirst(new MapPropertySource("changed", to));
        context.publishEvent(new EnvironmentChangeEvent(Set.copyOf(to.keySet())));
    }

    private static BalancerView view(ZerohopServices services) {
        return services.balancers("orders").get(0).current();
    }

    private static void awaitMember(ZerohopServices services, String address) {
        await().until(() -> view(services).snapshot().members().stream()
                .anyMatch(member -> member.endpoint().address().equals(address)
                        && member.endpoint().weight() == 1));
    }

    private static org.awaitility.core.ConditionFactory await() {
        return Awaitility.await().atMost(java.time.Duration.ofSeconds(60));
    }
}

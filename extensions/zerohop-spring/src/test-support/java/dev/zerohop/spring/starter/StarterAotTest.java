package dev.zerohop.spring.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.spring.Zerohop;
import dev.zerohop.spring.ZerohopProperties;
import dev.zerohop.spring.ZerohopServices;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.Configurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;
import org.springframework.web.client.RestClient;

/** What is made ahead of time for a native image: the beans, which are compiled and started here on the JVM, and the hints. No image is built. */
class StarterAotTest {

    @Configuration(proxyBeanMethods = false)
    static class Application {

        @Bean
        RestClient client(@Zerohop("orders") RestClient.Builder builder) {
            return builder.build();
        }

        @Bean
        Boolean others(ObjectProvider<RestClient.Builder> builders) {
            return builders.getIfAvailable() != null;
        }
    }

    private static Class<?>[] configurations() {
        Class<?>[] ours = ImportCandidates.load(AutoConfiguration.class, null).getCandidates().stream()
                .filter(name -> name.startsWith("dev.zerohop."))
                .map(StarterAotTest::load)
                .toArray(Class<?>[]::new);
        return Configurations.getClasses(AutoConfigurations.of(ours));
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException missing) {
            throw new IllegalStateException(missing);
        }
    }

    @Test
    @CompileWithForkedClassLoader
    @SuppressWarnings("unchecked")
    void anApplicationThatIsMadeAheadOfTimeCallsItsServices() {
        try (HttpServers servers = new HttpServers(1);
                AnnotationConfigApplicationContext before = new AnnotationConfigApplicationContext()) {
            TestPropertyValues properties = TestPropertyValues.of("zerohop.services.orders.target=" + servers.target());
            properties.applyTo(before);
            before.register(Application.class);
            before.register(configurations());
            TestGenerationContext generation = new TestGenerationContext();
            new ApplicationContextAotGenerator().processAheadOfTime(before, generation);
            generation.writeGeneratedContent();
            TestCompiler.forSystem().with(generation).compile(compiled -> {
                try (GenericApplicationContext after = new GenericApplicationContext()) {
                    properties.applyTo(after);
                    compiled.getInstance(ApplicationContextInitializer.class).initialize(after);
                    after.refresh();
                    assertThat(after.getBean(RestClient.class).get().uri("/7").retrieve().body(String.class))
                            .startsWith("GET /7 host=orders");
                    assertThat(after.getBean(ZerohopServices.class).balancers("orders")).hasSize(1);
                    // That of a service is injected by its name only.
                    assertThat(after.getBean(Boolean.class)).isFalse();
                }
            });
        }
    }

    private static RuntimeHints hints() {
        RuntimeHints hints = new RuntimeHints();
        SpringFactoriesLoader.forResourceLocation("META-INF/spring/aot.factories")
                .load(RuntimeHintsRegistrar.class)
                .stream()
                .filter(registrar -> registrar.getClass().getName().startsWith("dev.zerohop."))
                .forEach(registrar -> registrar.registerHints(hints, StarterAotTest.class.getClassLoader()));
        return hints;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev.zerohop.ResolverProvider",
                "dev.zerohop.SourceConfiguration$Format",
                "io.grpc.NameResolverProvider",
                "io.grpc.LoadBalancerProvider"
            })
    void whatIsLoadedByTheNameOfItsServiceIsKept(String service) throws IOException {
        RuntimeHints hints = hints();
        String file = "META-INF/services/" + service;
        assertThat(RuntimeHintsPredicates.resource().forResource(file)).accepts(hints);
        List<String> implementations = Collections.list(StarterAotTest.class.getClassLoader().getResources(file)).stream()
                .flatMap(url -> text(url).lines())
                .filter(line -> line.startsWith("dev.zerohop."))
                .toList();
        assertThat(implementations).isNotEmpty().allSatisfy(implementation -> assertThat(
                        RuntimeHintsPredicates.reflection()
                                .onType(TypeReference.of(implementation))
                                .withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                .accepts(hints));
    }

    private static String text(URL url) {
        try (InputStream in = url.openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void policiesAndStagesOfTheApplicationAreKept() {
        for (String service : List.of("dev.zerohop.PolicyProvider", "dev.zerohop.StageProvider")) {
            assertThat(RuntimeHintsPredicates.resource().forResource("META-INF/services/" + service))
                    .accepts(hints());
        }
    }

    @Test
    void propertiesAreBoundByTheirConstructors() {
        for (Class<?> type : List.of(
                ZerohopProperties.class,
                ZerohopProperties.Service.class,
                ZerohopProperties.Health.class,
                ZerohopProperties.Http.class,
                ZerohopProperties.Metrics.class,
                ZerohopProperties.Tracing.class,
                ZerohopProperties.Page.class)) {
            assertThat(RuntimeHintsPredicates.reflection().onType(type)).as(type.getName()).accepts(hints());
        }
    }

    @Test
    void filesBesideClassesAreKept() {
        for (String file : List.of("dev/zerohop/admin/page.js", "dev/zerohop/admin/page.css")) {
            assertThat(StarterAotTest.class.getClassLoader().getResource(file)).isNotNull();
            assertThat(RuntimeHintsPredicates.resource().forResource(file)).accepts(hints());
        }
    }
}

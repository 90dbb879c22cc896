package dev.zerohop.spring;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeHint;
import org.springframework.aot.hint.TypeReference;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;
import org.springframework.util.ClassUtils;

/** What a native image would not keep by itself: properties, what is found by {@link java.util.ServiceLoader}, fields that are reached by a handle, and files beside classes. */
final class ZerohopRuntimeHints implements RuntimeHintsRegistrar {
    /** What zerohop and gRPC load by their names; parts of an application's own are among them. */
    static final List<String> LOADED = List.of(
            "dev.zerohop.ResolverProvider",
            "dev.zerohop.PolicyProvider",
            "dev.zerohop.StageProvider",
            "dev.zerohop.SourceConfiguration$Format",
            "io.grpc.NameResolverProvider",
            "io.grpc.LoadBalancerProvider");

    /** Types with fields that are changed by a {@link java.lang.invoke.VarHandle}. */
    static final List<String> HANDLED = List.of(
            "dev.zerohop.LeaseImpl",
            "dev.zerohop.LiveNodeCounter",
            "dev.zerohop.NoEjection$FailureCount",
            "dev.zerohop.grpc.Attempt",
            "dev.zerohop.health.OutlierNews",
            "dev.zerohop.health.OutlierStats",
            "dev.zerohop.load.PeakEwmaState",
            "dev.zerohop.monitor.EndpointCounts",
            "dev.zerohop.retry.WindowedBudget");

    private static final String SERVICES = "META-INF/services/";

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader given) {
        ClassLoader loader = given == null ? ClassUtils.getDefaultClassLoader() : given;
        if (loader == null) {
            throw new IllegalStateException("there is no class loader, expected that of the application");
        }
        BindableRuntimeHintsRegistrar.forTypes(ZerohopProperties.class).registerHints(hints);
        for (String type : LOADED) {
            hints.resources().registerPattern(SERVICES + type);
            for (String implementation : implementations(type, loader)) {
                hints.reflection()
                        .registerTypeIfPresent(loader, implementation, MemberCategory.INVOKE_DECLARED_CONSTRUCTORS);
            }
        }
        HANDLED.forEach(
                type -> hints.reflection().registerTypeIfPresent(loader, type, hint -> fields(type, loader, hint)));
        // Which versions of gRPC and of OkHttp have them is found out when they run.
        hints.reflection()
                .registerTypeIfPresent(
                        loader,
                        "io.grpc.LoadBalancer$PickResult",
                        hint -> hint.withMethod(
                                "withNoResult", types("java.lang.String", "java.lang.String"), ExecutableMode.INVOKE))
                .registerTypeIfPresent(
                        loader,
                        "io.grpc.protobuf.services.HealthCheckingLoadBalancerUtil",
                        hint -> hint.withMethod(
                                "newHealthCheckingLoadBalancer",
                                types("io.grpc.LoadBalancer$Factory", "io.grpc.LoadBalancer$Helper"),
                                ExecutableMode.INVOKE))
                .registerTypeIfPresent(loader, "okhttp3.OkHttp", hint -> hint.withField("VERSION"))
                .registerTypeIfPresent(
                        loader,
                        "okhttp3.internal.Version",
                        hint -> hint.withMethod("userAgent", List.of(), ExecutableMode.INVOKE));
        hints.resources()
                .registerPattern("dev/zerohop/admin/page.css")
                .registerPattern("dev/zerohop/admin/page.js")
                .registerPattern("META-INF/maven/dev.zerohop/lb-core/pom.properties");
    }

    private static List<TypeReference> types(String... names) {
        return Stream.of(names).map(TypeReference::of).toList();
    }

    private static void fields(String type, ClassLoader loader, TypeHint.Builder hint) {
        for (Field field : ClassUtils.resolveClassName(type, loader).getDeclaredFields()) {
            hint.withField(field.getName());
        }
    }

    static List<String> implementations(String type, ClassLoader loader) {
        List<String> implementations = new ArrayList<>();
        try {
            for (URL file : Collections.list(loader.getResources(SERVICES + type))) {
                try (InputStream in = file.openStream()) {
                    new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .map(line -> line.replaceFirst("#.*", "").strip())
                            .filter(line -> !line.isEmpty())
                            .forEach(implementations::add);
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(
                    SERVICES + type + " could not be read, expected the names of classes", unreadable);
        }
        return implementations;
    }
}

package dev.zerohop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.LoadBalancer.PickResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.util.ClassUtils;

/** The hints are complete: what the sources reach by a handle or load by a name is among them. */
class ZerohopRuntimeHintsTest {
    private static final Path CHECKOUT = Path.of("../..");

    private static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>();
        for (String module : List.of("lb-core", "lb-grpc", "lb-okhttp", "lb-dns", "lb-etcd", "lb-k8s-discovery")) {
            try (Stream<Path> files = Files.walk(CHECKOUT.resolve(module).resolve("src/main/java"))) {
                for (Path file :
                        files.filter(file -> file.toString().endsWith(".java")).toList()) {
                    sources.add(Files.readString(file));
                }
            }
        }
        return sources;
    }

    private static Set<String> found(String pattern) throws IOException {
        Set<String> found = new TreeSet<>();
        for (String source : sources()) {
            Matcher matcher = Pattern.compile(pattern).matcher(source);
            while (matcher.find()) {
                found.add(matcher.group(1));
            }
        }
        return found;
    }

    private static Set<String> simple(List<String> types) {
        Set<String> names = new TreeSet<>();
        types.forEach(type -> names.add(type.replaceFirst(".*[.$]", "")));
        return names;
    }

    @Test
    void everyTypeWithAHandleIsListed() throws IOException {
        assertThat(simple(ZerohopRuntimeHints.HANDLED)).isEqualTo(found("findVarHandle\\(\\s*(\\w+)\\.class"));
    }

    @Test
    void everyServiceThatIsLoadedIsListed() throws IOException {
        assertThat(simple(ZerohopRuntimeHints.LOADED))
                .containsAll(found("new Providers<>\\(\\s*(\\w+)\\.class"))
                .containsAll(found("ServiceLoader\\.load\\(\\s*(\\w+)\\.class"));
    }

    @Test
    void theFieldsBehindHandlesAreKept() throws Exception {
        RuntimeHints hints = new RuntimeHints();
        ClassLoader loader = ClassUtils.getDefaultClassLoader();
        new ZerohopRuntimeHints().registerHints(hints, loader);
        for (String type : ZerohopRuntimeHints.HANDLED) {
            Class<?> known = Class.forName(type, false, loader);
            assertThat(known.getDeclaredFields())
                    .as(type)
                    .isNotEmpty()
                    .allSatisfy(field -> assertThat(
                                    hints.reflection().getTypeHint(known).fields())
                            .anySatisfy(hint -> assertThat(hint.getName()).isEqualTo(field.getName())));
        }
        assertThat(RuntimeHintsPredicates.reflection()
                        .onMethod(PickResult.class.getMethod("withNoResult", String.class, String.class)))
                .accepts(hints);
    }
}

package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.config.Configurations;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages show is true: Java compiles, configurations are accepted, links lead somewhere. */
class SnippetsTest {
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)#\\s]+)(#[^)]*)?\\)");

    /** What a snippet may use without importing it; a reader's IDE would add these. */
    private static final String IMPORTS = String.join(
            "\n",
            "import dev.zerohop.*;",
            "import dev.zerohop.admin.*;",
            "import dev.zerohop.config.*;",
            "import dev.zerohop.grpc.*;",
            "import dev.zerohop.okhttp.*;",
            "import dev.zerohop.etcd.*;",
            "import dev.zerohop.etcd.directory.*;",
            "import dev.zerohop.etcd.orchestrator.*;",
            "import dev.zerohop.kubernetes.*;",
            "import dev.zerohop.guard.*;",
            "import dev.zerohop.picker.*;",
            "import dev.zerohop.load.*;",
            "import dev.zerohop.health.*;",
            "import dev.zerohop.stage.*;",
            "import dev.zerohop.report.*;",
            "import dev.zerohop.retry.*;",
            "import dev.zerohop.server.*;",
            "import dev.zerohop.sharding.*;",
            "import dev.zerohop.sharding.store.*;",
            "import dev.zerohop.etcd.sharding.*;",
            "import dev.zerohop.micrometer.*;",
            "import dev.zerohop.opentelemetry.*;",
            "import dev.zerohop.resolver.*;",
            "import dev.zerohop.testing.*;",
            "import io.grpc.*;",
            "import io.grpc.stub.*;",
            "import io.micrometer.core.instrument.MeterRegistry;",
            "import io.micrometer.core.instrument.simple.SimpleMeterRegistry;",
            "import io.micrometer.observation.ObservationRegistry;",
            "import io.opentelemetry.api.GlobalOpenTelemetry;",
            "import io.opentelemetry.api.OpenTelemetry;",
            "import java.net.InetSocketAddress;",
            "import java.net.URI;",
            "import java.nio.file.*;",
            "import java.time.*;",
            "import java.util.*;",
            "import java.util.concurrent.*;",
            "import okhttp3.OkHttpClient;",
            "import okhttp3.Request;",
            "import okhttp3.RequestBody;",
            "import okhttp3.Response;",
            "");

    /** What snippets say that they are given, and how it is made. */
    private static final Map<String, String> GIVEN = Map.of(
            "reporter", "LoadReporter reporter = LoadReporter.create();\n",
            "member",
                    "SliceMember member = SliceMember.join(InProcessSliceStore.create().member(), \"orders-0\", SliceMemberOptions.defaults());\n",
            "openTelemetry", "OpenTelemetry openTelemetry = OpenTelemetry.noop();\n",
            "observationRegistry", "ObservationRegistry observationRegistry = ObservationRegistry.create();\n");

    static Stream<Pages.Block> javaBlocks() {
        // What a page has made once is there for its later snippets.
        Stream<Pages.Block> given = GIVEN.entrySet().stream()
                .flatMap(made -> Pages.blocks("java given " + made.getKey()).stream()
                        .map(block -> new Pages.Block(
                                block.page(), block.line(), block.info(), made.getValue() + block.text())));
        return Stream.concat(Pages.blocks("java").stream(), given);
    }

    static Stream<Pages.Block> configurations() {
        return Pages.blocks("json config").stream();
    }

    static Stream<Path> pages() {
        return Pages.all().stream();
    }

    @Test
    void thePagesHaveSnippets() {
        assertThat(Pages.blocks("java")).isNotEmpty();
        assertThat(Pages.blocks("json config")).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("javaBlocks")
    void javaSnippetsCompile(Pages.Block block, @TempDir Path out) {
        assertThat(errors(block.text(), out)).as(block.toString()).isEmpty();
    }

    @Test
    void aSnippetThatDoesNotCompileIsSeen(@TempDir Path out) {
        assertThat(errors("Endpoint e = Endpoint.at(\"nowhere\");", out)).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void configurationsAreAccepted(Pages.Block block) {
        assertThat(Configurations.parse(block.text())).as(block.toString()).isNotNull();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void relativeLinksLeadSomewhere(Path page) {
        Matcher link = LINK.matcher(Pages.read(page));
        List<String> broken = new ArrayList<>();
        while (link.find()) {
            String to = link.group(1);
            if (!to.contains("://") && !Files.exists(page.resolveSibling(to))) {
                broken.add(to);
            }
        }
        assertThat(broken).as("broken links of " + page.getFileName()).isEmpty();
    }

    private static List<String> errors(String snippet, Path out) {
        StringBuilder imports = new StringBuilder(IMPORTS);
        StringBuilder body = new StringBuilder();
        for (String line : snippet.split("\n")) {
            (line.startsWith("import ") ? imports : body).append(line).append('\n');
        }
        boolean members = Pattern.compile("(?m)^(public |final |static |@|class |interface |record |private )")
                .matcher(body)
                .find();
        String source = imports
                + "abstract class Snippet {\n"
                + (members ? body.toString() : "void snippet() throws Exception {\n" + body + "}\n")
                + "}\n";
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        compiler.getTask(
                        null,
                        null,
                        diagnostics,
                        List.of(
                                "-d",
                                out.toString(),
                                "-classpath",
                                System.getProperty("java.class.path"),
                                "-proc:none"),
                        null,
                        List.of(file))
                .call();
        List<String> errors = new ArrayList<>();
        for (Diagnostic<?> diagnostic : diagnostics.getDiagnostics()) {
            if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
                errors.add(diagnostic.getLineNumber() + ": " + diagnostic.getMessage(null));
            }
        }
        return errors;
    }
}

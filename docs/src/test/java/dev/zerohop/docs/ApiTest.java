package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of the public types says what the code says: every public type, by module and package, with the first sentence of its Javadoc. */
class ApiTest {
    private static final String BEGIN = "<!-- Below: made from the code, compared by a test. -->\n";

    private static final List<String> MODULES = List.of(
            "lb-core",
            "lb-grpc",
            "lb-okhttp",
            "lb-k8s-discovery",
            "lb-etcd",
            "apps/lb-etcd-orchestrator",
            "extensions/lb-server",
            "extensions/lb-sharding",
            "extensions/lb-micrometer",
            "extensions/lb-opentelemetry",
            "extensions/zerohop-spring",
            "extensions/zerohop-spring-boot-starter",
            "extensions/zerohop-spring-boot3-starter",
            "extensions/lb-admin",
            "lb-dns",
            "lb-testing");

    /** Public for this library's own modules, and kept from others by a rule on architecture. */
    private static final Pattern GUARDED =
            Pattern.compile("dev\\.zerohop\\.(internal|json|etcd\\.(client|election|golb|service))");

    /** What a program never names: ServiceLoader finds it, or another package of its module makes it. */
    private static final Set<String> FOUND = Set.of(
            "ConfigurationCheck",
            "DefaultPolicyProvider",
            "DnsResolverProviders",
            "EtcdDirectory",
            "EtcdResolverProviders",
            "KubernetesResolverProviders",
            "ResolverProviders",
            "ServiceResolverProvider",
            "ZerohopLoadBalancerProvider",
            "ZerohopNameResolverProviders");

    private static final Pattern TYPE = Pattern.compile(
            "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@\\w+(?:\\([^)]*\\))?\\s*)*public (?:abstract |final |sealed |non-sealed )*"
                    + "(?:class|interface|record|enum|@interface) (\\w+)",
            Pattern.DOTALL);

    private static final Pattern PUBLIC = Pattern.compile(
            "^public (?:abstract |final |sealed |non-sealed )*(?:class|interface|record|enum|@interface) ",
            Pattern.MULTILINE);

    private static final Pattern LABELLED = Pattern.compile("\\{@link(?:plain)? [^\\s}]+(?:\\([^)]*\\))? ([^}]+)}");
    private static final Pattern LINK = Pattern.compile("\\{@link(?:plain)? ([^\\s}]+(?:\\([^)]*\\))?)}");

    @Test
    void thePageListsEveryPublicTypeWithItsFirstSentence() throws IOException {
        Path page = Pages.checkout().resolve("docs/api.md");
        String text = Pages.read(page);
        int begin = text.indexOf(BEGIN);
        assertThat(begin).as("the line %s in %s", BEGIN.trim(), page).isPositive();
        String expected = text.substring(0, begin) + BEGIN + made();
        if (!text.equals(expected)) {
            Path right = Pages.checkout().resolve("docs/target/api.md");
            Files.createDirectories(right.getParent());
            Files.writeString(right, expected);
            assertThat(text)
                    .as("docs/api.md, which docs/target/api.md should replace after a look at what changed")
                    .isEqualTo(expected);
        }
    }

    private static String made() {
        StringBuilder page = new StringBuilder();
        for (String module : MODULES) {
            TreeMap<String, TreeMap<String, String>> byPackage = types(module);
            page.append("\n## ").append(Path.of(module).getFileName()).append("\n");
            if (byPackage.isEmpty()) {
                page.append("\nNone: what it provides is found by `ServiceLoader`.\n");
            }
            byPackage.forEach((name, types) -> {
                page.append("\n### ").append(name).append("\n\n| type | |\n|---|---|\n");
                types.forEach((type, sentence) -> page.append("| `")
                        .append(type)
                        .append("` | ")
                        .append(sentence)
                        .append(" |\n"));
            });
        }
        return page.toString();
    }

    private static TreeMap<String, TreeMap<String, String>> types(String module) {
        Path sources = Pages.checkout().resolve(module).resolve("src/main/java");
        TreeMap<String, TreeMap<String, String>> found = new TreeMap<>();
        for (Path file : files(sources)) {
            Path folder = sources.relativize(file).getParent();
            String name = String.valueOf(folder).replace(file.getFileSystem().getSeparator(), ".");
            String text = Pages.read(file);
            if (GUARDED.matcher(name).matches() || !PUBLIC.matcher(text).find()) {
                continue;
            }
            Matcher type = TYPE.matcher(text);
            assertThat(type.find()).as("Javadoc of %s", file).isTrue();
            if (!FOUND.contains(type.group(2))) {
                found.computeIfAbsent(name, none -> new TreeMap<>()).put(type.group(2), sentence(type.group(1)));
            }
        }
        return found;
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return new ArrayList<>(files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().endsWith("-info.java"))
                    .collect(Collectors.toList()));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** The first sentence of a Javadoc comment as Markdown. */
    private static String sentence(String javadoc) {
        String text = javadoc.replaceAll("\\s*\\n\\s*\\*", " ")
                .replaceAll("\\s+", " ")
                .trim();
        text = code(text);
        text = LABELLED.matcher(text).replaceAll(found -> Matcher.quoteReplacement(found.group(1)));
        text = LINK.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement("`"
                        + found.group(1)
                                .replaceAll("^(?:[a-z]+\\.)+", "")
                                .replaceAll("^#|\\(.*", "")
                                .replace('#', '.')
                        + "`"));
        Matcher end = Pattern.compile("\\. (?=[A-Z<@]|zerohop)|\\.$").matcher(text);
        String first = end.find() ? text.substring(0, end.start() + 1) : text;
        return first.replace("|", "\\|");
    }

    /** Texts in the font of code as Markdown has it; braces in them come in pairs. */
    private static String code(String text) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int begin = text.indexOf("{@code "); begin >= 0; begin = text.indexOf("{@code ", from)) {
            int end = begin + 1;
            for (int open = 1; open > 0; end++) {
                open += text.charAt(end) == '{' ? 1 : text.charAt(end) == '}' ? -1 : 0;
            }
            out.append(text, from, begin)
                    .append('`')
                    .append(text, begin + 7, end - 1)
                    .append('`');
            from = end;
        }
        return out.append(text.substring(from)).toString();
    }
}

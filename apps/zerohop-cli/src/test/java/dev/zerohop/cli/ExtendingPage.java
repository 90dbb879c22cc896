package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;

/** The library that the page on extensions shows, made from the page. */
final class ExtendingPage {
    private static final Path PAGE = Path.of("..", "..", "docs", "extending.md");

    private ExtendingPage() {}

    /** The blocks of the page whose fence says this. */
    static List<String> blocks(String fence) throws IOException {
        Matcher matcher = Pattern.compile("(?ms)^```" + fence + "\n(.*?)^```$").matcher(Files.readString(PAGE));
        List<String> blocks = new ArrayList<>();
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        return blocks;
    }

    /** Compiles the classes and writes the files that name them, as a directory for the class path. */
    static Path library(Path directory) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("-d", directory.resolve("classes").toString(), "-proc:none"));
        command.addAll(List.of("-classpath", System.getProperty("java.class.path")));
        for (String source : blocks("java file")) {
            Path file = directory.resolve(name(source) + ".java");
            command.add(Files.writeString(file, source).toString());
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, command.toArray(String[]::new)))
                .isZero();
        for (String service : blocks("text services").get(0).lines().toList()) {
            Path file = directory.resolve("classes").resolve(service.substring(0, service.indexOf(':')));
            Files.createDirectories(file.getParent());
            Files.writeString(file, service.substring(service.indexOf(':') + 2) + "\n");
        }
        return directory.resolve("classes");
    }

    static String name(String source) {
        Matcher type = Pattern.compile("public (?:record|final class) (\\w+)").matcher(source);
        assertThat(type.find()).isTrue();
        return type.group(1);
    }
}

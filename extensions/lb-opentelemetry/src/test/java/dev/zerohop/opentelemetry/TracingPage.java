package dev.zerohop.opentelemetry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code docs/tracing.md} says may be written: the names at the start of its tables' rows. */
final class TracingPage {
    private static final Pattern ROW = Pattern.compile("^\\| ((?:`[a-z_.]+`(?:, )?)+) \\|", Pattern.MULTILINE);
    private static final Pattern NAME = Pattern.compile("`([a-z_.]+)`");

    private TracingPage() {}

    static Set<String> names() {
        Set<String> names = new TreeSet<>();
        Matcher rows = ROW.matcher(text());
        while (rows.find()) {
            Matcher name = NAME.matcher(rows.group(1));
            while (name.find()) {
                names.add(name.group(1));
            }
        }
        return names;
    }

    private static String text() {
        try {
            return Files.readString(Path.of("../../docs/tracing.md"));
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }
}

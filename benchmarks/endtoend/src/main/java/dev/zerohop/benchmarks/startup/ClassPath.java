package dev.zerohop.benchmarks.startup;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** This process's class path with the modules as jars, as an application has them. A cache of the JVM takes nothing else. */
final class ClassPath {
    /** Without them a client cannot find anything of zerohop. */
    private static final String MODULES = ".*[/\\\\](lb-core|lb-grpc|lb-okhttp)([-/\\\\].*|$)";

    private final List<String> bare = new ArrayList<>();
    private final List<String> full = new ArrayList<>();

    /** Writes the jars into {@code directory}. */
    ClassPath(Path directory) throws IOException {
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String jar = Files.isDirectory(Path.of(entry)) ? jar(Path.of(entry), directory) : entry;
            full.add(jar);
            if (!entry.matches(MODULES)) {
                bare.add(jar);
            }
        }
    }

    String text(boolean withoutZerohop) {
        return String.join(File.pathSeparator, withoutZerohop ? bare : full);
    }

    private String jar(Path classes, Path directory) throws IOException {
        Path jar = directory.resolve("module-" + full.size() + ".jar");
        List<Path> files;
        try (Stream<Path> all = Files.walk(classes)) {
            files = all.filter(Files::isRegularFile).sorted().collect(Collectors.toList());
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            for (Path file : files) {
                entries.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, entries);
                entries.closeEntry();
            }
        }
        return jar.toString();
    }

    /** Deletes what is in the directory, and the directory. */
    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            files.forEach(ClassPath::deleteFile);
        }
        Files.delete(directory);
    }

    private static void deleteFile(Path file) {
        try {
            Files.delete(file);
        } catch (IOException kept) {
            throw new UncheckedIOException(kept);
        }
    }
}

package dev.zerohop.benchmarks.startup;

import dev.zerohop.benchmarks.endtoend.Servers;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * From the start of a process to its first successful call over loopback, and what the process holds after it: with zerohop and with the bare client. Each start
 * is a process of its own, and the ways take turns. Then the same with many services in one process. The servers run in a process of their own. Arguments:
 * starts, services, starts with so many, file for the result.
 */
public final class StartUp {
    /** From this version on the JVM makes a cache of loaded and linked classes in one run. */
    private static final int FIRST_WITH_CACHES = 25;

    /** One way to make calls, by how many services of the process; whether the JVM has a cache of its classes; what each of the processes printed. */
    private record Case(String way, boolean bare, boolean cached, int services, List<String> runs) {
        Case(String way, boolean bare, boolean cached, int services) {
            this(way, bare, cached, services, new ArrayList<>());
        }

        String json() {
            return "  {\"way\": \"" + way + "\", \"bare\": " + bare + ", \"cached\": " + cached + ", \"services\": "
                    + services + ", \"runs\": [\n    " + String.join(",\n    ", runs) + "]}";
        }
    }

    private final Path directory;
    private final ClassPath path;
    private final String ports;

    private StartUp(Path directory, String ports) throws IOException {
        this.directory = directory;
        this.path = new ClassPath(directory);
        this.ports = ports;
    }

    public static void main(String[] arguments) throws Exception {
        Process servers = java(System.getProperty("java.class.path"), Servers.class, List.of(), List.of());
        Path directory = Files.createTempDirectory("zerohop-start");
        try {
            StartUp startUp = new StartUp(directory, output(servers).readLine());
            int starts = Integer.parseInt(arguments[0]);
            int services = Integer.parseInt(arguments[1]);
            List<Case> cases = new ArrayList<>(startUp.measure(cases(false, 1), starts));
            if (Runtime.version().feature() >= FIRST_WITH_CACHES) {
                cases.addAll(startUp.measure(cases(true, 1), starts));
            }
            cases.addAll(startUp.measure(cases(false, services), Integer.parseInt(arguments[2])));
            String json = cases.stream().map(Case::json).collect(Collectors.joining(",\n", "[\n", "\n]\n"));
            Files.writeString(Path.of(arguments[3]), json);
            System.out.print(json);
        } finally {
            servers.destroy();
            ClassPath.delete(directory);
        }
    }

    private static List<Case> cases(boolean cached, int services) {
        List<Case> cases = new ArrayList<>();
        for (String way : List.of("grpc", "http", "core")) {
            cases.add(new Case(way, true, cached, services));
            cases.add(new Case(way, false, cached, services));
        }
        return cases;
    }

    private List<Case> measure(List<Case> cases, int starts) throws IOException, InterruptedException {
        // The first of each brings the files into the system's memory, makes the cache, and does not count.
        for (Case first : cases) {
            run(first, first.cached() ? "-XX:AOTCacheOutput=" : null);
        }
        for (int round = 0; round < starts; round++) {
            for (int i = 0; i < cases.size(); i++) {
                Case next = cases.get((round + i) % cases.size());
                next.runs().add(run(next, next.cached() ? "-XX:AOTCache=" : null));
            }
        }
        return cases;
    }

    private String run(Case of, String cache) throws IOException, InterruptedException {
        String file = of.way() + (of.bare() ? "-bare" : "") + ".aot";
        List<String> options = cache == null ? List.of() : List.of(cache + directory.resolve(file), "-Xlog:disable");
        List<String> arguments = List.of(
                of.way(),
                String.valueOf(of.bare()),
                String.valueOf(of.services()),
                ports,
                String.valueOf(System.nanoTime()));
        Process client = java(path.text(of.bare()), Client.class, options, arguments);
        String line = output(client).readLine();
        if (client.waitFor() != 0 || line == null) {
            throw new IllegalStateException(of + " ended with " + client.exitValue());
        }
        return line;
    }

    private static Process java(String path, Class<?> main, List<String> options, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", path, main.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")))
                .start();
    }

    private static BufferedReader output(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }
}

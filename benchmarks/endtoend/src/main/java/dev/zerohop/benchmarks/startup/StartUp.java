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
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * From the start of a process to its first successful call over loopback, and what the process holds after it: with zerohop and with the bare client. Each start
 * is a process of its own, and the ways take turns. Then the same with many services in one process. The servers run in a process of their own. Arguments:
 * starts, services, starts with so many, file for the result.
 */
public final class StartUp {
    /** Without zerohop's modules on its class path a client cannot find anything of it. */
    private static final String MODULES = ".*[/\\\\](lb-core|lb-grpc|lb-okhttp)([-/\\\\].*|$)";

    /** One way to make calls, by how many services of the process; and what each of its processes printed. */
    private record Case(String way, boolean bare, int services, List<String> runs) {
        Case(String way, boolean bare, int services) {
            this(way, bare, services, new ArrayList<>());
        }

        String json() {
            return "  {\"way\": \"" + way + "\", \"bare\": " + bare + ", \"services\": " + services
                    + ", \"runs\": [\n    " + String.join(",\n    ", runs) + "]}";
        }
    }

    private final String java =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private final String ports;

    private StartUp(String ports) {
        this.ports = ports;
    }

    public static void main(String[] arguments) throws Exception {
        Process servers = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Servers.class.getName())
                .redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")))
                .start();
        try {
            StartUp startUp = new StartUp(output(servers).readLine());
            List<Case> cases = new ArrayList<>(startUp.measure(1, Integer.parseInt(arguments[0])));
            cases.addAll(startUp.measure(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2])));
            String json = cases.stream().map(Case::json).collect(Collectors.joining(",\n", "[\n", "\n]\n"));
            Files.writeString(Path.of(arguments[3]), json);
            System.out.print(json);
        } finally {
            servers.destroy();
        }
    }

    private static BufferedReader output(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private List<Case> measure(int services, int starts) throws IOException, InterruptedException {
        List<Case> cases = new ArrayList<>();
        for (String way : List.of("grpc", "http", "core")) {
            cases.add(new Case(way, true, services));
            cases.add(new Case(way, false, services));
        }
        // The first of each also brings the classes into the system's file cache, and does not count.
        for (int round = -1; round < starts; round++) {
            for (int i = 0; i < cases.size(); i++) {
                Case next = cases.get(Math.floorMod(round + i, cases.size()));
                String run = run(next);
                if (round >= 0) {
                    next.runs().add(run);
                }
            }
        }
        return cases;
    }

    private String run(Case of) throws IOException, InterruptedException {
        String path = System.getProperty("java.class.path");
        if (of.bare()) {
            path = Arrays.stream(path.split(File.pathSeparator))
                    .filter(entry -> !entry.matches(MODULES))
                    .collect(Collectors.joining(File.pathSeparator));
        }
        ProcessBuilder builder = new ProcessBuilder(java, "-cp", path, Client.class.getName());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT)
                .command()
                .addAll(List.of(
                        of.way(),
                        String.valueOf(of.bare()),
                        String.valueOf(of.services()),
                        ports,
                        String.valueOf(System.nanoTime())));
        Process client = builder.start();
        String line = output(client).readLine();
        if (client.waitFor() != 0 || line == null) {
            throw new IllegalStateException(String.join(" ", builder.command()) + " ended with " + client.exitValue());
        }
        return line;
    }
}

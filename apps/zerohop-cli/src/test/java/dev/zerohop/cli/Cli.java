package dev.zerohop.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Runs the program, in this process or as one of its own, and keeps what it wrote. */
final class Cli {
    private Cli() {}

    record Result(int code, String out, String err) {
        List<String> outLines() {
            return out.lines().toList();
        }

        List<String> errLines() {
            return err.lines().toList();
        }
    }

    static Result run(String... args) {
        return run(new ZerohopCallers(), args);
    }

    static Result run(Callers callers, String... args) {
        return run(callers, 0, args);
    }

    /** As if both streams were a terminal of that width. */
    static Result onTerminal(int columns, String... args) {
        return run(new ZerohopCallers(), columns, args);
    }

    private static Result run(Callers callers, int columns, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                new Console(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        columns,
                        columns),
                callers,
                args);
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** A process of its own, as the script would start it. */
    static Started start(String... args) throws IOException {
        return start(Map.of(), args);
    }

    /** {@link #start(String...)} with more environment variables. */
    static Started start(Map<String, String> environment, String... args) throws IOException {
        return start(Main.class, System.getProperty("java.class.path"), environment, args);
    }

    /** A program in a process of its own, on another class path. */
    static Started start(Class<?> main, String classPath, Map<String, String> environment, String... args)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        int version = Runtime.version().feature();
        if (version >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (version >= 23) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.add("-cp");
        command.add(classPath);
        command.add(main.getName());
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        return new Started(builder.start());
    }

    /** Waits for a condition, long enough for a machine that is busy with other things; an await that is met costs nothing of it. */
    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(120)).pollInterval(Duration.ofMillis(20));
    }

    /** A running process whose lines are kept as they come. */
    static final class Started implements AutoCloseable {
        private final Process process;
        private final List<String> out = new ArrayList<>();
        private final List<String> err = new ArrayList<>();
        private final Thread outReader;
        private final Thread errReader;

        Started(Process process) {
            this.process = process;
            this.outReader = reader(process.inputReader(StandardCharsets.UTF_8), out);
            this.errReader = reader(process.errorReader(StandardCharsets.UTF_8), err);
        }

        private static Thread reader(java.io.BufferedReader from, List<String> to) {
            Thread thread = new Thread(() -> {
                try {
                    for (String line = from.readLine(); line != null; line = from.readLine()) {
                        synchronized (to) {
                            to.add(line);
                        }
                    }
                } catch (IOException ended) {
                    // The process is gone.
                }
            });
            thread.setDaemon(true);
            thread.start();
            return thread;
        }

        List<String> out() {
            synchronized (out) {
                return List.copyOf(out);
            }
        }

        List<String> err() {
            synchronized (err) {
                return List.copyOf(err);
            }
        }

        /** SIGTERM. */
        void terminate() {
            // Process.destroy would also close the streams that the last lines come through.
            process.toHandle().destroy();
        }

        /** SIGKILL. */
        void kill() {
            process.destroyForcibly();
        }

        boolean alive() {
            return process.isAlive();
        }

        int exitCode() throws InterruptedException {
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                throw new AssertionError("still runs after 120 s; out " + out() + " err " + err());
            }
            outReader.join();
            errReader.join();
            return process.exitValue();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}

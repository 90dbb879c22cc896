package dev.zerohop.sim.sockets;

import dev.zerohop.sim.Replay.Backend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A server in a process of its own, a small JVM with this one's class path. For one thread. */
final class ServerProcess implements AutoCloseable {
    private static final int NATIVE_ACCESS_WARNED = 22;
    private static final int UNSAFE_WARNED = 23;

    private final Backend backend;
    private final Process process;
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
    private final OutputStream in;
    private int grpcPort;
    private int httpPort;

    private ServerProcess(Backend backend, Process process) {
        this.backend = backend;
        this.process = process;
        this.in = process.getOutputStream();
    }

    /** Starts one; it serves once {@link #awaitReady} returns. */
    static ServerProcess start(Backend backend) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData"));
        int version = Runtime.version().feature();
        if (version >= NATIVE_ACCESS_WARNED) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (version >= UNSAFE_WARNED) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ServerMain.class.getName()));
        command.addAll(ServerSpec.arguments(backend));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ServerProcess started = new ServerProcess(backend, process);
        Thread reader = new Thread(started::read, "zerohop-sim-server-lines");
        reader.setDaemon(true);
        reader.start();
        return started;
    }

    /** Waits until it serves. */
    void awaitReady() throws IOException, InterruptedException {
        String[] ports = line("it served").split(" ");
        grpcPort = Integer.parseInt(ports[0]);
        httpPort = Integer.parseInt(ports[1]);
    }

    Backend backend() {
        return backend;
    }

    int port(Transport transport) {
        return transport == Transport.GRPC ? grpcPort : httpPort;
    }

    /** The processor time that it has taken so far. */
    Duration cpuTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Gives a command; {@link #awaitDone} follows. */
    void command(String command) throws IOException {
        in.write((command + "\n").getBytes(StandardCharsets.UTF_8));
        in.flush();
    }

    /** How many probes of its load it has counted, at the end of a run. */
    long awaitDone() throws IOException, InterruptedException {
        String answer = line("the run was over");
        if (!answer.startsWith(ServerMain.DONE)) {
            throw new IOException("server " + backend.id() + " answered '" + answer + "', expected " + ServerMain.DONE);
        }
        return Long.parseLong(answer.substring(ServerMain.DONE.length()));
    }

    private String line(String event) throws IOException, InterruptedException {
        return lines.take()
                .orElseThrow(() -> new IOException("the process of server " + backend.id() + " ended before " + event));
    }

    /** On a thread of its own: no interrupt ends a read. */
    private void read() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            String line = out.readLine();
            while (line != null) {
                lines.add(Optional.of(line));
                line = out.readLine();
            }
        } catch (IOException ended) {
            // As at the end.
        } finally {
            lines.add(Optional.empty());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

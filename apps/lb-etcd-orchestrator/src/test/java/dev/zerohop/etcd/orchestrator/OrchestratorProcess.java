package dev.zerohop.etcd.orchestrator;

import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.support.EtcdServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** An orchestrator in a process of its own. Its output, one line for each event, is kept. */
final class OrchestratorProcess implements AutoCloseable {
    static final Duration INTERVAL = Duration.ofMillis(200);
    static final Duration LEASE = Duration.ofSeconds(2);
    static final Duration TTL = Duration.ofSeconds(6);

    private final Process process;
    final List<String> lines = new CopyOnWriteArrayList<>();

    private OrchestratorProcess(Process process) {
        this.process = process;
        Thread reader = new Thread(() -> {
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    lines.add(line);
                }
            } catch (IOException ended) {
                // The process is gone.
            }
        });
        reader.setDaemon(true);
        reader.start();
    }

    static OrchestratorProcess start(String etcd, String service, String id) throws IOException {
        return start(etcd, service, id, LEASE);
    }

    static OrchestratorProcess start(String etcd, String service, String id, Duration lease) throws IOException {
        return new OrchestratorProcess(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OrchestratorProcess.class.getName(),
                        etcd,
                        service,
                        id,
                        lease.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /** The same settings in this process. */
    static HealthOrchestrator.Builder builder(EtcdClient client, String service, String id) {
        return HealthOrchestrator.builder(client, service, id, Probe.http("/health"))
                .interval(INTERVAL)
                .timeout(INTERVAL)
                .lease(LEASE)
                .ttl(TTL);
    }

    /** Runs until it is killed. */
    public static void main(String[] args) throws InterruptedException {
        EtcdClient client = EtcdClient.of(args[0]);
        Duration lease = Duration.parse(args[3]);
        builder(client, args[1], args[2])
                .lease(lease)
                .ttl(lease.equals(LEASE) ? TTL : lease.multipliedBy(3))
                .listener(new Printing())
                .build()
                .start();
        new CountDownLatch(1).await();
    }

    private static final class Printing implements HealthOrchestrator.Listener {
        @Override
        public void onRole(HealthOrchestrator.Role role, String leader, long fence) {
            print("role " + role + " " + leader);
        }

        @Override
        public void onDown(String endpoint, String reason, List<String> agreed) {
            print("down " + endpoint + " " + agreed + " " + reason);
        }

        @Override
        public void onLifted(String endpoint) {
            print("lifted " + endpoint);
        }

        private static void print(String line) {
            System.out.println(line);
        }
    }

    void await(String line) {
        EtcdServer.await()
                .until(() -> new ArrayList<>(lines), heard -> heard.stream().anyMatch(each -> each.startsWith(line)));
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

package dev.zerohop.cli;

import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdClientBuilder;
import dev.zerohop.etcd.orchestrator.HealthOrchestrator;
import dev.zerohop.etcd.orchestrator.Probe;
import dev.zerohop.json.JsonWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code zerohop orchestrator}. */
@Command(
        name = "orchestrator",
        description =
                "Probes the endpoints of a service in etcd, together with the other orchestrators of the service, and reports to all its clients which are"
                        + " down. Prints its role and each verdict, one line each, until it is interrupted; then another one leads at once.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class OrchestratorCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--etcd",
            required = true,
            paramLabel = "HOST:PORT[,HOST:PORT...]",
            description = "the members of the etcd cluster, separated by commas")
    private String etcd = "";

    @Option(names = "--service", required = true, paramLabel = "NAME", description = "the service to probe")
    private String service = "";

    @Option(
            names = "--probe",
            required = true,
            paramLabel = "PROBE",
            description =
                    "http:/path (a GET that is answered with 200 to 299), grpc:service (the standard health check; grpc: for the whole server) or tcp;"
                            + " over TLS https:/path, grpcs:service or tls")
    private String probe = "";

    @Option(
            names = "--probe-ca",
            paramLabel = "FILE",
            description = "the PEM CA certificates of the endpoints (default: those that Java trusts)")
    private @Nullable Path probeCa;

    @Option(
            names = "--probe-authority",
            paramLabel = "NAME",
            description = "the name that the endpoints' certificates must carry (default: the host of each)")
    private @Nullable String probeAuthority;

    @Option(
            names = "--probe-cert",
            paramLabel = "FILE",
            description = "the client certificate for endpoints, PEM; with --probe-key")
    private @Nullable Path probeCertificate;

    @Option(names = "--probe-key", paramLabel = "FILE", description = "its private key, PEM")
    private @Nullable Path probeKey;

    @Mixin
    private final EtcdAccess access = new EtcdAccess();

    @Option(
            names = "--id",
            paramLabel = "ID",
            description = "its name among the orchestrators of the service (default: host name and process id)")
    private @Nullable String id;

    @Option(
            names = "--interval",
            paramLabel = "MS",
            defaultValue = "5000",
            description = "milliseconds from probe to probe of an endpoint, with jitter (default: ${DEFAULT-VALUE})")
    private long intervalMillis;

    @Option(
            names = "--timeout",
            paramLabel = "MS",
            defaultValue = "2000",
            description = "milliseconds to wait for an answer (default: ${DEFAULT-VALUE})")
    private long timeoutMillis;

    @Option(
            names = "--healthy",
            paramLabel = "N",
            defaultValue = "2",
            description = "probes in a row that must succeed before an endpoint is healthy (default: ${DEFAULT-VALUE})")
    private int healthy;

    @Option(
            names = "--unhealthy",
            paramLabel = "N",
            defaultValue = "3",
            description = "probes in a row that must fail before an endpoint is down (default: ${DEFAULT-VALUE})")
    private int unhealthy;

    @Option(
            names = "--ttl",
            paramLabel = "S",
            defaultValue = "30",
            description =
                    "seconds that a verdict holds unless it is written again, three leases at least (default: ${DEFAULT-VALUE})")
    private long ttlSeconds;

    @Option(
            names = "--lease",
            paramLabel = "S",
            defaultValue = "10",
            description = "seconds until a dead orchestrator is replaced (default: ${DEFAULT-VALUE})")
    private long leaseSeconds;

    @Option(
            names = "--max-down",
            paramLabel = "PERCENT",
            defaultValue = "50",
            description = "the largest share of the endpoints that is marked down (default: ${DEFAULT-VALUE})")
    private int maxDownPercent;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text, or ndjson (one object on each line) (default: ${DEFAULT-VALUE})")
    private String output = "";

    @Mixin
    private final AdminOptions admin = new AdminOptions();

    @Mixin
    private final MetricsOptions metrics = new MetricsOptions();

    @Mixin
    private final LogOptions log = new LogOptions();

    OrchestratorCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        log.apply();
        Output form = Output.parse(output, Output.TEXT, Output.NDJSON);
        CountDownLatch over = new CountDownLatch(1);
        Printer printer = new Printer(form, over);
        return metrics.during(
                console, shown -> admin.during(console, printer::about, () -> orchestrate(printer, shown, over)));
    }

    private int orchestrate(Printer printer, @Nullable Metrics shown, CountDownLatch over) throws Exception {
        try (EtcdClient client = client()) {
            OrchestratorMeters meters =
                    shown == null ? null : new OrchestratorMeters(printer, shown.registry(), service);
            HealthOrchestrator orchestrator = orchestrator(client, meters == null ? printer : meters);
            if (meters != null) {
                meters.show(orchestrator);
            }
            return Interruptible.run(0, over::countDown, () -> {
                try (orchestrator) {
                    orchestrator.start();
                    over.await();
                }
                return Main.OK;
            });
        }
    }

    private EtcdClient client() {
        try {
            EtcdClientBuilder builder = EtcdClient.builder().servers(etcd.split(",", -1));
            access.applyTo(builder);
            return builder.build();
        } catch (IllegalArgumentException rejected) {
            throw new BadInput("--etcd: " + rejected.getMessage());
        }
    }

    private HealthOrchestrator orchestrator(EtcdClient client, HealthOrchestrator.Listener listener) {
        try {
            return HealthOrchestrator.builder(client, service, id == null ? defaultId() : id, probe())
                    .interval(Duration.ofMillis(intervalMillis))
                    .timeout(Duration.ofMillis(timeoutMillis))
                    .healthyThreshold(healthy)
                    .unhealthyThreshold(unhealthy)
                    .ttl(Duration.ofSeconds(ttlSeconds))
                    .lease(Duration.ofSeconds(leaseSeconds))
                    .maxDownPercent(maxDownPercent)
                    .listener(listener)
                    .build();
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(String.valueOf(rejected.getMessage()));
        }
    }

    private Probe probe() {
        Probe parsed = Probe.parse(probe);
        EtcdAccess.together("--probe-cert", probeCertificate, "--probe-key", probeKey);
        boolean configured = probeCa != null || probeAuthority != null || probeCertificate != null;
        Checks.that(
                !configured || parsed.overTls(),
                "--probe",
                probe,
                "one over TLS (https:/path, grpcs:service or tls), because a TLS option of the probe is given");
        if (probeCa != null) {
            parsed = parsed.tls(probeCa);
        }
        if (probeAuthority != null) {
            parsed = parsed.authority(probeAuthority);
        }
        if (probeCertificate != null && probeKey != null) {
            parsed = parsed.clientCertificate(probeCertificate, probeKey);
        }
        return parsed;
    }

    private static String defaultId() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            host = "unnamed";
        }
        return host + "-" + ProcessHandle.current().pid();
    }

    /** One line for each event. The command ends when its output is closed. */
    private final class Printer implements HealthOrchestrator.Listener {
        private final Output form;
        private final CountDownLatch over;
        private final Map<String, String> down = new ConcurrentSkipListMap<>();
        private volatile String role = "has no role yet";

        Printer(Output form, CountDownLatch over) {
            this.form = form;
            this.over = over;
        }

        @Override
        public void onRole(HealthOrchestrator.Role role, @Nullable String leader, long fence) {
            this.role = "is " + role + ", leader " + (leader == null ? "none" : leader) + ", fence " + fence;
            print(
                    "role " + role + " leader=" + (leader == null ? "none" : leader) + " fence=" + fence,
                    JsonWriter.object(json -> {
                        json.writeStringField("event", "role");
                        json.writeStringField("role", role.name());
                        json.writeStringField("leader", leader);
                        json.writeNumberField("fence", fence);
                    }));
        }

        @Override
        public void onDown(String endpoint, String reason, List<String> agreed) {
            down.put(endpoint, reason);
            print(
                    "down " + endpoint + " agreed=" + String.join(",", agreed) + " " + Console.oneLine(reason),
                    JsonWriter.object(json -> {
                        json.writeStringField("event", "down");
                        json.writeStringField("endpoint", endpoint);
                        json.writeStringField("reason", reason);
                        json.writeArrayFieldStart("agreed");
                        for (String worker : agreed) {
                            json.writeString(worker);
                        }
                        json.writeEndArray();
                    }));
        }

        @Override
        public void onLifted(String endpoint) {
            down.remove(endpoint);
            print("lifted " + endpoint, JsonWriter.object(json -> {
                json.writeStringField("event", "lifted");
                json.writeStringField("endpoint", endpoint);
            }));
        }

        @Override
        public void onLimit(List<String> overLimit, int limit) {
            print(
                    overLimit.isEmpty()
                            ? "limit kept"
                            : "limit reached: " + limit + " are marked, down and unmarked are "
                                    + String.join(",", overLimit),
                    JsonWriter.object(json -> {
                        json.writeStringField("event", "limit");
                        json.writeNumberField("limit", limit);
                        json.writeArrayFieldStart("unmarked");
                        for (String endpoint : overLimit) {
                            json.writeString(endpoint);
                        }
                        json.writeEndArray();
                    }));
        }

        @Override
        public void onUnreachable(String reason) {
            console.note("etcd cannot be read, probing continues: " + reason);
        }

        /** For the status page: an orchestrator has no balancer to show. */
        List<String> about() {
            List<String> lines = new ArrayList<>(List.of("orchestrator of " + service + ": " + role));
            down.forEach((endpoint, reason) -> lines.add("marked down: " + endpoint + ": " + reason));
            return lines;
        }

        private void print(String text, String object) {
            if (!console.line(form == Output.TEXT ? text : object)) {
                over.countDown();
            }
        }
    }
}

package dev.zerohop.cli;

import dev.zerohop.Endpoint;
import dev.zerohop.Target;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdRegistration;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.resolver.EndpointJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop register}. */
@Command(
        name = "register",
        description =
                "Keeps one endpoint of a service listed in etcd until it is interrupted. Prints 'registered' when etcd lists it, and again after an outage."
                        + " SIGTERM announces that it leaves, waits, deletes it and ends with exit code 0.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class RegisterCommand implements Callable<Integer> {
    private static final long MAX_DRAIN_MILLIS = 3_600_000;

    /** How long etcd may take to delete the endpoint, on top of the drain. */
    private static final long DELETE_MILLIS = 6_000;

    private final Console console;

    @Parameters(paramLabel = "TARGET", description = "the service, as etcd://HOST:PORT/SERVICE")
    private String target = "";

    @Option(names = "--id", required = true, paramLabel = "ID", description = "the endpoint's stable name")
    private String id = "";

    @Option(
            names = "--address",
            required = true,
            paramLabel = "HOST:PORT",
            description = "the address that clients connect to")
    private String address = "";

    @Option(
            names = "--ttl",
            paramLabel = "S",
            defaultValue = "10",
            description = "seconds until it is removed after this process died, 2 to 3600 (default: ${DEFAULT-VALUE})")
    private long ttlSeconds;

    @Option(names = "--weight", paramLabel = "N", description = "its weight, 0 to 1000000 (default: 1)")
    private @Nullable Integer weight;

    @Option(names = "--zone", paramLabel = "ZONE", description = "its failure domain")
    private @Nullable String zone;

    @Option(names = "--ordinal", paramLabel = "N", description = "its ordinal in a StatefulSet or another numbered set")
    private @Nullable Integer ordinal;

    @Option(
            names = "--drain",
            paramLabel = "MS",
            defaultValue = "5000",
            description = "milliseconds from announcing that it leaves until it is deleted (default: ${DEFAULT-VALUE})")
    private long drainMillis;

    @Mixin
    private final LogOptions log = new LogOptions();

    RegisterCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        log.apply();
        Target service = Targets.parse(target);
        Checks.that(
                service.scheme().equals("etcd"),
                "TARGET",
                target,
                "one of the scheme etcd, as in etcd://HOST:PORT/SERVICE");
        Checks.between("--ttl", ttlSeconds, 2, 3_600);
        Checks.between("--drain", drainMillis, 0, MAX_DRAIN_MILLIS);
        Endpoint endpoint = endpoint();
        CountDownLatch signalled = new CountDownLatch(1);
        return Interruptible.run(drainMillis + DELETE_MILLIS, signalled::countDown, () -> {
            try (EtcdClient etcd = EtcdClient.of(service.authority().split(","))) {
                EtcdRegistration registration;
                try {
                    registration = EtcdRegistration.register(
                            etcd, service.path(), endpoint, Duration.ofSeconds(ttlSeconds), new ConsoleListener());
                } catch (IllegalArgumentException rejected) {
                    throw new BadInput(String.valueOf(rejected.getMessage()));
                }
                signalled.await();
                return leave(registration);
            }
        });
    }

    /** Parsed by the reader of all endpoints in etcd. */
    private Endpoint endpoint() {
        try {
            return EndpointJson.parse(
                    id,
                    JsonWriter.object(json -> {
                                json.writeStringField("address", address);
                                if (weight != null) {
                                    json.writeNumberField("weight", weight);
                                }
                                if (zone != null) {
                                    json.writeStringField("zone", zone);
                                }
                                if (ordinal != null) {
                                    json.writeNumberField("ordinal", ordinal);
                                }
                            })
                            .getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(String.valueOf(rejected.getMessage()));
        }
    }

    private int leave(EtcdRegistration registration) throws InterruptedException {
        console.line("leaving " + id);
        try {
            registration.leave(Duration.ofMillis(drainMillis)).get(drainMillis + DELETE_MILLIS, TimeUnit.MILLISECONDS);
            console.line("gone " + id);
            return Main.OK;
        } catch (ExecutionException | TimeoutException failed) {
            throw new Failure(
                    "etcd could not be reached; " + id + " is removed when its lease of " + ttlSeconds + " s ends: "
                            + (failed.getCause() == null
                                    ? "no answer"
                                    : failed.getCause().getMessage()));
        }
    }

    private final class ConsoleListener implements EtcdRegistration.Listener {
        private volatile boolean listed;

        @Override
        public void onRegistered() {
            listed = true;
            console.line("registered " + id);
        }

        @Override
        public void onLost(String reason) {
            console.note("etcd cannot be written; " + id
                    + (listed ? " is gone in " + ttlSeconds + " s unless it answers again: " : " is not listed yet: ")
                    + reason);
        }

        @Override
        public void onClash(String reason) {
            console.note(reason);
        }
    }
}

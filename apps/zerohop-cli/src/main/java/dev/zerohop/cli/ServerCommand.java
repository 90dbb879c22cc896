package dev.zerohop.cli;

import dev.zerohop.Log;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code zerohop server}. */
@Command(
        name = "server",
        description =
                "An echo backend: answers every HTTP path and every unary method of the gRPC service "
                        + EchoGrpc.SERVICE
                        + " with its id. Prints one line 'ready id=... grpc=PORT http=PORT' when it listens. SIGTERM drains it and ends it with exit code 0.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class ServerCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--id", required = true, paramLabel = "ID", description = "the id it answers with; no spaces")
    private String id = "";

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "the address to listen on (default: ${DEFAULT-VALUE})")
    private String host = "";

    @Option(
            names = "--grpc",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "the port for gRPC, 0 for any (default: ${DEFAULT-VALUE})")
    private int grpcPort;

    @Option(
            names = "--http",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "the port for HTTP, 0 for any (default: ${DEFAULT-VALUE})")
    private int httpPort;

    @Option(
            names = "--delay",
            paramLabel = "MS",
            defaultValue = "0",
            description = "milliseconds before each answer (default: ${DEFAULT-VALUE})")
    private long delayMillis;

    @Option(
            names = "--fail",
            paramLabel = "PERCENT",
            defaultValue = "0",
            description =
                    "share of the calls that is answered with HTTP 500 or gRPC INTERNAL, spread evenly (default: ${DEFAULT-VALUE})")
    private double failPercent;

    @Option(
            names = "--drain",
            paramLabel = "MS",
            defaultValue = "5000",
            description = "milliseconds that running calls are given after SIGTERM (default: ${DEFAULT-VALUE})")
    private long drainMillis;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "form of the ready line: text or json (default: ${DEFAULT-VALUE})")
    private String output = "";

    @Mixin
    private final LogOptions log = new LogOptions();

    ServerCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        log.apply();
        Output form = Output.parse(output, Output.TEXT, Output.JSON);
        Checks.that(
                !id.isEmpty() && id.chars().allMatch(c -> c > ' ' && c < 127),
                "--id",
                id,
                "printable ASCII without spaces");
        Checks.port("--grpc", grpcPort);
        Checks.port("--http", httpPort);
        Checks.that(grpcPort == 0 || grpcPort != httpPort, "--http", httpPort, "another port than that of --grpc");
        Checks.between("--delay", delayMillis, 0, 3_600_000);
        Checks.that(failPercent >= 0 && failPercent <= 100, "--fail", failPercent, "0 to 100");
        Checks.between("--drain", drainMillis, 0, 3_600_000);

        EchoServer server = start();
        CountDownLatch signalled = new CountDownLatch(1);
        return Interruptible.run(drainMillis, signalled::countDown, () -> {
            console.line(
                    form == Output.TEXT
                            ? "ready id=" + id + " grpc=" + server.grpcPort() + " http=" + server.httpPort()
                            : JsonWriter.object(json -> {
                                json.writeStringField("id", id);
                                json.writeNumberField("grpc", server.grpcPort());
                                json.writeNumberField("http", server.httpPort());
                            }));
            signalled.await();
            // Made here, so that it has the level of --log.
            Log changes = Log.of(ServerCommand.class);
            changes.info("{}: drains: no new calls, those under way have {} ms", id, drainMillis);
            server.drain(Duration.ofMillis(drainMillis));
            changes.info("{}: has drained", id);
            return Main.OK;
        });
    }

    private EchoServer start() {
        EchoServer.Behaviour behaviour =
                new EchoServer.Behaviour().delay(Duration.ofMillis(delayMillis)).failPercent(failPercent);
        try {
            InetAddress.getByName(host);
        } catch (UnknownHostException unknown) {
            throw new BadInput("--host was '" + host + "', expected an address or a name of this machine");
        }
        try {
            return EchoServer.start(id, host, grpcPort, httpPort, behaviour);
        } catch (IOException busy) {
            throw new Failure(String.valueOf(busy.getMessage()));
        }
    }
}

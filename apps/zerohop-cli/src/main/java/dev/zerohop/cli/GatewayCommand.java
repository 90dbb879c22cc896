package dev.zerohop.cli;

import dev.zerohop.gateway.Gateway;
import dev.zerohop.gateway.GatewaySettings;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code zerohop gateway}. */
@Command(
        name = "gateway",
        description = {
            "A reverse proxy over golb functions, for callers that cannot embed the library: /function/NAME/REST goes to an endpoint of the"
                    + " function as /REST. Prints one line when it listens. On SIGTERM it waits for requests under way and ends with exit code 0.",
            "",
            "Its settings are environment variables:",
            "  eb_go_lb_zone          the zone whose functions are served (required)",
            "  eb_go_lb_etcd_host     etcd (default: localhost:2379)",
            "  eb_go_lb_handler_type  wrr, first (always the first endpoint), or dummy: the gateway itself answers (default: dummy)",
            "  eb_go_lb_mode          dev: a line on stderr for each request; prod: none (default: prod)",
            "  eb_go_lb_node_name     its name in headers (default: HOSTNAME)",
            "  eb_go_lb_listen_port   the port to listen on (default: 8080)",
            "  eb_go_lb_caller_limit  how many requests of one address may be under way at once (default: 256)",
            "  eb_go_lb_gateways      host:port of endpoints that are gateways themselves, with white space between them",
            "  eb_go_lb_metrics_port, eb_go_lb_metrics_address  as --metrics-port and --metrics-address, which go before",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class GatewayCommand implements Callable<Integer> {
    private final Console console;
    private final Map<String, String> environment;

    @Mixin
    private final AdminOptions admin = new AdminOptions();

    @Mixin
    private final MetricsOptions metrics = new MetricsOptions();

    @Mixin
    private final LogOptions log = new LogOptions();

    GatewayCommand(Console console, Map<String, String> environment) {
        this.console = console;
        this.environment = environment;
    }

    @Override
    public Integer call() throws Exception {
        log.apply();
        GatewaySettings settings;
        try {
            settings = GatewaySettings.of(environment);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(String.valueOf(rejected.getMessage()));
        }
        metrics.orElse(environment, "eb_go_lb_");
        return metrics.during(console, () -> admin.during(console, () -> serve(settings)));
    }

    private int serve(GatewaySettings settings) throws Exception {
        Gateway gateway;
        try {
            gateway = Gateway.start(settings, console::note);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(String.valueOf(rejected.getMessage()));
        } catch (IOException busy) {
            throw new Failure(String.valueOf(busy.getMessage()));
        }
        CountDownLatch signalled = new CountDownLatch(1);
        return Interruptible.run(Gateway.STOP_TIMEOUT.toMillis(), signalled::countDown, () -> {
            try (gateway) {
                console.line("ready port=" + gateway.port() + " zone=" + settings.zone() + " node=" + settings.node());
                signalled.await();
            }
            return Main.OK;
        });
    }
}

package dev.zerohop.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command that runs for long shows its metrics, for commands to mix in. Without a port nothing is counted and nothing listens. */
final class MetricsOptions {
    private static final int HIGHEST = 65_535;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "serves /metrics for Prometheus at this port while the command runs; 0 is any, which is written to stderr")
    private @Nullable String port;

    @Option(
            names = "--metrics-address",
            paramLabel = "ADDRESS",
            description = "the address of --metrics-port, such as 0.0.0.0 for all (default: 127.0.0.1)")
    private @Nullable String address;

    private String portName = "--metrics-port";
    private String addressName = "--metrics-address";

    /** Takes what is not given as an option from the variables {@code PREFIXmetrics_port} and {@code PREFIXmetrics_address}. An empty one is not set. */
    void orElse(Map<String, String> environment, String prefix) {
        if (port == null) {
            portName = prefix + "metrics_port";
            port = set(environment.get(portName));
        }
        if (address == null) {
            addressName = prefix + "metrics_address";
            address = set(environment.get(addressName));
        }
    }

    private @Nullable Metrics start(Console console) {
        if (port == null) {
            if (address != null) {
                throw new BadInput(addressName + " was '" + address + "', and there is no " + portName
                        + ", expected both or neither");
            }
            return null;
        }
        int number = number(port);
        InetAddress at = address();
        try {
            Metrics metrics = Metrics.start(at, number);
            if (number == 0) {
                console.note("the metrics are at " + metrics.url());
            }
            return metrics;
        } catch (IOException busy) {
            throw new BadInput(portName + " was '" + port + "', which cannot be listened on at " + at.getHostAddress()
                    + ": " + busy.getMessage());
        }
    }

    /** Runs a command, and serves the metrics of what it makes meanwhile if they are wanted. Throws {@link BadInput} if the port or the address cannot be used. */
    int during(Console console, Callable<Integer> command) throws Exception {
        return during(console, metrics -> command.call());
    }

    /** The same for a command that counts something itself. */
    int during(Console console, Counted command) throws Exception {
        Metrics metrics = start(console);
        try {
            return command.run(metrics);
        } finally {
            if (metrics != null) {
                metrics.close();
            }
        }
    }

    /** A command that counts something itself, if there are metrics. */
    interface Counted {
        int run(@Nullable Metrics metrics) throws Exception;
    }

    private int number(String text) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > HIGHEST) {
            throw new BadInput(portName + " was '" + text + "', expected a port from 0 (any) to " + HIGHEST);
        }
        return Integer.parseInt(text);
    }

    private InetAddress address() {
        if (address == null) {
            return InetAddress.getLoopbackAddress();
        }
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException unknown) {
            throw new BadInput(addressName + " was '" + address + "', expected an address of this machine");
        }
    }

    private static @Nullable String set(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }
}

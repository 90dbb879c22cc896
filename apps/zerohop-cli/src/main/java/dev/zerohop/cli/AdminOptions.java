package dev.zerohop.cli;

import dev.zerohop.admin.StatusPage;
import dev.zerohop.admin.StatusServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that run for a while: the status page of their balancers. */
final class AdminOptions {
    @Option(
            names = "--admin-port",
            paramLabel = "N",
            description =
                    "serves the status page at this port while the command runs, 0 for any free one (default: none)")
    private @Nullable Integer port;

    @Option(
            names = "--admin-address",
            paramLabel = "ADDRESS",
            description = "the address to serve it on (default: 127.0.0.1)")
    private @Nullable String address;

    @Option(
            names = "--admin-remote",
            description =
                    "allows an --admin-address that other machines reach: addresses and settings can be read from there")
    private boolean remote;

    @Option(
            names = "--admin-host",
            paramLabel = "NAME",
            description =
                    "a name under which browsers may ask for it, beside localhost and its address; may be given again")
    private List<String> hosts = new ArrayList<>();

    /** Runs a command, and serves the page meanwhile if it is wanted. Its balancers are to be made within: those that exist already are not observed. */
    int during(Console console, Callable<Integer> command) throws Exception {
        return during(console, List::of, command);
    }

    /** {@code about} is what the process says of itself beside its balancers. */
    int during(Console console, Supplier<List<String>> about, Callable<Integer> command) throws Exception {
        if (port == null) {
            if (address != null || remote || !hosts.isEmpty()) {
                throw new BadInput("--admin-address, --admin-remote or --admin-host was given without --admin-port");
            }
            return command.call();
        }
        Checks.port("--admin-port", port);
        try (StatusPage page = page(about);
                StatusServer server = start(page, new InetSocketAddress(bound(), port))) {
            console.note("status page: " + server.uri());
            return command.call();
        }
    }

    private StatusPage page(Supplier<List<String>> about) {
        try {
            return StatusPage.builder().allowHosts(hosts).about(about).build();
        } catch (IllegalArgumentException rejected) {
            throw new BadInput("--admin-host: " + rejected.getMessage());
        }
    }

    private InetAddress bound() {
        if (address == null) {
            return InetAddress.getLoopbackAddress();
        }
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException unknown) {
            throw new BadInput("--admin-address was '" + address + "', expected an address of this machine");
        }
    }

    private StatusServer start(StatusPage page, InetSocketAddress at) {
        Checks.that(
                remote || at.getAddress().isLoopbackAddress(),
                "--admin-address",
                String.valueOf(address),
                "an address of loopback, because other machines reach this one; --admin-remote allows it");
        try {
            return remote ? StatusServer.startForOthers(page, at) : StatusServer.start(page, at);
        } catch (IOException busy) {
            throw new BadInput("--admin-port was '" + port + "', where the status page cannot listen on "
                    + at.getAddress().getHostAddress() + ": " + busy.getMessage() + ", expected a free port");
        }
    }
}

package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.Target;
import dev.zerohop.Time;
import dev.zerohop.admin.StatusPage;
import dev.zerohop.config.Configurations;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop top}. */
@Command(
        name = "top",
        description = {
            "Shows the endpoints of a running process, or of a target, and renews them every second until q is pressed. The keys t, s, l and f sort by status, share,"
                    + " latency and failures. Where the output is no terminal it prints a table each second.",
            "",
            "A URL is that of a status page (--admin-port of other commands). Of a target it follows the source and sends no traffic, so only a URL shows shares."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class TopCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "TARGET|URL",
            description = "the source of endpoints, or the address of a status page such as http://127.0.0.1:9000/")
    private String target = "";

    @Option(
            names = "--sort",
            paramLabel = "BY",
            defaultValue = "status",
            description =
                    "status (what takes no calls first), share, latency or failures, the largest first (default: ${DEFAULT-VALUE})")
    private String sortName = "";

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text, or json (one object on one line each second) (default: ${DEFAULT-VALUE})")
    private String output = "";

    TopCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        Output form = Output.parse(output, Output.TEXT, Output.JSON);
        TopTable.Sort sort = TopTable.Sort.of(sortName);
        boolean url = target.startsWith("http://") || target.startsWith("https://");
        try (TopSource source = url ? RemoteStatus.of(target) : OwnStatus.of(Targets.parse(target))) {
            CountDownLatch over = new CountDownLatch(1);
            boolean screen = form == Output.TEXT && console.outColumns() > 0;
            try (Terminal terminal = screen ? Terminal.take(console) : Terminal.NONE) {
                TopShow show = new TopShow(console, target, source, form, terminal, Time.system());
                show.sort(sort);
                terminal.onKey(key -> {
                    show.sort(TopTable.Sort.ofKey(key, show.sort()));
                    if (key == 'q' || key == 'Q') {
                        over.countDown();
                    }
                });
                return Interruptible.run(0, over::countDown, () -> {
                    do {
                        if (!show.tick()) {
                            break;
                        }
                    } while (!over.await(1, TimeUnit.SECONDS));
                    return Main.OK;
                });
            }
        }
    }

    /** A page of this process, over a balancer of its own. */
    private record OwnStatus(StatusPage page, Balancer balancer) implements TopSource {
        static OwnStatus of(Target target) {
            StatusPage page = StatusPage.create();
            Balancer balancer = Balancer.builder(target.text())
                    .resolver(Targets.newResolver(target))
                    .defaults(Configurations.defaults())
                    .followSourceConfiguration(Checkless::of)
                    .build();
            balancer.start();
            return new OwnStatus(page, balancer);
        }

        @Override
        public String read() {
            return page.respond("GET", "localhost", "/state.json", null).text();
        }

        @Override
        public void close() {
            balancer.close();
            page.close();
        }
    }
}

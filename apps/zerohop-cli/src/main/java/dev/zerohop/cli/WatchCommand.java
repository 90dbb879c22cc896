package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Snapshot;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop watch}. */
@Command(
        name = "watch",
        description =
                "Prints the whole membership of a target, now and at each change of it, until it is interrupted. Sends no traffic.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class WatchCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "TARGET",
            description = "the source of endpoints, such as file:///etc/orders/endpoints.json")
    private String target = "";

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description =
                    "text (a table for each change), or json or ndjson (one object on one line for each change) (default: ${DEFAULT-VALUE})")
    private String output = "";

    @Mixin
    private final AdminOptions admin = new AdminOptions();

    @Mixin
    private final MetricsOptions metrics = new MetricsOptions();

    @Mixin
    private final LogOptions log = new LogOptions();

    WatchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        log.apply();
        Output form = Output.parse(output, Output.TEXT, Output.JSON, Output.NDJSON);
        Target parsed = Targets.parse(target);
        CountDownLatch over = new CountDownLatch(1);
        Printer printer = new Printer(parsed, form, over);
        return metrics.during(console, () -> admin.during(console, () -> watch(parsed, printer, over)));
    }

    private int watch(Target parsed, Printer printer, CountDownLatch over) throws Exception {
        Balancer balancer = Balancer.builder(parsed.text())
                .resolver(Targets.newResolver(parsed))
                .defaults(Configurations.defaults())
                .followSourceConfiguration(Checkless::of)
                .listener(printer)
                .build();
        printer.balancer = balancer;
        return Interruptible.run(0, over::countDown, () -> {
            try (balancer) {
                balancer.start();
                over.await();
            }
            return Main.OK;
        });
    }

    /** Called by the balancer, one change after the other. */
    private final class Printer implements BalancerListener {
        private final Target watched;
        private final Output form;
        private final CountDownLatch over;
        private @Nullable Balancer balancer;
        private @Nullable Membership last;
        private String lastError = "";
        private String rejectedValue = "";

        Printer(Target watched, Output form, CountDownLatch over) {
            this.watched = watched;
            this.form = form;
            this.over = over;
        }

        @Override
        public void onRebuild(String service, Snapshot snapshot, Duration took) {
            show();
        }

        @Override
        public void onStale(String service, Duration age, Throwable cause) {
            String error = cause.getMessage() == null ? cause.toString() : cause.getMessage();
            if (!error.equals(lastError)) {
                lastError = error;
                console.note("the source cannot be read: " + error);
            }
            show();
        }

        @Override
        public void onFresh(String service) {
            lastError = "";
        }

        @Override
        public void onConfigurationRejected(String service, String reason) {
            // A source that reads its configuration itself has reported it already.
            if (!reason.equals(rejectedValue)) {
                console.note("the source's configuration is rejected: " + reason);
            }
        }

        @Override
        public void onUnconfigured(String service, String reason) {
            console.note(
                    "there was no good configuration before the rejected one: calls fail until the source gives a good one or takes this one back");
        }

        @Override
        public void onSourceValueRejected(String service, String reason) {
            rejectedValue = reason;
            console.note("a value of the source is rejected: " + reason);
        }

        private void show() {
            Membership now = balancer == null ? null : Membership.of(watched, balancer);
            if (now == null || now.sameAs(last)) {
                return;
            }
            last = now;
            if (!console.line(form == Output.TEXT ? now.toText() : now.toJson())) {
                over.countDown();
            }
        }
    }
}

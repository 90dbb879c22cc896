package dev.zerohop.cli;

import dev.zerohop.Target;
import dev.zerohop.picker.HashPolicy;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop call}. */
@Command(
        name = "call",
        description = "Sends calls to the endpoints of a target and prints how they ended.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class CallCommand implements Callable<Integer> {
    private static final long DEFAULT_COUNT = 100;

    /** How many calls of an open loop may be under way; further ones start late, and their latency counts from the intended start. */
    private static final int OPEN_LOOP_CONCURRENCY = 10_000;

    private static final long NEVER = Long.MAX_VALUE;

    private final Console console;
    private final Callers callers;

    @Parameters(
            paramLabel = "TARGET",
            description = "the source of endpoints, such as static:///10.0.0.1:8080,10.0.0.2:8080")
    private String target = "";

    @Option(
            names = "--transport",
            paramLabel = "grpc|http",
            defaultValue = "grpc",
            description = "how to call (default: ${DEFAULT-VALUE})")
    private String transport = "";

    @Option(
            names = "--policy",
            paramLabel = "NAME",
            completionCandidates = Settings.Policies.class,
            description =
                    "how to pick: ${COMPLETION-CANDIDATES} (default: what the source configures, else weighted_round_robin)")
    private @Nullable String policy;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "a complete configuration in JSON, instead of --policy")
    private @Nullable String config;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "how many calls (default: 100, or one for each key of --ids); exit code 1 if one failed")
    private @Nullable Long count;

    @Option(
            names = "--duration",
            paramLabel = "S",
            description =
                    "for how many seconds calls are begun, instead of --count; failed calls leave the exit code 0")
    private @Nullable Double duration;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description = "calls under way at once (default: 1; with --rate: 10000)")
    private @Nullable Integer concurrency;

    @Option(
            names = "--rate",
            paramLabel = "R",
            description =
                    "calls begun in a second, regardless of earlier calls (open loop); latency counts from the intended start")
    private @Nullable Double rate;

    @Option(names = "--key", paramLabel = "TEXT", description = "the key of every call, a text")
    private @Nullable String key;

    @Option(names = "--id", paramLabel = "INTEGER", description = "the key of every call, an integer of 64 bits")
    private @Nullable String id;

    @Option(names = "--ids", paramLabel = "FROM-TO", description = "the integer keys of the calls, one after the other")
    private @Nullable String ids;

    @Option(
            names = "--timeout",
            paramLabel = "MS",
            defaultValue = "5000",
            description =
                    "milliseconds for one call, and for the first answer of the source (default: ${DEFAULT-VALUE})")
    private long timeoutMillis;

    @Option(
            names = "--path",
            paramLabel = "P",
            description =
                    "the path of an HTTP call (default: /), or the full method of a gRPC call (default: zerohop.Echo/Call)")
    private @Nullable String path;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description =
                    "text, json (totals) or ndjson (one object for each second, no totals) (default: ${DEFAULT-VALUE})")
    private String output = "";

    @Mixin
    private final AdminOptions admin = new AdminOptions();

    @Mixin
    private final MetricsOptions metrics = new MetricsOptions();

    @Mixin
    private final LogOptions log = new LogOptions();

    CallCommand(Console console, Callers callers) {
        this.console = console;
        this.callers = callers;
    }

    @Override
    public Integer call() throws Exception {
        log.apply();
        Output form = Output.parse(output, Output.TEXT, Output.JSON, Output.NDJSON);
        Checks.that(transport.equals("grpc") || transport.equals("http"), "--transport", transport, "grpc or http");
        Settings settings = Settings.of(policy, config);
        CallKeys keys = CallKeys.of(key, id, ids);
        if (keys.count() == 0 && policy != null && settings.parsed().policy().keyed()) {
            throw new BadInput(
                    "--policy " + policy + " picks by key and none was given, expected --key, --id or --ids");
        }
        LoadPlan plan = plan(keys);
        Target parsed = Targets.parse(target);
        return metrics.during(console, () -> admin.during(console, () -> run(parsed, settings, plan, form, keys)));
    }

    private int run(Target parsed, Settings settings, LoadPlan plan, Output form, CallKeys keys) throws Exception {
        try (Caller caller = open(parsed, settings)) {
            LoadRun run = new LoadRun(caller, plan);
            return Interruptible.run(timeoutMillis, run::stop, () -> {
                caller.awaitReady(plan.timeoutNanos());
                boolean byHash = policy != null && settings.parsed().policy() instanceof HashPolicy;
                return send(run, form, caller, keys.count() > 0 && !byHash);
            });
        }
    }

    private Caller open(Target parsed, Settings settings) {
        long timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        if (transport.equals("http")) {
            String httpPath = path == null ? "/" : path;
            Checks.that(httpPath.startsWith("/"), "--path", httpPath, "a path that begins with /");
            return callers.http(parsed, settings, timeoutNanos, httpPath);
        }
        String method = path == null ? EchoGrpc.SERVICE + "/Call" : path.startsWith("/") ? path.substring(1) : path;
        Checks.that(
                method.matches("[^/\\s]+/[^/\\s]+"),
                "--path",
                path == null ? method : path,
                "a full gRPC method such as zerohop.Echo/Call");
        return callers.grpc(parsed, settings, timeoutNanos, method);
    }

    private LoadPlan plan(CallKeys keys) {
        if (count != null && duration != null) {
            throw new BadInput("--count and --duration were both given, expected one of them");
        }
        if (count != null) {
            Checks.that(count >= 1, "--count", count, "1 or more");
        }
        if (duration != null) {
            Checks.that(
                    duration > 0 && duration <= 1e6, "--duration", duration, "more than 0, at most 1000000 seconds");
        }
        if (concurrency != null) {
            Checks.between("--concurrency", concurrency, 1, 100_000);
        }
        if (rate != null) {
            Checks.that(rate > 0 && rate <= 1e6, "--rate", rate, "more than 0, at most 1000000 calls a second");
        }
        Checks.between("--timeout", timeoutMillis, 1, 3_600_000);
        long calls = count != null ? count : duration != null ? NEVER : keys.count() > 1 ? keys.count() : DEFAULT_COUNT;
        return new LoadPlan(
                calls,
                duration == null ? NEVER : (long) (duration * TimeUnit.SECONDS.toNanos(1)),
                concurrency != null ? concurrency : rate != null ? OPEN_LOOP_CONCURRENCY : 1,
                rate == null ? 0 : rate,
                TimeUnit.MILLISECONDS.toNanos(timeoutMillis),
                keys.keys());
    }

    private int send(LoadRun run, Output form, Caller caller, boolean keyed) throws InterruptedException {
        long start = System.nanoTime();
        SecondTicker ticker = new SecondTicker(() -> tick(run, form));
        CallStats total;
        try {
            total = run.run();
        } finally {
            ticker.stop();
        }
        console.progress("");
        String unconfigured = caller.unconfigured();
        if (unconfigured != null) {
            console.note(
                    "the source's configuration is rejected, and there was no good one before it: " + unconfigured
                            + "; calls fail until the source gives a good one or takes this one back (--policy or --config overrides it)");
        }
        caller.rejected().note(console, unconfigured);
        String unnumbered = caller.unnumbered();
        if (keyed && unnumbered != null && total.ok() < total.calls()) {
            console.note("no endpoint has an ordinal, which a sharded call needs to find the owner of its key: "
                    + unnumbered);
        }
        // The causes of calls that fail because of the configuration would only repeat the line above.
        total.causes().shown().stream()
                .map(Object::toString)
                .filter(cause -> unconfigured == null || !cause.contains(unconfigured))
                .forEach(console::note);
        if (total.causes().others() > 0) {
            console.note(total.causes().others() + " calls failed for other reasons");
        }
        switch (form) {
            case TEXT -> console.line(total.toText((System.nanoTime() - start) / 1e9));
            case JSON -> console.line(total.toJson(unconfigured));
            case NDJSON -> {
                CallStats rest = run.takeSecond();
                if (rest.calls() > 0) {
                    console.line(rest.toJson(unconfigured));
                }
            }
        }
        return unconfigured != null || (duration == null && total.ok() < total.calls()) ? Main.FAILED : Main.OK;
    }

    private void tick(LoadRun run, Output form) {
        CallStats second = run.takeSecond();
        if (form != Output.NDJSON) {
            console.progress(second.calls() + " calls/s, " + (second.calls() - second.ok()) + " failed");
        } else if (!console.line(second.toJson())) {
            run.stop();
        }
    }
}

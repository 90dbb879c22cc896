package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeyDirectory;
import dev.zerohop.Snapshot;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.DirectoryPolicy;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.Placement;
import dev.zerohop.picker.ShardPolicy;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop shard}. */
@Command(
        name = "shard",
        description =
                "Says which endpoint of a target owns a key, and why. Asks the source of endpoints only; connects to none of them.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class ShardCommand implements Callable<Integer> {
    private static final long PATIENCE_SECONDS = 10;
    private static final String DIRECTORY = "directory";

    private final Console console;

    @Parameters(paramLabel = "TARGET", description = "the source of endpoints, which must have ordinals or a directory")
    private String target = "";

    @Option(names = "--key", paramLabel = "TEXT", description = "the key, a text")
    private @Nullable String key;

    @Option(names = "--id", paramLabel = "INTEGER", description = "the key, an integer of 64 bits")
    private @Nullable Long id;

    @Option(
            names = "--strategy",
            paramLabel = "S",
            description =
                    "jump, modulo or directory; ranges, lookup or prefix where the source configures them (default: what the source configures, else jump)")
    private @Nullable String strategy;

    @Option(
            names = "--shards",
            paramLabel = "N",
            description = "the number of shards (default: the source's own count, else the highest ordinal + 1)")
    private @Nullable Integer shards;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE})")
    private String output = "";

    ShardCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        Output form = Output.parse(output, Output.TEXT, Output.JSON);
        EndpointSelector selector = CallKeys.selector(key, id);
        ShardPolicy.Strategy wanted = strategy == null || strategy.equals(DIRECTORY) ? null : strategy(strategy);
        if (wanted == ShardPolicy.Strategy.MODULO && key != null) {
            throw new BadInput("--key was '" + key + "' with --strategy modulo, expected an integer key (--id)");
        }
        if (shards != null && DIRECTORY.equals(strategy)) {
            throw new BadInput("--shards was " + shards + " with --strategy directory, expected none");
        }
        if (shards != null) {
            Checks.that(shards >= 1, "--shards", shards, "1 or more");
        }
        Target parsed = Targets.parse(target);
        Observer observer = new Observer();
        try (Balancer balancer = Balancer.builder(parsed.text())
                .resolver(Targets.newResolver(parsed))
                .settings(Configurations.defaults())
                .configurationParser(Configurations::parse)
                .listener(observer)
                .build()) {
            balancer.start();
            if (!observer.answered.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new Failure(parsed.text() + " did not answer within " + PATIENCE_SECONDS + " s" + observer.error);
            }
            DirectoryPolicy directory = directory(balancer);
            Placement placement =
                    directory == null ? place(wanted, selector, balancer) : lookUp(directory, selector, balancer);
            console.line(form == Output.JSON ? json(placement) : text(placement));
        }
        return Main.OK;
    }

    private static ShardPolicy.Strategy strategy(String name) {
        try {
            return ShardPolicy.Strategy.byName(name);
        } catch (IllegalArgumentException refused) {
            throw new BadInput("--" + refused.getMessage());
        }
    }

    /** The directory policy if the source configures it, or the command line wants it; else null. */
    private @Nullable DirectoryPolicy directory(Balancer balancer) {
        boolean wanted = DIRECTORY.equals(strategy);
        if ((wanted || strategy == null)
                && shards == null
                && balancer.settings().policy() instanceof DirectoryPolicy configured) {
            return configured;
        }
        return wanted ? Pickers.directory() : null;
    }

    /** As the source's directory has it, which is asked for this one key. */
    private static Placement lookUp(DirectoryPolicy policy, EndpointSelector selector, Balancer balancer)
            throws InterruptedException, ExecutionException {
        KeyDirectory directory = balancer.snapshot().directory();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (directory != null) {
            CompletableFuture<Void> next = balancer.nextChange().toCompletableFuture();
            if (!(directory.find(selector) instanceof KeyDirectory.Unknown unknown)) {
                break;
            }
            if (!unknown.asking()) {
                throw new Failure("the owner of the key cannot be found out: " + unknown.reason());
            }
            try {
                next.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException late) {
                throw new Failure(
                        "the owner of the key is not known after " + PATIENCE_SECONDS + " s: " + unknown.reason());
            }
        }
        return policy.place(selector, balancer.snapshot());
    }

    /** By the shard policy that the source configures, unless the command line wants another. */
    private Placement place(ShardPolicy.@Nullable Strategy wanted, EndpointSelector selector, Balancer balancer) {
        Snapshot snapshot = balancer.snapshot();
        if (shards == null && balancer.settings().policy() instanceof ShardPolicy configured) {
            Placement placement = configured.place(selector, snapshot);
            if (strategy == null || strategy.equals(placement.strategy())) {
                return placement;
            }
        }
        ShardPolicy.Builder builder =
                ShardPolicy.builder().strategy(wanted == null ? ShardPolicy.Strategy.JUMP : wanted);
        if (shards != null) {
            builder.shards(shards);
        }
        try {
            return builder.build().place(selector, snapshot);
        } catch (IllegalArgumentException refused) {
            throw new BadInput(
                    "--strategy " + strategy + " needs what the source does not configure: " + refused.getMessage());
        }
    }

    private String json(Placement placement) {
        return Json.object(json -> {
            if (key != null) {
                json.writeStringField("key", key);
            } else if (id != null) {
                json.writeNumberField("key", id);
            }
            if (placement.ordinal() == Endpoint.NO_ORDINAL) {
                json.writeNullField("ordinal");
            } else {
                json.writeNumberField("ordinal", placement.ordinal());
            }
            Endpoint owner = placement.endpoint();
            Json.text(json, "endpoint", owner == null ? null : owner.id());
            json.writeStringField("strategy", placement.strategy());
            json.writeNumberField("shards", placement.shards());
            json.writeArrayFieldStart("why");
            for (String line : placement.why()) {
                json.writeString(line);
            }
            json.writeEndArray();
        });
    }

    private String text(Placement placement) {
        StringBuilder out = new StringBuilder("key ").append(key != null ? '"' + key + '"' : String.valueOf(id));
        Endpoint owner = placement.endpoint();
        if (placement.ordinal() == Endpoint.NO_ORDINAL) {
            out.append(owner == null ? " has no owner" : " belongs to " + owner.id() + " at " + owner.address());
        } else {
            out.append(" belongs to ordinal ").append(placement.ordinal()).append(": ");
            out.append(owner == null ? "no endpoint has it at the moment" : owner.id() + " at " + owner.address());
        }
        placement.why().forEach(line -> out.append("\n  ").append(line));
        return out.toString();
    }

    private static final class Observer implements BalancerListener {
        private final CountDownLatch answered = new CountDownLatch(1);
        private volatile String error = "";

        @Override
        public void onRebuild(String service, Snapshot snapshot) {
            answered.countDown();
        }

        @Override
        public void onStale(String service, Duration age, Throwable cause) {
            error = ", last error: " + (cause.getMessage() == null ? cause.toString() : cause.getMessage());
        }
    }
}

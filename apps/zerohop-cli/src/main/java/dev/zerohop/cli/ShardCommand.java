package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeyDirectory;
import dev.zerohop.KeySource;
import dev.zerohop.NoEndpointException;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import dev.zerohop.Snapshot;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.picker.DirectoryPolicy;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.PlacementExplanation;
import dev.zerohop.picker.ShardPolicy;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop shard}. */
@Command(
        name = "shard",
        description =
                "Prints which endpoint of a target owns a key, and why. Reads the source of endpoints only; connects to"
                        + " no endpoint.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class ShardCommand implements Callable<Integer> {
    private static final long PATIENCE_SECONDS = 10;
    private static final String DIRECTORY = "directory";

    private final Console console;

    @Parameters(paramLabel = "TARGET", description = "the source of endpoints, which must have ordinals or a directory")
    private String target = "";

    @Option(
            names = "--key",
            paramLabel = "TEXT",
            description = "the key as in calls: an integer or a text if the source's configuration defines where keys"
                    + " are, else a text")
    private @Nullable String key;

    @Option(names = "--id", paramLabel = "INTEGER", description = "the key, an integer of 64 bits")
    private @Nullable String id;

    @Option(
            names = "--strategy",
            paramLabel = "S",
            description =
                    "jump, modulo or directory; ranges, lookup or prefix where the source configures them (default:"
                            + " what the source configures, else jump)")
    private @Nullable String strategy;

    @Option(
            names = "--shards",
            paramLabel = "N",
            description =
                    "the number of shards, instead of the source's (default: the source's own map or count, else a"
                            + " guess, the highest ordinal + 1)")
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
        CallKeys.oneOf(key, id);
        EndpointSelector number = id == null ? null : CallKeys.selector(null, id);
        ShardPolicy.Strategy wanted = strategy == null || strategy.equals(DIRECTORY) ? null : strategy(strategy);
        if (shards != null && DIRECTORY.equals(strategy)) {
            throw new BadInput("--shards was " + shards + " with --strategy directory, expected none");
        }
        if (shards != null) {
            Checks.between("--shards", shards, 1, ShardPlacement.MAX_SHARDS);
        }
        Target parsed = Targets.parse(target);
        FirstAnswer answer = new FirstAnswer();
        try (Balancer balancer = Balancer.builder(parsed.text())
                .resolver(Targets.newResolver(parsed))
                .defaults(Configurations.defaults())
                .followSourceConfiguration(Checkless::of)
                .listener(answer)
                .build()) {
            balancer.start();
            if (!answer.await(TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS))) {
                throw new Failure(parsed.text() + " did not answer within " + PATIENCE_SECONDS + " s"
                        + (answer.error() == null ? "" : ", last error: " + answer.error()));
            }
            String unconfigured = balancer.current().unconfigured();
            answer.rejected().note(console, unconfigured);
            if (unconfigured != null) {
                reportUnconfigured(form, unconfigured);
            }
            EndpointSelector selector = number != null ? number : selector(String.valueOf(key), balancer);
            if (wanted == ShardPolicy.Strategy.MODULO && selector.text() != null) {
                throw new BadInput("--key was '" + key + "' with --strategy modulo, expected an integer key (--id)");
            }
            DirectoryPolicy directory = directory(balancer);
            PlacementExplanation placement =
                    directory == null ? place(wanted, selector, balancer) : lookUp(directory, selector, balancer);
            console.line(form == Output.JSON ? json(selector, placement) : text(selector, placement));
        }
        return Main.OK;
    }

    /** No endpoint owns a key while the configuration is rejected. The result of another strategy can still be requested. */
    private void reportUnconfigured(Output form, String unconfigured) {
        if (strategy != null) {
            console.note(
                    "the source's configuration is rejected, calls fail until there is a good one: " + unconfigured);
            return;
        }
        if (form == Output.JSON) {
            console.line(JsonWriter.object(json -> json.writeStringField("configurationRefused", unconfigured)));
        }
        throw new Failure(
                "no endpoint owns the key: the source's configuration is rejected, and there was no good one before it: "
                        + unconfigured + " (--strategy places keys without it)");
    }

    /** A key as in calls: read by the configuration of the source if that defines where keys are, else as a text. */
    private static EndpointSelector selector(String key, Balancer balancer) {
        KeySource source = balancer.current().settings().key();
        if (source == null) {
            return CallKeys.selector(key, null);
        }
        EndpointSelector selector;
        try {
            selector = source.selector("--key", List.of(key));
        } catch (NoEndpointException refused) {
            throw new BadInput(refused.refusal().message());
        }
        if (selector == null) {
            throw CallKeys.empty("--key", key);
        }
        return selector;
    }

    private static ShardPolicy.Strategy strategy(String name) {
        try {
            return ShardPolicy.Strategy.byName(name);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput("--strategy was '" + name + "', expected jump, modulo or " + DIRECTORY
                    + ", or ranges, lookup or prefix where the source configures them");
        }
    }

    /** The directory policy if the source or the command line configures it, else null. */
    private @Nullable DirectoryPolicy directory(Balancer balancer) {
        boolean wanted = DIRECTORY.equals(strategy);
        if ((wanted || strategy == null)
                && shards == null
                && balancer.current().settings().policy() instanceof DirectoryPolicy configured) {
            return configured;
        }
        return wanted ? Pickers.directory() : null;
    }

    /** Looks up this one key in the source's directory. */
    private static PlacementExplanation lookUp(DirectoryPolicy policy, EndpointSelector selector, Balancer balancer)
            throws InterruptedException, ExecutionException {
        KeyDirectory directory = balancer.current().snapshot().directory();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (directory != null) {
            CompletableFuture<Void> next = balancer.nextChange().toCompletableFuture();
            if (!(directory.find(selector) instanceof KeyDirectory.Unknown unknown)) {
                break;
            }
            if (!unknown.asking()) {
                throw new Failure("the owner of the key cannot be looked up: " + unknown.reason());
            }
            try {
                next.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException late) {
                throw new Failure(
                        "the owner of the key was not found within " + PATIENCE_SECONDS + " s: " + unknown.reason());
            }
        }
        return policy.place(selector, balancer.current().snapshot());
    }

    /** Places the key by the shard policy that the source configures, unless the command line selects another. */
    private PlacementExplanation place(
            ShardPolicy.@Nullable Strategy wanted, EndpointSelector selector, Balancer balancer) {
        Snapshot snapshot = balancer.current().snapshot();
        if (shards == null && balancer.current().settings().policy() instanceof ShardPolicy configured) {
            PlacementExplanation placement = configured.place(selector, snapshot);
            if (strategy == null || strategy.equals(placement.strategy())) {
                return placement;
            }
        }
        ShardPolicy.Builder builder =
                ShardPolicy.builder().strategy(wanted == null ? ShardPolicy.Strategy.JUMP : wanted);
        if (shards != null) {
            builder.shards(shards);
        }
        // The command line overrides a map of the source.
        Snapshot asked = wanted == null && shards == null
                ? snapshot
                : Snapshot.of(snapshot.members(), snapshot.shards())
                        .missing(snapshot.missingOrdinals())
                        .unnumbered(snapshot.unnumbered());
        try {
            return builder.build().place(selector, asked);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput("--strategy " + strategy + " needs a configuration that the source does not have: "
                    + rejected.getMessage());
        }
    }

    private static String json(EndpointSelector selector, PlacementExplanation placement) {
        return JsonWriter.object(json -> {
            String text = selector.text();
            if (text != null) {
                json.writeStringField("key", text);
            } else {
                json.writeNumberField("key", selector.number());
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
            if (placement.epoch() != ShardMap.NO_EPOCH) {
                json.writeNumberField("epoch", placement.epoch());
            }
            if (placement.replicas().size() > 1) {
                json.writeArrayFieldStart("replicas");
                for (Endpoint replica : placement.replicas()) {
                    json.writeString(replica.id());
                }
                json.writeEndArray();
            }
            json.writeArrayFieldStart("why");
            for (String line : placement.why()) {
                json.writeString(line);
            }
            json.writeEndArray();
        });
    }

    private static String text(EndpointSelector selector, PlacementExplanation placement) {
        StringBuilder out = new StringBuilder("key ").append(selector);
        if (placement.ordinal() == Endpoint.NO_ORDINAL) {
            Endpoint named = placement.endpoint();
            out.append(named == null ? " has no owner" : " belongs to " + named.id() + " at " + named.address());
        } else {
            out.append(" belongs to ordinal ").append(placement.ordinal()).append(": ");
            out.append(
                    placement.replicas().isEmpty()
                            ? "no endpoint has it at the moment"
                            : placement.replicas().stream()
                                    .map(owner -> owner.id() + " at " + owner.address())
                                    .collect(Collectors.joining(", ")));
        }
        placement.why().forEach(line -> out.append("\n  ").append(line));
        return out.toString();
    }
}

package dev.zerohop.cli;

import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement;
import dev.zerohop.Target;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdShardMap;
import dev.zerohop.resolver.ShardMapJson;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop shard-map}. */
@Command(
        name = "shard-map",
        description =
                "Shows the shard map of a service in etcd, or changes it by one step. Each step is a compare-and-swap and may be"
                        + " repeated. Prints the map that is then in etcd.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class ShardMapCommand implements Callable<Integer> {
    private static final long PATIENCE_SECONDS = 10;

    private enum Step {
        SHOW(""),
        BEGIN("--count, --first-ordinal, --map, --epoch"),
        ANNOUNCE("--count, --first-ordinal, --map, --keys, --epoch"),
        CUT_OVER("--epoch"),
        WITHDRAW("--epoch");

        private final String options;

        Step(String options) {
            this.options = options;
        }

        static Step parse(String text) {
            for (Step step : values()) {
                if (step.toString().equals(text)) {
                    return step;
                }
            }
            throw new BadInput("STEP was '" + text + "', expected show, begin, announce, cut-over or withdraw");
        }

        void check(String option, @Nullable Object value) {
            if (value != null && !options.contains(option)) {
                throw new BadInput(option + " was given with " + this + ", expected "
                        + (options.isEmpty() ? "no options" : "only " + options));
            }
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "STEP",
            description = {
                "show",
                "begin: write the first map, with --count or --map",
                "announce: announce a move to --count or --map, with the next unused epoch",
                "cut-over: make the announced epoch (--epoch) the current one",
                "withdraw: withdraw the move to --epoch, which is never used again"
            })
    private String step = "";

    @Parameters(index = "1", paramLabel = "TARGET", description = "the service, as etcd://HOST:PORT/SERVICE")
    private String target = "";

    @Option(names = "--count", paramLabel = "N", description = "the number of shards")
    private @Nullable Integer count;

    @Option(names = "--first-ordinal", paramLabel = "N", description = "with --count: the first ordinal (default: 0)")
    private @Nullable Integer firstOrdinal;

    @Option(
            names = "--map",
            paramLabel = "JSON",
            description = "instead of a count, an explicit map, such as"
                    + " {\"strategy\": \"prefix\", \"prefixes\": {\"eu-\": 0}, \"default\": 1}")
    private @Nullable String map;

    @Option(
            names = "--keys",
            paramLabel = "RULE",
            description =
                    "with announce: who gets the keys that move, OLD_UNTIL_CUTOVER or NEW_AT_ONCE (default: OLD_UNTIL_CUTOVER)")
    private @Nullable String keys;

    @Option(
            names = "--epoch",
            paramLabel = "N",
            description =
                    "with cut-over and withdraw: the epoch of the move, as announce printed it; with begin: the first epoch (default: 1); with announce: the lowest epoch to use (default: the next unused one)")
    private @Nullable Long epoch;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE})")
    private String output = "";

    ShardMapCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        Output form = Output.parse(output, Output.TEXT, Output.JSON);
        Step wanted = Step.parse(step);
        Target service = Targets.parse(target);
        Checks.that(
                service.scheme().equals("etcd"),
                "TARGET",
                target,
                "one of the scheme etcd, as in etcd://HOST:PORT/SERVICE");
        Function<EtcdShardMap, CompletableFuture<Optional<ShardMap>>> change = change(wanted);
        try (EtcdClient etcd = EtcdClient.of(service.authority().split(","))) {
            ShardMap now = done(change.apply(EtcdShardMap.of(etcd, service.path())), wanted)
                    .orElseThrow(() -> new Failure("service " + service.path() + " has no shard map in etcd"));
            console.line(form == Output.JSON ? ShardMapJson.write(now) : text(now));
        }
        return Main.OK;
    }

    private Function<EtcdShardMap, CompletableFuture<Optional<ShardMap>>> change(Step wanted) {
        wanted.check("--count", count);
        wanted.check("--first-ordinal", firstOrdinal);
        wanted.check("--map", map);
        wanted.check("--keys", keys);
        wanted.check("--epoch", epoch);
        if (epoch != null) {
            Checks.between("--epoch", epoch, 0, ShardMap.MAX_EPOCH);
        }
        return switch (wanted) {
            case SHOW -> EtcdShardMap::read;
            case BEGIN -> {
                long first = epoch == null ? EtcdShardMap.FIRST_EPOCH : epoch;
                ShardPlacement placement = placement();
                yield shards -> shards.begin(first, placement).thenApply(Optional::of);
            }
            case ANNOUNCE -> {
                MovingKeys rule = rule();
                ShardPlacement placement = placement();
                long least = epoch == null ? 0 : epoch;
                yield shards -> shards.announce(placement, rule, least).thenApply(Optional::of);
            }
            case CUT_OVER -> {
                long coming = coming();
                yield shards -> shards.cutOver(coming).thenApply(Optional::of);
            }
            case WITHDRAW -> {
                long coming = coming();
                yield shards -> shards.withdraw(coming).thenApply(Optional::of);
            }
        };
    }

    private long coming() {
        if (epoch == null) {
            throw new BadInput("--epoch was missing, expected the epoch of the move");
        }
        return epoch;
    }

    private MovingKeys rule() {
        if (keys == null) {
            return MovingKeys.OLD_UNTIL_CUTOVER;
        }
        for (MovingKeys rule : MovingKeys.values()) {
            if (rule.name().equals(keys)) {
                return rule;
            }
        }
        throw new BadInput("--keys was '" + keys + "', expected OLD_UNTIL_CUTOVER or NEW_AT_ONCE");
    }

    private ShardPlacement placement() {
        if ((count == null) == (map == null)) {
            throw new BadInput((count == null ? "neither --count nor --map was" : "--count and --map were both")
                    + " given, expected one of them");
        }
        if (count == null) {
            if (firstOrdinal != null) {
                throw new BadInput("--first-ordinal was given with --map, expected it with --count only");
            }
            return explicit(String.valueOf(map));
        }
        try {
            return new ShardCount(count, firstOrdinal == null ? 0 : firstOrdinal);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput("--count: " + rejected.getMessage());
        }
    }

    private static ShardPlacement explicit(String json) {
        ShardMap read;
        try {
            read = ShardMapJson.parse(json.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException rejected) {
            throw new BadInput("--map: " + rejected.getMessage());
        }
        if (read.hasEpoch() || read.move() != null) {
            throw new BadInput(
                    "--map had an epoch or a move, expected a placement alone: the map in etcd assigns epochs");
        }
        return read.placement();
    }

    private static <T> T done(CompletableFuture<T> answer, Step wanted) throws InterruptedException {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            throw new Failure(wanted + " failed: " + (cause == null ? failed : cause).getMessage());
        } catch (TimeoutException late) {
            throw new Failure(wanted + " got no answer within " + PATIENCE_SECONDS
                    + " s and may or may not have been applied: repeat it, which changes nothing if it was applied");
        }
    }

    private static String text(ShardMap now) {
        StringBuilder out = new StringBuilder(
                "epoch " + now.epoch() + ": " + now.placement().words());
        ShardMap.Move move = now.move();
        if (move != null) {
            out.append(
                    "\nmove to epoch " + move.epoch() + ": " + move.placement().words() + ", " + move.keys());
        } else if (now.highestEpoch() > now.epoch()) {
            out.append("\nwithdrawn: epochs up to " + now.highestEpoch());
        }
        return out.toString();
    }
}

package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps of a move from the command line, over a real etcd. */
class ShardMapCommandTest {
    @TempDir
    private Path directory;

    private Etcd etcd;

    @BeforeEach
    void begin() throws IOException {
        etcd = Etcd.started(directory);
    }

    @AfterEach
    void end() {
        etcd.close();
    }

    private Cli.Result run(String step, String... options) {
        String[] args = new String[options.length + 3];
        args[0] = "shard-map";
        args[1] = step;
        args[2] = "etcd://" + etcd.address() + "/orders";
        System.arraycopy(options, 0, args, 3, options.length);
        return Cli.run(args);
    }

    private void done(String printed, String step, String... options) {
        Cli.Result result = run(step, options);
        assertThat(result.err()).isEmpty();
        assertThat(result.out().strip()).isEqualTo(printed);
        assertThat(result.code()).isZero();
    }

    private void refused(String why, String step, String... options) {
        Cli.Result result = run(step, options);
        assertThat(result.code()).isEqualTo(Main.FAILED);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().strip()).isEqualTo("zerohop: " + why);
    }

    @Test
    void aMoveThatIsWithdrawnAndMadeAgainTakesTheNextEpoch() {
        refused("service orders has no shard map in etcd", "show");
        refused(
                "announce failed: there is no map at zerohop/v1/services/orders/shards, expected one: begin with"
                        + " the present placement",
                "announce",
                "--count",
                "5");
        done("epoch 1: 3 shards", "begin", "--count", "3");
        String announced = "epoch 1: 3 shards\nmove to epoch 2: 5 shards, OLD_UNTIL_CUTOVER";
        done(announced, "announce", "--count", "5");
        done(announced, "announce", "--count", "5");
        refused(
                "announce failed: a move to epoch 2, 5 shards, OLD_UNTIL_CUTOVER, is under way; expected none: cut"
                        + " it over or withdraw it first",
                "announce",
                "--count",
                "4");
        done("epoch 1: 3 shards\nwithdrawn: epochs up to 2", "withdraw", "--epoch", "2");
        done(
                "epoch 1: 3 shards\nmove to epoch 3: 4 shards, NEW_AT_ONCE",
                "announce",
                "--count",
                "4",
                "--keys",
                "NEW_AT_ONCE");
        refused(
                "cut-over failed: epoch 1, 3 shards, is the present one and a move to epoch 3, 4 shards, is under"
                        + " way, expected a move to epoch 2",
                "cut-over",
                "--epoch",
                "2");
        done("epoch 3: 4 shards", "cut-over", "--epoch", "3");
        done("{\"epoch\":3,\"count\":4,\"firstOrdinal\":0}", "show", "--output", "json");
        done(
                "epoch 3: 4 shards\nmove to epoch 4: a table of 1 prefixes, OLD_UNTIL_CUTOVER",
                "announce",
                "--map",
                "{\"strategy\": \"prefix\", \"prefixes\": {\"eu-\": 0}, \"default\": 1}");
    }
}

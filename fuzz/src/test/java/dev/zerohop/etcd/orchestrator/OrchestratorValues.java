package dev.zerohop.etcd.orchestrator;

import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.fuzz.Said;
import dev.zerohop.watch.Reflector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What orchestrators write for one another, read as they read it. */
public final class OrchestratorValues {
    private final OrchestratorView view;

    public OrchestratorValues(ServiceKeys keys) {
        this.view = new OrchestratorView(new OrchestratorKeys(keys));
    }

    /** Reads all keys together. */
    public void read(Reflector.State<KeyStore.Entry, KeyStore.Version> state, List<RejectedValue> refused) {
        Said.shown(view.read(state, refused).election().leader());
    }

    public static Object assignment(byte[] value) throws IOException {
        Assignment read = Assignment.parse(value);
        if (read.fence() > 0) {
            readAgain(read, read.toJson(), Assignment::parse);
            int workers = read.workersOf("orders-0").size();
            if (workers != Math.min(Assignment.COPIES, read.workers().size())) {
                throw new AssertionError("falls to " + workers + " of " + read.workers());
            }
        }
        return read;
    }

    public static Object observation(byte[] value) throws IOException {
        Observation read = Observation.parse(value);
        if (read.assignment() > 0) {
            readAgain(read, read.toJson(), Observation::parse);
        }
        return read;
    }

    /** What was written is read as the same. */
    public static <T> void readAgain(T read, String json, LastGood.Parser<T> parser) throws IOException {
        // Half of a surrogate pair, which an escape can bring in, has no form in UTF-8: it names no endpoint.
        if (StandardCharsets.UTF_8.newEncoder().canEncode(json)) {
            Said.same(read, parser.parse(json.getBytes(StandardCharsets.UTF_8)), json);
        }
    }
}

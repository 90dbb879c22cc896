package dev.zerohop.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.SourceConfiguration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Records what is new in each resolution of a resolver. The lists may be read from any thread. */
public class ResolutionRecorder implements Resolver.Listener {
    /** The sets that were news, in order. */
    public final List<EndpointSet> sets = new CopyOnWriteArrayList<>();
    /** The errors, in order. */
    public final List<Throwable> errors = new CopyOnWriteArrayList<>();
    /** When the last set was vouched for again, in order. */
    public final List<Instant> confirmations = new CopyOnWriteArrayList<>();
    /** The configurations, good and bad, in order. */
    public final List<String> configurations = new CopyOnWriteArrayList<>();
    /** Why a source rejected its own configuration, in order. */
    public final List<String> rejections = new CopyOnWriteArrayList<>();
    /** The values that cannot be used, in order. */
    public final List<String> rejected = new CopyOnWriteArrayList<>();
    /** The verdicts, in order. */
    public final List<HealthSource.Verdicts> verdicts = new CopyOnWriteArrayList<>();

    private final AtomicInteger calls = new AtomicInteger();
    private Resolution last = Resolution.NONE;

    /** Begins empty. */
    public ResolutionRecorder() {}

    /** How often it was called. */
    public final int calls() {
        return calls.get();
    }

    /** All that was said last. */
    public final synchronized Resolution resolution() {
        return last;
    }

    /** The last set. */
    public final EndpointSet last() {
        assertTrue(!sets.isEmpty(), () -> "the resolver gave no set; its errors: " + errors);
        return sets.get(sets.size() - 1);
    }

    @Override
    public final synchronized void onResolution(Resolution given) {
        Resolution before = last;
        Resolution now = given.following(before);
        last = now;
        calls.incrementAndGet();
        now.rejected().stream()
                .filter(reason -> !before.rejected().contains(reason))
                .forEach(rejected::add);
        if (now.configuration() != before.configuration()) {
            record(before.configuration(), now.configuration());
        }
        if (now.verdicts() != before.verdicts()) {
            verdicts.add(now.verdicts());
        }
        record(before, now);
        Throwable error = now.error();
        if (error != null && error != before.error()) {
            errors.add(error);
        }
    }

    private void record(Resolution before, Resolution now) {
        EndpointSet set = now.endpoints();
        if (set == null) {
            return;
        }
        EndpointSet known = before.endpoints();
        if (now.hasNewEndpoints(before)) {
            sets.add(set);
        } else if (known != null && !set.asOf().equals(known.asOf())) {
            confirmations.add(set.asOf());
        }
    }

    private void record(SourceConfiguration before, SourceConfiguration now) {
        String text = now.text();
        boolean goodAgain = before.rejection() != null && now.rejection() == null;
        if (text != null
                ? (goodAgain || !Objects.equals(text, before.text()))
                        && (!text.isEmpty() || before.configures() || now.configures())
                : before.configures() && !now.configures()) {
            configurations.add(text == null ? "" : text);
        }
        String bad = now.rejectedText();
        String reason = now.rejection();
        if (bad != null) {
            configurations.add(bad);
        } else if (reason != null) {
            rejections.add(reason);
        }
    }

    @Override
    public String toString() {
        return "sets " + sets + ", confirmed " + confirmations + ", errors " + errors + ", configurations "
                + configurations + ", rejections " + rejections + ", rejected " + rejected + ", verdicts " + verdicts;
    }
}

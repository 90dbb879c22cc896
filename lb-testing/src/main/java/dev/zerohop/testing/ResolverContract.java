package dev.zerohop.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Resolver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What every resolver must do, whatever its source. A resolver's test extends this and says how to make its source answer; time is fake and
 * blocking work runs on the test's thread.
 */
public abstract class ResolverContract {

    /** The time that the resolver under test runs on. */
    protected final FakeTime time = new FakeTime();

    /** The environment of the resolver under test. */
    protected final Env env = time.env();

    /** Prepares the source so that it names exactly these endpoints, then makes a resolver that was not started. */
    protected abstract Resolver resolverOver(List<Endpoint> endpoints) throws Exception;

    /** Lets a started resolver see its source; the default moves time by a minute. */
    protected void settle() throws Exception {
        time.advance(java.time.Duration.ofMinutes(1));
    }

    /** Endpoints that the source can name. */
    protected List<Endpoint> someEndpoints() {
        return List.of(Endpoint.of("127.0.0.1", 8081), Endpoint.of("127.0.0.2", 8081), Endpoint.of("127.0.0.3", 8081));
    }

    @Test
    void theFirstAnswerIsTheWholeSet() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            Recorder recorder = new Recorder();
            resolver.start(recorder);
            settle();
            assertEquals(
                    someEndpoints().stream().map(Endpoint::address).sorted().toList(),
                    recorder.last().endpoints().stream()
                            .map(Endpoint::address)
                            .sorted()
                            .toList(),
                    "the addresses of the last set that was given");
        }
    }

    @Test
    void anUnchangedSourceIsNotRepeatedAsAChange() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            Recorder recorder = new Recorder();
            resolver.start(recorder);
            settle();
            settle();
            assertEquals(
                    1,
                    recorder.sets.stream()
                            .map(EndpointSet::endpoints)
                            .distinct()
                            .count(),
                    () -> "different sets of a source that did not change: " + recorder.sets);
        }
    }

    @Test
    void nothingIsSaidAfterClose() throws Exception {
        Resolver resolver = resolverOver(someEndpoints());
        Recorder recorder = new Recorder();
        resolver.start(recorder);
        settle();
        resolver.close();
        int before = recorder.calls();
        settle();
        resolver.refresh();
        settle();
        assertEquals(before, recorder.calls(), () -> "calls of the listener, some after close(): " + recorder);
    }

    @Test
    void closeMayBeCalledTwiceAndBeforeStart() throws Exception {
        Resolver resolver = resolverOver(someEndpoints());
        resolver.close();
        resolver.close();
    }

    @Test
    void startingAfterCloseIsAnError() throws Exception {
        Resolver resolver = resolverOver(someEndpoints());
        resolver.close();
        Recorder recorder = new Recorder();
        assertThrows(
                IllegalStateException.class, () -> resolver.start(recorder), "start() of a resolver that is closed");
        settle();
        assertEquals(0, recorder.calls(), () -> "calls of the listener of a closed resolver: " + recorder);
    }

    @Test
    void aListenerMayCloseFromWithinACall() throws Exception {
        Resolver resolver = resolverOver(someEndpoints());
        Recorder recorder = new Recorder();
        resolver.start(new Resolver.Listener() {
            @Override
            public void onEndpoints(EndpointSet all) {
                recorder.onEndpoints(all);
                resolver.close();
            }

            @Override
            public void onConfirmed(Instant asOf) {
                recorder.onConfirmed(asOf);
            }

            @Override
            public void onError(Throwable cause) {
                recorder.onError(cause);
            }

            @Override
            public void onRefused(String reason) {
                recorder.onRefused(reason);
            }

            @Override
            public void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {
                recorder.onVerdicts(verdicts);
            }
        });
        settle();
        settle();
        assertEquals(
                1,
                recorder.calls(),
                () -> "calls of a listener that closed the resolver within the first one: " + recorder);
        assertEquals(0, time.pendingTasks(), "timers left behind after close()");
    }

    @Test
    void setsAreSortedAndDated() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            Recorder recorder = new Recorder();
            Instant before = time.now();
            resolver.start(recorder);
            settle();
            List<String> ids =
                    recorder.last().endpoints().stream().map(Endpoint::id).toList();
            assertEquals(ids.stream().sorted().toList(), ids, "the ids of the set, expected in order");
            assertTrue(
                    !recorder.last().asOf().isBefore(before),
                    () -> "the set says that it is as of " + recorder.last().asOf()
                            + ", expected the time at which the source was asked, " + before + " or later");
            assertTrue(
                    !recorder.last().stale(),
                    () -> "the set is marked stale, expected one that the source has just vouched for: "
                            + recorder.last());
        }
    }

    @Test
    void startingTwiceIsAnError() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            resolver.start(new Recorder());
            assertThrows(IllegalStateException.class, () -> resolver.start(new Recorder()), "the second start()");
        }
    }

    @Test
    void noTimerIsLeftAfterClose() throws Exception {
        Resolver resolver = resolverOver(someEndpoints());
        resolver.start(new Recorder());
        settle();
        resolver.close();
        settle();
        assertEquals(0, time.pendingTasks(), "timers left behind after close()");
    }

    /** Records what a resolver says. */
    public static final class Recorder implements Resolver.Listener {
        /** The sets, in order. */
        public final List<EndpointSet> sets = new ArrayList<>();
        /** The errors, in order. */
        public final List<Throwable> errors = new ArrayList<>();
        /** When the last set was confirmed, in order. */
        public final List<Instant> confirmations = new ArrayList<>();
        /** The configurations, in order. */
        public final List<String> configurations = new ArrayList<>();

        /** Why configurations were rejected, in order. */
        public final List<String> rejections = new ArrayList<>();

        /** What was refused, in order. */
        public final List<String> refusals = new ArrayList<>();
        /** The verdicts, in order. */
        public final List<Map<String, HealthSource.Verdict>> verdicts = new ArrayList<>();

        /** Begins empty. */
        public Recorder() {}

        /** How often it was called. */
        public synchronized int calls() {
            return sets.size()
                    + confirmations.size()
                    + errors.size()
                    + configurations.size()
                    + refusals.size()
                    + verdicts.size();
        }

        /** The last set. */
        public EndpointSet last() {
            assertTrue(!sets.isEmpty(), () -> "the resolver gave no set; its errors: " + errors);
            return sets.get(sets.size() - 1);
        }

        @Override
        public synchronized String toString() {
            return "sets " + sets + ", confirmed " + confirmations + ", errors " + errors + ", configurations "
                    + configurations + ", rejections " + rejections + ", refusals " + refusals + ", verdicts "
                    + verdicts;
        }

        @Override
        public synchronized void onEndpoints(EndpointSet all) {
            sets.add(all);
        }

        @Override
        public synchronized void onConfirmed(Instant asOf) {
            confirmations.add(asOf);
        }

        @Override
        public synchronized void onError(Throwable cause) {
            errors.add(cause);
        }

        @Override
        public synchronized void onConfiguration(String json) {
            configurations.add(json);
        }

        @Override
        public synchronized void onConfigurationRejected(String reason) {
            rejections.add(reason);
        }

        @Override
        public synchronized void onRefused(String reason) {
            refusals.add(reason);
        }

        @Override
        public synchronized void onVerdicts(Map<String, HealthSource.Verdict> given) {
            verdicts.add(given);
        }
    }
}

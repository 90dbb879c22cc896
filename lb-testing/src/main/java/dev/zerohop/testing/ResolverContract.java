package dev.zerohop.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import java.time.Instant;
import java.util.List;
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
            ResolutionRecorder recorder = new ResolutionRecorder();
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
            ResolutionRecorder recorder = new ResolutionRecorder();
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
        ResolutionRecorder recorder = new ResolutionRecorder();
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
        ResolutionRecorder recorder = new ResolutionRecorder();
        assertThrows(
                IllegalStateException.class, () -> resolver.start(recorder), "start() of a resolver that is closed");
        settle();
        assertEquals(0, recorder.calls(), () -> "calls of the listener of a closed resolver: " + recorder);
    }

    @Test
    void aListenerMayCloseFromWithinACall() throws Exception {
        Resolver resolver = resolverOver(someEndpoints());
        ResolutionRecorder recorder = new ResolutionRecorder();
        resolver.start(now -> {
            recorder.onResolution(now);
            resolver.close();
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
            ResolutionRecorder recorder = new ResolutionRecorder();
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
            resolver.start(new ResolutionRecorder());
            assertThrows(
                    IllegalStateException.class, () -> resolver.start(new ResolutionRecorder()), "the second start()");
        }
    }

    @Test
    void noTimerIsLeftAfterClose() throws Exception {
        Resolver resolver = resolverOver(someEndpoints());
        resolver.start(new ResolutionRecorder());
        settle();
        resolver.close();
        settle();
        assertEquals(0, time.pendingTasks(), "timers left behind after close()");
    }
}

package dev.zerohop.probe;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.testing.FakeTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A prober whose answers a test writes, and that notes when it was asked. */
final class ScriptedProber implements Prober, ProbeTransport {
    final Map<String, List<Long>> at = new HashMap<>();

    /** By id of the endpoint, or by its address; all others are well. */
    final Map<String, String> failures = new HashMap<>();

    final Set<String> skipped = new HashSet<>();
    final List<Consumer<Result>> unanswered = new ArrayList<>();
    final List<Runnable> blocked = new ArrayList<>();
    boolean silent;
    boolean blocking;
    boolean unsent;

    @Nullable
    RuntimeException thrown;

    int connected;
    int closed;
    int cancelled;
    int underWay;
    int mostUnderWay;
    private final FakeTime time;

    ScriptedProber(FakeTime time) {
        this.time = time;
    }

    @Override
    public Prober grpc(String service) {
        return this;
    }

    int probes(String id) {
        return at.getOrDefault(id, List.of()).size();
    }

    int probes() {
        return at.values().stream().mapToInt(List::size).sum();
    }

    /** Answers all that was not answered. */
    void answer(Result result) {
        List<Consumer<Result>> all = List.copyOf(unanswered);
        unanswered.clear();
        all.forEach(answer -> answer.accept(result));
    }

    @Override
    public Target connect(Endpoint endpoint) {
        connected++;
        return new Target() {
            @Override
            public Cancellable probe(Executor threads, Consumer<Result> answer) {
                at.computeIfAbsent(endpoint.id(), id -> new ArrayList<>()).add(time.nanoTime());
                if (thrown != null) {
                    throw thrown;
                }
                underWay++;
                mostUnderWay = Math.max(mostUnderWay, underWay);
                boolean[] over = new boolean[1];
                if (blocking) {
                    threads.execute(() -> answer.accept(result(endpoint)));
                } else if (silent) {
                    unanswered.add(result -> {
                        answer.accept(result);
                    });
                } else {
                    answer.accept(result(endpoint));
                }
                return new Running() {
                    @Override
                    public boolean sent() {
                        return !unsent;
                    }

                    @Override
                    public void cancel() {
                        cancelled++;
                        if (!over[0]) {
                            over[0] = true;
                            underWay--;
                        }
                    }
                };
            }

            @Override
            public void close() {
                closed++;
            }
        };
    }

    private Result result(Endpoint endpoint) {
        if (skipped.contains(endpoint.id())) {
            return Result.SKIPPED;
        }
        String failure = failures.getOrDefault(endpoint.id(), failures.get(endpoint.address()));
        return failure == null ? Result.OK : Result.failure(failure);
    }
}

package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Takes the verdicts of one health source: each becomes a task, and asks for a review. */
record VerdictSink(HealthSource by, Membership membership, RebuildTimer timer, Time time, Executor tasks)
        implements HealthSource.Sink {
    @Override
    public void report(String endpointId, HealthSource.Verdict verdict) {
        requireNonNull(verdict, "verdict");
        change(endpointId, node -> node.putVerdict(by, by.name(), verdict, time.nanoTime()));
    }

    @Override
    public void withdraw(String endpointId) {
        change(endpointId, node -> node.removeVerdict(by));
    }

    private void change(String endpointId, Consumer<LiveNode> change) {
        tasks.execute(() -> {
            if (membership.change(endpointId, change)) {
                timer.soon();
            }
        });
    }
}

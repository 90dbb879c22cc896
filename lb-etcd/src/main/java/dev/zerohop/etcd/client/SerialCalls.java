package dev.zerohop.etcd.client;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import dev.zerohop.watch.SourceFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The calls and the one timer of a component whose state belongs to a serial executor. Nothing runs after {@link #end}. For tasks of that executor. */
public final class SerialCalls {
    private final Time time;
    private final Executor serial;
    private @Nullable Cancellable timer;
    private long generation;
    private boolean ended;

    public SerialCalls(Time time, Executor serial) {
        this.time = time;
        this.serial = serial;
    }

    /** Runs {@code next} with the answer or {@code failed} with the failure; if the client is closed, {@link #end} is called instead. */
    public <T> void then(CompletableFuture<T> call, Consumer<T> next, Consumer<SourceFailure> failed) {
        call.whenComplete((answer, thrown) -> serial.execute(() -> {
            if (ended) {
                return;
            }
            if (thrown == null) {
                next.accept(answer);
                return;
            }
            SourceFailure failure = EtcdFailure.of(thrown);
            if (failure.kind() == SourceFailure.Kind.CLOSED) {
                end();
            } else {
                failed.accept(failure);
            }
        }));
    }

    /** Sets the timer; an earlier setting is cancelled. */
    public void schedule(long delayNanos, Runnable task) {
        cancelTimer();
        long mine = ++generation;
        timer = time.schedule(
                delayNanos,
                () -> serial.execute(() -> {
                    if (!ended && mine == generation) {
                        timer = null;
                        task.run();
                    }
                }));
    }

    /** Whether the timer is set. */
    public boolean scheduled() {
        return timer != null;
    }

    public boolean ended() {
        return ended;
    }

    public void end() {
        ended = true;
        cancelTimer();
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}

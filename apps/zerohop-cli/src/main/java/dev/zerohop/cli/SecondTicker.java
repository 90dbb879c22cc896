package dev.zerohop.cli;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Runs a task at each full second after its start. */
final class SecondTicker {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "zerohop-seconds");
        thread.setDaemon(true);
        return thread;
    });

    SecondTicker(Runnable task) {
        timer.scheduleAtFixedRate(task, 1, 1, TimeUnit.SECONDS);
    }

    /** Ends it; no task runs after this returns. */
    void stop() throws InterruptedException {
        timer.shutdown();
        timer.awaitTermination(10, TimeUnit.SECONDS);
    }
}

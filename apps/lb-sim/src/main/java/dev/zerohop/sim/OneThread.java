package dev.zerohop.sim;

import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * A thread with always the same id: policies that spread their threads over positions of their own by that id ({@code round_robin}) then begin a run at the same one, whichever thread of the process it
 * gets.
 */
final class OneThread extends Thread {
    private static final long ID = 1;

    OneThread(Runnable body) {
        super(body, "zerohop-sim");
        setDaemon(true);
    }

    @Override
    public long getId() {
        return ID;
    }

    /** Runs a task on such a thread. */
    static <T> Future<T> start(Callable<T> task) {
        FutureTask<T> running = new FutureTask<>(task);
        new OneThread(running).start();
        return running;
    }
}

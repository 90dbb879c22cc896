package dev.zerohop.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Makes a command end in an orderly way on SIGINT and SIGTERM. */
final class Interruptible {

    /** How long to wait for a command that does not stop. */
    private static final long PATIENCE_SECONDS = 10;

    private Interruptible() {}

    /**
     * Runs {@code body}. A signal runs {@code stop}, on another thread, which must make the body return quickly; the process then ends with the body's exit
     * code.
     *
     * @param patienceMillis how long the body may take after {@code stop}, on top of a few seconds
     */
    static int run(long patienceMillis, Runnable stop, Callable<Integer> body) throws Exception {
        CompletableFuture<Integer> ended = new CompletableFuture<>();
        Thread hook = new Thread(
                () -> {
                    stop.run();
                    int code = ended.completeOnTimeout(
                                    1,
                                    patienceMillis + TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS),
                                    TimeUnit.MILLISECONDS)
                            .join();
                    Runtime.getRuntime().halt(code);
                },
                "zerohop-signal");
        Runtime.getRuntime().addShutdownHook(hook);
        int code = 1;
        try {
            code = body.call();
            return code;
        } finally {
            ended.complete(code);
            removeHook(hook);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // A signal was received: the hook ends the process with the code just stored.
        }
    }
}

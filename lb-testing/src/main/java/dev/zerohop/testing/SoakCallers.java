package dev.zerohop.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Four threads that end calls in every one of the given ways, round after round, while the membership changes beside them: for tests that then look for what is
 * left. Ends by the number of calls, not by the clock. What a way throws is its own and counts as its end, but for an {@link AssertionError}.
 *
 * @param <W> a way to end a call
 */
public final class SoakCallers<W> {
    private static final int CALLERS = 4;
    private static final int CALLS_PER_CHANGE = 12;

    /** Far more than any call may take; reached only if one hangs. */
    private static final Duration STUCK = Duration.ofMinutes(5);

    private final List<W> ways;
    private final int rounds;
    private final Call<W> call;
    private final Semaphore ended = new Semaphore(0);
    private final Queue<AssertionError> failures = new ConcurrentLinkedQueue<>();
    private final List<Caller> callers = new ArrayList<>();

    private SoakCallers(List<W> ways, int rounds, Call<W> call) {
        this.ways = ways;
        this.rounds = rounds;
        this.call = call;
    }

    /**
     * Makes one call and ends it in a way.
     *
     * @param <W> a way to end a call
     */
    public interface Call<W> {
        /**
         * @param random the caller's own, the same in each run
         * @throws AssertionError if the call did what no call may
         */
        void end(W way, Random random) throws Throwable;
    }

    /** Changes the membership. */
    public interface Change {
        /** @param number 0, 1, 2 and so on */
        void apply(int number) throws Exception;
    }

    /**
     * Returns when each caller has ended a call {@code rounds} times in each of the ways; the membership changes before the first calls and after each dozen.
     *
     * @throws AssertionError if a way threw one, or if no call ended for {@code STUCK}: with what each caller waits for
     */
    public static <W> void run(List<W> ways, int rounds, Call<W> call, Change change) throws Exception {
        new SoakCallers<>(ways, rounds, call).run(change);
    }

    private void run(Change change) throws Exception {
        for (int i = 0; i < CALLERS; i++) {
            callers.add(new Caller(i));
        }
        callers.forEach(Thread::start);
        int left = CALLERS * rounds * ways.size();
        for (int number = 0; left > 0; number++) {
            change.apply(number);
            int next = Math.min(left, CALLS_PER_CHANGE);
            if (!ended.tryAcquire(next, STUCK.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("after change " + number + " fewer than " + next + " calls ended in "
                        + STUCK.toMinutes() + " min: " + callers);
            }
            left -= next;
        }
        for (Caller caller : callers) {
            caller.join();
        }
        @Nullable AssertionError first = failures.poll();
        if (first != null) {
            failures.forEach(first::addSuppressed);
            throw first;
        }
    }

    private final class Caller extends Thread {
        private final int number;
        private volatile @Nullable W way;
        private volatile Instant since = Instant.EPOCH;

        Caller(int number) {
            super("soak caller " + number);
            this.number = number;
            setDaemon(true);
        }

        @Override
        public void run() {
            Random random = new Random(number);
            for (int i = 0; i < rounds * ways.size(); i++) {
                W next = ways.get((i + number * ways.size() / CALLERS) % ways.size());
                since = Instant.now();
                way = next;
                try {
                    call.end(next, random);
                } catch (AssertionError failed) {
                    failures.add(new AssertionError(next + ": " + failed.getMessage(), failed));
                } catch (Throwable itsOwn) {
                    // Also exceptions that nothing declares.
                } finally {
                    Thread.interrupted();
                    ended.release();
                }
            }
        }

        @Override
        public String toString() {
            StringBuilder text =
                    new StringBuilder("\n" + getName() + ", " + getState() + " in " + way + " since " + since);
            for (StackTraceElement each : getStackTrace()) {
                text.append("\n    at ").append(each);
            }
            return text.toString();
        }
    }
}

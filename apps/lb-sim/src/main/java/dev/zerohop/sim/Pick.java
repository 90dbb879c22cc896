package dev.zerohop.sim;

import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import org.jspecify.annotations.Nullable;

/** What came of a pick: the server to which an attempt goes and what is reported to the balancer of it, or why there is none. */
interface Pick {

    /** The number of the server. */
    int server();

    /** Whether the balancer looks for a report of the server's load in the answer. */
    boolean wantsReport();

    /**
     * Reports how the attempt ended.
     *
     * @param report what the server said of its load with its answer; null for nothing
     */
    void ended(Outcome outcome, @Nullable LoadReport report);

    /** Whether the call is tried again after it has ended so; the call is then made ready for it. */
    boolean repeats(Call call, Outcome outcome);

    /** There is no server. */
    enum None implements Pick {
        /** The call waits for a change. */
        WAITS,
        /** The call fails. */
        FAILS;

        @Override
        public int server() {
            throw new IllegalStateException("no server was picked");
        }

        @Override
        public boolean wantsReport() {
            return false;
        }

        @Override
        public void ended(Outcome outcome, @Nullable LoadReport report) {
            throw new IllegalStateException("no attempt has begun");
        }

        @Override
        public boolean repeats(Call call, Outcome outcome) {
            return false;
        }
    }
}

package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Checks whether endpoints are well. Thread-safe. */
@FunctionalInterface
public interface Prober {

    /** Prepares to probe an endpoint; sends nothing yet. */
    Target connect(Endpoint endpoint);

    /** One endpoint, with what is kept between its probes. */
    @FunctionalInterface
    interface Target extends AutoCloseable {
        /**
         * Begins one probe and returns at once. There is no time limit in it: who asks cancels it when its time is over.
         *
         * @param blocking runs what may block, such as the look-up of a name
         * @param answer takes the result, from any thread; called once, and perhaps never after a cancellation
         * @return ends the probe early: what blocks in it returns soon, and its sockets are closed. A {@link Running} says besides whether the probe has left; others are taken to have
         */
        Cancellable probe(Executor blocking, Consumer<Result> answer);

        /** Lets go of what is kept between probes. */
        @Override
        default void close() {}
    }

    /** A probe that knows whether it has left. */
    interface Running extends Cancellable {
        /** Whether anything can have reached the endpoint. If not, the end of the probe's time says nothing about it: the result is {@link Result#SKIPPED}. From any thread. */
        boolean sent();
    }

    /**
     * What came out of a probe.
     *
     * @param kind whether it counts, and as what
     * @param reason of a failure in words; empty for the others
     * @param load what the endpoint reported of its load; null where the probe is not for that
     */
    record Result(Kind kind, String reason, @Nullable LoadReport load) {
        /** The endpoint is well. */
        public static final Result OK = new Result(Kind.OK, "", null);

        /** It could not be asked, which says nothing about it: its connection is not there yet, for example. */
        public static final Result SKIPPED = new Result(Kind.SKIPPED, "", null);

        /** Whether a result counts, and as what. */
        public enum Kind {
            /** The endpoint is well. */
            OK,
            /** It is not. */
            FAILURE,
            /** Nothing was found out. */
            SKIPPED
        }

        /** Checks for null, and takes the reason in its {@linkplain Printable#text(String) printable} form. */
        public Result {
            requireNonNull(kind, "kind");
            reason = Printable.text(requireNonNull(reason, "reason"));
        }

        /** The endpoint is not well. */
        public static Result failure(String reason) {
            return new Result(Kind.FAILURE, reason, null);
        }

        /** The endpoint is well, and reported its load. */
        public static Result load(LoadReport load) {
            return new Result(Kind.OK, "", requireNonNull(load, "load"));
        }
    }
}

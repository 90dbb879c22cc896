package dev.zerohop.benchmarks.endtoend;

/** One way to make the calls. */
interface Arm extends AutoCloseable {

    /** Its name in the results: transport and way. */
    String name();

    /**
     * Makes calls for so long, a fixed number of them at a time.
     *
     * @return completed calls per second
     * @throws IllegalStateException if a call failed
     */
    double run(long nanos) throws InterruptedException;

    @Override
    void close();
}

package dev.zerohop;

/**
 * One attempt under way: the node it goes to, and the duty to report how it ended, once. Thread-safe.
 */
public interface Lease {

    /** Where the attempt goes. */
    Node node();

    /** The endpoint of the node when the lease began. */
    default Endpoint endpoint() {
        return node().endpoint();
    }

    /**
     * Reports the outcome. The first call counts, later ones change nothing.
     *
     * @return whether this was the first call
     */
    boolean complete(Outcome outcome);
}

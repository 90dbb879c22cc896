package dev.zerohop;

import static java.util.Objects.requireNonNull;

/**
 * A node that may be picked now.
 *
 * @param node the node
 * @param weight its effective weight, more than 0 and finite
 */
public record Candidate(Node node, double weight) {

    /**
     * Checks the weight.
     *
     * @throws IllegalArgumentException if the weight is not a finite number above 0
     */
    public Candidate {
        requireNonNull(node, "node");
        if (!(weight > 0) || weight == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException(
                    node.endpoint() + ": effective weight was " + weight + ", expected a finite number above 0");
        }
    }
}

package dev.zerohop;

import static java.util.Objects.requireNonNull;

/**
 * A node that may be picked now.
 *
 * @param node the node
 * @param weight its effective weight, for policies that take weights; more than 0 and finite
 * @param scale its weight for policies that ignore the endpoints' own: 1, unless a stage prefers some endpoints to others; more than 0 and finite
 */
public record Candidate(Node node, double weight, double scale) {

    /**
     * Checks the weights.
     *
     * @throws IllegalArgumentException if one of them is not a finite number above 0
     */
    public Candidate {
        requireNonNull(node, "node");
        check(node, "weight", weight);
        check(node, "scale", scale);
    }

    /** With the scale that this weight is to the endpoint's own: a stage that changes one changes the other. */
    public Candidate(Node node, double weight) {
        this(node, weight, weight / Math.max(1, node.endpoint().weight()));
    }

    private static void check(Node node, String what, double value) {
        if (!(value > 0) || value == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException(
                    node.endpoint() + ": effective " + what + " was " + value + ", expected a finite number above 0");
        }
    }
}

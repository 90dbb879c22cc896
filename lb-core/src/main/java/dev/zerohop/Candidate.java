package dev.zerohop;

import static java.util.Objects.requireNonNull;

/**
 * A node that may be picked now.
 *
 * @param node the node
 * @param weight its effective weight, for policies that take weights; more than 0 and finite
 * @param scale its weight for policies that ignore the endpoints' own: 1, unless a stage prefers some endpoints to others; more than 0 and finite
 * @param group the candidates that it is compared with: 0, unless a stage divides the traffic. A policy that picks by load does so within a group, and each
 *     group gets what its weights are of all weights, so that the division holds whatever the loads are; 0 or more
 * @param keyWeight its weight for policies that place keys: {@code weight} without what passes by itself, such as a slow start, for that must not move keys there and back; more than 0
 *     and finite
 */
public record Candidate(Node node, double weight, double scale, int group, double keyWeight) {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if a weight is not a finite number above 0, or the group is negative
     */
    public Candidate {
        requireNonNull(node, "node");
        check(node, "weight", weight);
        check(node, "scale", scale);
        check(node, "key weight", keyWeight);
        if (group < 0) {
            throw new IllegalArgumentException(node.endpoint() + ": group was " + group + ", expected 0 or more");
        }
    }

    /** With the same weight for policies that place keys. */
    public Candidate(Node node, double weight, double scale, int group) {
        this(node, weight, scale, group, weight);
    }

    /** In the group of all those that no stage has divided. */
    public Candidate(Node node, double weight, double scale) {
        this(node, weight, scale, 0);
    }

    /** With the scale that this weight is to the endpoint's own: a stage that changes one changes the other. */
    public Candidate(Node node, double weight) {
        this(node, weight, weight / Math.max(1, node.endpoint().weight()));
    }

    /** The same, taking only a part of its traffic for a while: keys stay where they are. */
    public Candidate reduced(double part) {
        return new Candidate(node, weight * part, scale * part, group, keyWeight);
    }

    private static void check(Node node, String what, double value) {
        if (!(value > 0) || value == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException(
                    node.endpoint() + ": effective " + what + " was " + value + ", expected a finite number above 0");
        }
    }
}

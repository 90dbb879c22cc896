package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Why there is no endpoint for an attempt.
 *
 * @param kind which of the different answers this is
 * @param waits whether the caller should wait, within its own deadline, for the next picker instead of failing
 * @param message for people: what, and why
 */
public record Refusal(Kind kind, boolean waits, String message) {

    /** Different faults that callers treat differently. */
    public enum Kind {
        /** The source named no endpoint, or has not answered yet. */
        NONE_KNOWN,
        /** Endpoints are known and connections to them are being made, or the owner of the key is being looked up. */
        CONNECTING,
        /** Endpoints are known but none may be used. */
        NONE_USABLE,
        /** The endpoint that owns the key is down, or it cannot be found out which one that is. */
        OWNER_DOWN,
        /** The policy needs a key and the call brought none, or one that it cannot use. */
        BAD_KEY,
        /** The source's first configuration was rejected and the application gave none: no call goes by defaults that were not meant. */
        BAD_CONFIGURATION,
        /** The balancer is closed. */
        CLOSED
    }

    /**
     * The same for a caller that waits for whatever is missing. A key that the policy cannot use stays final, and so does the end of the balancer: neither is
     * mended by time.
     */
    public Refusal waiting() {
        return waits || kind == Kind.BAD_KEY || kind == Kind.CLOSED ? this : new Refusal(kind, true, message);
    }

    /** Checks for null, and takes the message in its {@linkplain Printable#text(String, int) printable} form. */
    public Refusal {
        requireNonNull(kind, "kind");
        // It contains keys, ids and texts of servers.
        message = Printable.text(requireNonNull(message, "message"), Integer.MAX_VALUE);
    }

    /** For a key that the policy cannot use, or none where it needs one: neither waiting nor another endpoint helps. */
    public static Refusal badKey(String message) {
        return new Refusal(Kind.BAD_KEY, false, message);
    }

    /**
     * For a key whose owner is known and cannot be used. While one of its replicas is being connected, calls wait. For a policy whose picks may go to any candidate there is
     * {@link Snapshot#refusal}.
     *
     * @param owner names it, with its endpoint if it has no replicas
     * @param replicas the nodes that could serve the key, at least one
     * @param nowNanos the present instant of the balancer's clock
     */
    public static Refusal ownerDown(String owner, List<? extends Node> replicas, long nowNanos) {
        boolean connecting = replicas.stream()
                .anyMatch(node -> node.endpoint().weight() > 0 && node.health().status() == Health.Status.CONNECTING);
        String state = replicas.size() == 1
                ? " " + state(replicas.get(0), nowNanos)
                : ": none of its " + replicas.size() + " replicas can be used: "
                        + replicas.stream()
                                .map(node -> node.endpoint() + " " + state(node, nowNanos))
                                .collect(Collectors.joining("; "));
        return new Refusal(connecting ? Kind.CONNECTING : Kind.OWNER_DOWN, connecting, owner + state);
    }

    private static String state(Node node, long nowNanos) {
        boolean leftOut = node.endpoint().weight() > 0 && !node.health().impaired();
        return node.describe(nowNanos) + (leftOut ? " but was left out by stages" : "");
    }
}

package dev.zerohop.picker;

import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Refusal;

/** What keyed policies say of the owner of a key that takes no call. */
final class Refusals {

    private Refusals() {}

    /** The owner of a key is known but no candidate. {@code who} names it. */
    static Refusal ownerDown(String who, Node owner, long nowNanos) {
        boolean connecting = connecting(owner);
        return new Refusal(
                connecting ? Refusal.Kind.CONNECTING : Refusal.Kind.OWNER_DOWN,
                connecting,
                who + " " + state(owner, nowNanos));
    }

    /** Whether a call should wait for the connection that is being made to it. */
    static boolean connecting(Node owner) {
        return owner.endpoint().weight() > 0 && owner.health().status() == Health.Status.CONNECTING;
    }

    static String state(Node owner, long nowNanos) {
        boolean leftOut = owner.endpoint().weight() > 0
                && owner.health().usable()
                && owner.health().status() != Health.Status.HALF_OPEN;
        return owner.describe(nowNanos) + (leftOut ? " but was left out by stages" : "");
    }
}

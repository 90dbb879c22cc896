package dev.zerohop.etcd.client;

import dev.zerohop.Printable;

/**
 * A value that is refused at present.
 *
 * @param key where it stands
 * @param revision since when it stands there
 * @param reason what it was and what was expected
 * @param hasGood whether a good value from before it stays in force
 */
public record RejectedValue(String key, long revision, String reason, boolean hasGood) {

    /** Takes the texts in their printable form: they go to logs, listeners and the client's status in etcd. */
    public RejectedValue {
        key = Printable.text(key);
        reason = Printable.text(reason);
    }

    /** For logs and listeners. */
    public String text() {
        return key + " at revision " + revision + " is refused, "
                + (hasGood ? "the last good value stays" : "there is no good value before it") + ": " + reason;
    }
}

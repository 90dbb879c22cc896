package dev.zerohop.etcd.client;

import dev.zerohop.Printable;

/**
 * A value that is rejected at present.
 *
 * @param reason what it was and what was expected
 * @param hasGood whether a good value from before it stays in force
 */
public record RejectedValue(String key, long revision, String reason, boolean hasGood) {

    /** Makes the texts printable. */
    public RejectedValue {
        key = Printable.text(key);
        reason = Printable.text(reason);
    }

    public String text() {
        return key + " at revision " + revision + " is rejected, "
                + (hasGood ? "the last good value stays" : "there is no good value before it") + ": " + reason;
    }
}

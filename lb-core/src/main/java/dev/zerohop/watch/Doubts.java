package dev.zerohop.watch;

import dev.zerohop.Env;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** When a watch that goes on is to be doubted: because it is silent, or because a check or a list is due. For one thread at a time. */
final class Doubts {
    private final WatchPolicy policy;
    private final Env env;
    private boolean bookmarks;
    /** In thousandths of the limit of silence; drawn for each watch. */
    private long patience;

    private long lastMessageNanos;
    private long checkNanos;
    private long listNanos;

    Doubts(WatchPolicy policy, Env env) {
        this.policy = policy;
        this.env = env;
    }

    /** What is to be done about a watch now. */
    enum Due {
        NOTHING,
        CHECK,
        LIST
    }

    /** A message of the store arrived. */
    void messageReceived() {
        lastMessageNanos = env.time().nanoTime();
    }

    /** The store was listed. */
    void listed() {
        messageReceived();
        listNanos = drawn(policy.list);
    }

    /** A watch begins. */
    void opened() {
        if (policy.silence != null) {
            patience = Backoff.jittered(1_000, env.dice());
        }
        checked();
    }

    /** The copy was found to be what the store holds. */
    void checked() {
        checkNanos = drawn(policy.check);
    }

    private long drawn(@Nullable Duration every) {
        return every == null ? 0 : env.time().nanoTime() + Backoff.jittered(every.toNanos(), env.dice());
    }

    /** The server sent a bookmark; says whether it is the first since it was listed for being silent. */
    boolean bookmark() {
        messageReceived();
        boolean first = !bookmarks;
        bookmarks = true;
        return first;
    }

    /** What is due now. */
    Due due() {
        long now = env.time().nanoTime();
        if (silenceLeft(now) <= 0) {
            bookmarks = false;
            return Due.LIST;
        }
        if (checkLeft(now) > 0) {
            return Due.NOTHING;
        }
        return policy.list != null && listNanos - now <= 0 ? Due.LIST : Due.CHECK;
    }

    /** In how many nanoseconds something is due; {@link Long#MAX_VALUE} for never. */
    long dueInNanos() {
        long now = env.time().nanoTime();
        return Math.min(silenceLeft(now), checkLeft(now));
    }

    private long silenceLeft(long now) {
        Duration limit = bookmarks ? policy.silenceAfterBookmark : policy.silence;
        return limit == null ? Long.MAX_VALUE : lastMessageNanos + limit.toNanos() / 1_000 * patience - now;
    }

    private long checkLeft(long now) {
        return policy.check == null ? Long.MAX_VALUE : checkNanos - now;
    }
}

package dev.zerohop.etcd.client;

import dev.zerohop.Dice;
import java.util.BitSet;

/**
 * The member of a cluster that a client uses. It begins with a random one, its home. After a failure it draws one of those that have not failed since the last
 * answer: the clients of a dead member spread over all others, and every member is tried before one is tried again. Used by one thread at a time.
 */
final class Members {
    private final int count;
    private final Dice dice;
    private final int home;
    private final BitSet failed = new BitSet();
    private int current;

    Members(int count, Dice dice) {
        this.count = count;
        this.dice = dice;
        this.home = dice.nextInt(count);
        this.current = home;
    }

    int current() {
        return current;
    }

    int home() {
        return home;
    }

    boolean away() {
        return current != home;
    }

    void answered() {
        failed.clear();
    }

    /** Marks the present member as failed and switches to another one, if there is one. */
    void failed() {
        failed.set(current);
        if (failed.cardinality() == count) {
            failed.clear();
            failed.set(current);
        }
        int skip = count == 1 ? 0 : dice.nextInt(count - failed.cardinality());
        int next = count == 1 ? 0 : failed.nextClearBit(0);
        while (skip > 0) {
            next = failed.nextClearBit(next + 1);
            skip--;
        }
        current = next;
    }

    void returned() {
        current = home;
        failed.clear();
    }
}

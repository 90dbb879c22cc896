package dev.zerohop.etcd.client;

import dev.zerohop.Dice;
import java.util.BitSet;

/**
 * Which member of a cluster a client talks to. It begins with one that it draws, its home. A member that fails is left for one that is drawn among those that
 * have not failed since one answered: the clients of a dead member spread over all others, and every member is asked before one is asked again. Used
 * by one thread at a time.
 */
final class Members {
    private final int count;
    private final Dice dice;
    private final int home;
    private final BitSet failed = new BitSet();
    private int current;

    /** Draws the home; {@code count} is positive. */
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

    /** The present one has answered. */
    void answered() {
        failed.clear();
    }

    /** The present one has failed: another one is from now on, if there is one. */
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

    /** Back at the home, which answers. */
    void returned() {
        current = home;
        failed.clear();
    }
}

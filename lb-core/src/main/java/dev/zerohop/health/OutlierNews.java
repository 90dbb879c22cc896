package dev.zerohop.health;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The records that a review has to look at because requests have changed them. Requests add without a lock and without an allocation (a stack by Treiber, "Systems
 * programming: coping with parallelism", 1986, that is only ever emptied as a whole); one reviewer at a time empties it.
 */
final class OutlierNews {
    private static final VarHandle HEAD;
    private static final VarHandle HAS_NEWS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(OutlierNews.class, "head", OutlierStats.class);
            HAS_NEWS = lookup.findVarHandle(OutlierStats.class, "hasNews", boolean.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private volatile @Nullable OutlierStats head;

    /** Request path. */
    void of(OutlierStats stats) {
        // Of those removed none is reviewed, and what is not reviewed is not let go of.
        if (stats.removed || !HAS_NEWS.compareAndSet(stats, false, true)) {
            return;
        }
        OutlierStats before;
        do {
            before = head;
            stats.nextWithNews = before;
        } while (!HEAD.compareAndSet(this, before, stats));
    }

    /** Adds those that have not left, the first that had news first, and forgets them. */
    void drainTo(Collection<OutlierStats> reviewed) {
        if (head == null) {
            return;
        }
        Deque<OutlierStats> inOrder = new ArrayDeque<>();
        OutlierStats next = (OutlierStats) HEAD.getAndSet(this, null);
        while (next != null) {
            OutlierStats stats = next;
            next = stats.nextWithNews;
            // What it reports from now on is of the next review, and what it has reported is seen by this one.
            stats.nextWithNews = null;
            stats.hasNews = false;
            if (!stats.removed) {
                inOrder.push(stats);
            }
        }
        reviewed.addAll(inOrder);
    }
}

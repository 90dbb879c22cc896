package dev.zerohop.watch;

import java.util.HashMap;
import java.util.Map;

/** The pages of one list so far. For one thread at a time. */
final class Gathered<V, R> {

    /** More than any list that a copy may hold has: a server that goes on for ever with empty pages is not followed. */
    static final int MAX_PAGES = 10_000;

    private final LocalCopy<V, R> copy;
    private final Map<String, V> values = new HashMap<>();
    private long size;
    private int pages;

    Gathered(LocalCopy<V, R> copy) {
        this.copy = copy;
    }

    /** Adds a page; says whether the list is not too much by now. What is must not have to fit into memory, so this is asked before the next page is. */
    boolean add(ListWatch.Page<V, R> page) {
        values.putAll(page.values());
        size += copy.sizeOf(page.values());
        pages++;
        return !copy.isTooMuch(size) && (page.continueAt() == null || pages < MAX_PAGES);
    }

    /** All of it, at the version of its last page. */
    ListWatch.Page<V, R> whole(ListWatch.Page<V, R> last) {
        return new ListWatch.Page<>(last.version(), values, null);
    }
}

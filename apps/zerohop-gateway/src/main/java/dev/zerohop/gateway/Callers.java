package dev.zerohop.gateway;

import java.util.concurrent.ConcurrentHashMap;

/** How many requests are under way of each address. It knows of those that are, and of no others. */
final class Callers {
    private final int limit;
    private final ConcurrentHashMap<String, Integer> underWay = new ConcurrentHashMap<>();

    Callers(int limit) {
        this.limit = limit;
    }

    int limit() {
        return limit;
    }

    /** Returns false if the address has as many under way as it may. After true comes {@link #leave}. */
    boolean enter(String address) {
        if (underWay.merge(address, 1, Integer::sum) <= limit) {
            return true;
        }
        leave(address);
        return false;
    }

    void leave(String address) {
        underWay.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }
}

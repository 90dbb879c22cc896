package dev.zerohop.gateway;

import java.util.concurrent.ConcurrentHashMap;

/** Counts the requests under way for each client address. Addresses without requests under way use no memory. */
final class Callers {
    private final int limit;
    private final ConcurrentHashMap<String, Integer> underWay = new ConcurrentHashMap<>();

    Callers(int limit) {
        this.limit = limit;
    }

    int limit() {
        return limit;
    }

    /** Returns false if the address has reached the limit. After true {@link #leave} must be called. */
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

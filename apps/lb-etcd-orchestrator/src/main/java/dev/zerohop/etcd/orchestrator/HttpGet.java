package dev.zerohop.etcd.orchestrator;

import org.jspecify.annotations.Nullable;

/** A GET and the statuses that count as success. */
record HttpGet(String path, int from, int to) {
    @Nullable
    String wrong(int status) {
        return status >= from && status <= to
                ? null
                : "GET " + path + " answered " + status + ", expected " + from + " to " + to;
    }
}

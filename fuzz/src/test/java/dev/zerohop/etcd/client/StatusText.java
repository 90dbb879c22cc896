package dev.zerohop.etcd.client;

import java.time.Instant;
import java.util.List;

/** What a client writes of a value that it refuses. */
public final class StatusText {
    private StatusText() {}

    public static String of(ClientId client, RejectedValue refused) {
        return Status.write(client, List.of(new Status.Item(refused, Instant.EPOCH)));
    }
}

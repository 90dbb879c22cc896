package dev.zerohop.sim.sockets;

import dev.zerohop.BalancerListener;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits until a balancer has its endpoints and none of those that it reaches is still being connected to. */
class Ready implements BalancerListener {
    private static final long LIMIT_SECONDS = 60;

    private final CountDownLatch ready = new CountDownLatch(1);
    private final boolean connected;

    /**
     * Waits for endpoints.
     *
     * @param connected whether connections are waited for too
     */
    Ready(boolean connected) {
        this.connected = connected;
    }

    final void await() throws IOException, InterruptedException {
        if (!ready.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("not all servers were connected to within " + LIMIT_SECONDS + " s");
        }
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        boolean all = !snapshot.members().isEmpty();
        if (connected) {
            for (Node node : snapshot.reached()) {
                Health.Status status = node.health().status();
                all &= node.endpoint().weight() == 0
                        || (status != Health.Status.CONNECTING && status != Health.Status.UNKNOWN);
            }
        }
        if (all) {
            ready.countDown();
        }
    }
}

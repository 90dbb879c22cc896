package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** How many endpoints of each level can take calls at the moment, and how many should. */
final class Census {
    /** How long a new endpoint may take to be connected. */
    static final int CONNECTING_SECONDS = 10;

    private static final long CONNECTING_NANOS =
            Duration.ofSeconds(CONNECTING_SECONDS).toNanos();

    final int[] usable;

    /** How many there are, without those that count neither way. */
    final int[] counted;

    /** The positions of those that are not usable, ascending. */
    final int[] out;

    /** The positions of those that are half open, ascending. */
    final int[] halfOpen;

    /** When one that is connecting has had its time. */
    final long review;

    /** Whether the client has begun just now, and all that is known of the level is connecting. */
    private final boolean[] waiting;

    private final boolean leaving;

    Census(Levels levels, Snapshot in, int[] impaired, long nowNanos) {
        List<Candidate> candidates = in.candidates();
        usable = levels.sizes();
        counted = levels.sizes();
        waiting = new boolean[usable.length];
        int[] newcomers = new int[usable.length];
        int[] outs = new int[impaired.length];
        int[] probed = new int[impaired.length];
        int outCount = 0;
        int probedCount = 0;
        long next = Long.MAX_VALUE;
        boolean anyLeaving = false;
        long sinceStart = nowNanos - in.startedNanos();
        for (int position : impaired) {
            int level = levels.of(position);
            Node node = candidates.get(position).node();
            Health health = node.health();
            usable[level]--;
            if (health.usable()) {
                probed[probedCount++] = position;
            } else {
                outs[outCount++] = position;
            }
            if (node.endpoint().readiness() == Endpoint.Readiness.DRAINING) {
                anyLeaving |= health.status() == Health.Status.DRAINING;
                counted[level]--;
                continue;
            }
            long waited = nowNanos - health.sinceNanos();
            boolean young = health.status() == Health.Status.CONNECTING && waited < CONNECTING_NANOS;
            if (young && sinceStart < CONNECTING_NANOS) {
                waiting[level] = true;
                counted[level]--;
                next = Math.min(next, CONNECTING_NANOS - Math.max(waited, sinceStart));
            } else if (!node.wasUsable() && (young || health.status() == Health.Status.NOT_READY)) {
                newcomers[level]++;
                next = young ? Math.min(next, CONNECTING_NANOS - waited) : next;
            }
        }
        for (int i = 0; i < counted.length; i++) {
            // A group that grows is no worse than before; but a few must not be taken for all of a group that is new.
            counted[i] -= Math.min(newcomers[i], counted[i] - newcomers[i]);
            waiting[i] &= counted[i] == 0;
        }
        out = Arrays.copyOf(outs, outCount);
        halfOpen = Arrays.copyOf(probed, probedCount);
        review = next;
        leaving = anyLeaving;
    }

    /** How much of the traffic each level can bear, in percent. One that is waited for could bear it all, but cannot help out one before it. */
    double[] health(int percent) {
        double[] health = new double[usable.length];
        boolean before = false;
        for (int i = 0; i < health.length; i++) {
            health[i] = counted[i] == 0
                    ? waiting[i] && !before ? 100 : 0
                    : Math.min(100, (double) percent * usable[i] / counted[i]);
            before |= usable[i] > 0;
        }
        return health;
    }

    /** Whether no level has anything to offer, now or soon. */
    boolean nothing(double[] health) {
        return Arrays.stream(health).sum() == 0
                || (leaving && Arrays.stream(usable).sum() == 0);
    }
}

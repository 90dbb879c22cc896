package dev.zerohop;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.internal.ModelCheck;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.kotlinx.lincheck.annotations.Operation;
import org.jetbrains.kotlinx.lincheck.annotations.Validate;
import org.junit.jupiter.api.Test;

/** Leases and what they count, under every interleaving that the model checker tries. */
class LeaseModelTest {

    // The checker looks only into objects whose making it has seen: the balancer around them is made here, unseen.

    static Balancer balancer() {
        return Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(new ScriptedResolver())
                .settings(BalancerSettings.of(new FirstPolicy()))
                .build();
    }

    static Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", 1);
    }

    /** Two threads end the same lease. */
    public static class Completions {
        private Lease lease;
        private final AtomicInteger ended = new AtomicInteger();

        /** Made late: the checker cannot look into a record that an operations object holds from the beginning. */
        private synchronized Lease lease() {
            if (lease == null) {
                LiveNode node = new LiveNode(balancer(), endpoint(), Health.unknown(0), null);
                lease = new LeaseImpl(node, null, LeaseImpl.UNTIMED, node.begin(), 0);
            }
            return lease;
        }

        /** Ends the lease. */
        @Operation
        public boolean complete() {
            boolean first = lease().complete(Outcome.SUCCESS);
            if (first) {
                ended.incrementAndGet();
            }
            return first;
        }

        /** Nothing is counted twice. */
        @Validate
        public void countedOnce() {
            if (ended.get() > 1 || lease().node().inFlight() != 1 - ended.get()) {
                throw new IllegalStateException(
                        "ended " + ended + " times, in flight " + lease().node().inFlight());
            }
        }
    }

    /** One thread reads a stream and ends it, while the age limit begins new generations. */
    public static class Ages {
        private LeaseImpl lease;
        private final AtomicInteger ended = new AtomicInteger();
        private final AtomicInteger leaked = new AtomicInteger();

        private synchronized LeaseImpl lease() {
            if (lease == null) {
                LiveNode node = new LiveNode(balancer(), endpoint(), Health.unknown(0), null);
                lease = new LeaseImpl(node, null, LeaseImpl.UNTIMED, node.begin(), 0);
            }
            return lease;
        }

        /** Bytes moved. */
        @Operation
        public void progress() {
            lease().progress();
        }

        /** Ends the lease. */
        @Operation
        public void complete() {
            if (lease().complete(Outcome.SUCCESS)) {
                ended.incrementAndGet();
            }
        }

        /** The age limit has passed. */
        @Operation(nonParallelGroup = "control path")
        public void nextGeneration() {
            leaked.addAndGet(((LiveNode) lease().node()).nextGeneration());
        }

        /** Counted as long as it is neither ended nor leaked, and never twice. */
        @Validate
        public void counted() {
            int inFlight = lease().node().inFlight();
            boolean right = leaked.get() == 0 ? inFlight == 1 - ended.get() : inFlight == 0 || ended.get() == 0;
            if (!right || inFlight < 0 || inFlight > 1) {
                throw new IllegalStateException(
                        "ended " + ended + " times, leaked " + leaked + " times, in flight " + inFlight);
            }
        }
    }

    /** Attempts begin and end on one node. */
    public static class Attempts {
        private LiveNode node;
        private final AtomicInteger open = new AtomicInteger();

        private synchronized LiveNode node() {
            if (node == null) {
                node = new LiveNode(balancer(), endpoint(), Health.unknown(0), null);
            }
            return node;
        }

        /** An attempt begins. */
        @Operation
        public void begin() {
            node().begin();
            open.incrementAndGet();
        }

        /** An attempt begins and ends. */
        @Operation
        public boolean call() {
            LiveNode node = node();
            return node.end(node.begin());
        }

        /** What is open is counted. */
        @Validate
        public void counted() {
            if (node().inFlight() != open.get()) {
                throw new IllegalStateException(open + " open, in flight " + node().inFlight());
            }
        }
    }

    @Test
    void aLeaseEndsOnce() {
        ModelCheck.check(Completions.class, LeaseModelTest.class);
    }

    @Test
    void progressAndTheAgeLimitCountALeaseOnce() {
        ModelCheck.check(Ages.class, LeaseModelTest.class);
    }

    @Test
    void everyAttemptIsCountedInAndOut() {
        ModelCheck.check(Attempts.class, LeaseModelTest.class);
    }
}

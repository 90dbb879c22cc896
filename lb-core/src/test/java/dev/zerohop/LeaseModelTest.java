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

    static EjectionPolicy.TrackRecord record() {
        return EjectionPolicy.NONE.newJudge(new FakeTime().env()).add(endpoint(), null);
    }

    /** Two threads end the same lease. */
    public static class Completions {
        private Lease lease;
        private final AtomicInteger ended = new AtomicInteger();

        /** Made late: the checker cannot look into a record that an operations object holds from the beginning. */
        private synchronized Lease lease() {
            if (lease == null) {
                lease = new LeaseImpl(
                        new LiveNode(balancer(), endpoint(), 0, null, record()), null, LeaseImpl.UNTIMED, false);
                ((LiveNode) lease.node()).begin();
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

    /** Attempts begin and end on one node. */
    public static class InFlight {
        private LiveNode node;

        private synchronized LiveNode node() {
            if (node == null) {
                node = new LiveNode(balancer(), endpoint(), 0, null, record());
            }
            return node;
        }

        /** An attempt begins. */
        @Operation
        public void begin() {
            node().begin();
        }

        /** An attempt ends. */
        @Operation
        public void end() {
            node().end(Outcome.SUCCESS);
        }

        /** Attempts under way. */
        @Operation
        public int inFlight() {
            return node().inFlight();
        }
    }

    @Test
    void aLeaseEndsOnce() {
        ModelCheck.check(Completions.class, LeaseModelTest.class);
    }

    @Test
    void everyAttemptIsCountedInAndOut() {
        ModelCheck.check(InFlight.class, LeaseModelTest.class);
    }
}

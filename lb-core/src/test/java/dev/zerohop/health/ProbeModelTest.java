package dev.zerohop.health;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.internal.ModelCheck;
import dev.zerohop.testing.FakeTime;
import org.jetbrains.kotlinx.lincheck.annotations.Operation;
import org.junit.jupiter.api.Test;

/** The one probe of a half-open endpoint, under every interleaving that the model checker tries. */
class ProbeModelTest {

    /** Calls compete for the probe; one that was cancelled gives it back. */
    public static class Probe {
        private final OutlierStats record = record();

        private static OutlierStats record() {
            OutlierStats record = (OutlierStats) OutlierEjection.builder()
                    .build()
                    .newDetector(new FakeTime().env())
                    .add(Endpoint.of("127.0.0.1", 1), null, () -> {});
            record.halfOpen(1);
            return record;
        }

        /** Takes the probe, if it is free. */
        @Operation
        public boolean take() {
            return record.tryProbe();
        }

        /** The call that had it was cancelled. */
        @Operation
        public boolean giveBack() {
            return record.onProbeOutcome(Outcome.CANCELLED, record.phase());
        }
    }

    @Test
    void oneCallGetsTheProbe() {
        ModelCheck.check(Probe.class);
    }
}

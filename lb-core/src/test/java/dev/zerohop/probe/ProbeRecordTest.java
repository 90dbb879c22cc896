package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How many probes in a row it takes. */
class ProbeRecordTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final ProbeRecord record = new ProbeRecord(2, 3);
    private int probes;

    private boolean probe(boolean ok) {
        probes++;
        return record.record(ok, ok ? "" : "failed " + probes, START.plusSeconds(probes));
    }

    @Test
    void nothingIsKnownBeforeAThresholdIsReached() {
        assertThat(record.state()).isEqualTo(ProbeRecord.State.PENDING);
        assertThat(probe(true)).isFalse();
        assertThat(record.state()).isEqualTo(ProbeRecord.State.PENDING);
        assertThat(probe(true)).isTrue();
        assertThat(record.state()).isEqualTo(ProbeRecord.State.UP);
        assertThat(probe(true)).as("said once").isFalse();
    }

    @Test
    void itGoesDownAfterThreeInARowAndUpAfterTwo() {
        probe(false);
        probe(false);
        assertThat(probe(false)).isTrue();
        assertThat(record.state()).isEqualTo(ProbeRecord.State.DOWN);
        assertThat(record.since()).as("since the first of them").isEqualTo(START.plusSeconds(1));
        assertThat(record.reason()).isEqualTo("failed 3");
        probe(true);
        probe(false);
        probe(true);
        assertThat(record.state()).isEqualTo(ProbeRecord.State.DOWN);
        assertThat(probe(true)).isTrue();
        assertThat(record.state()).isEqualTo(ProbeRecord.State.UP);
    }

    /** Against the plain statement: the state is that of the last run that was long enough. */
    @Test
    void whateverComesTheLastLongEnoughRunDecides() {
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            int healthy = 1 + random.nextInt(4);
            int unhealthy = 1 + random.nextInt(4);
            ProbeRecord subject = new ProbeRecord(healthy, unhealthy);
            ProbeRecord.State expected = ProbeRecord.State.PENDING;
            int run = 0;
            boolean last = false;
            for (int i = 0; i < 60; i++) {
                boolean ok = random.nextInt(3) > 0;
                run = i > 0 && ok == last ? run + 1 : 1;
                last = ok;
                if (run >= (ok ? healthy : unhealthy)) {
                    expected = ok ? ProbeRecord.State.UP : ProbeRecord.State.DOWN;
                }
                ProbeRecord.State before = subject.state();
                boolean changed = subject.record(ok, "", START);
                assertThat(subject.state()).isEqualTo(expected);
                assertThat(changed).isEqualTo(before != expected);
            }
        }
    }
}

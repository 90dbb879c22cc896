package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** One of ten servers fails fast: how much of the traffic it draws. */
class BlackHoleTest {
    private static double share(String policy) throws InterruptedException {
        Double share =
                Sims.run(Sims.shipped("black-hole"), policy, 1, 2).share().get("faulty");
        return share == null ? -1 : share;
    }

    @Test
    void itDrawsItsShareUnderPoliciesThatDoNotLook() throws InterruptedException {
        assertThat(share("round_robin")).isBetween(0.099, 0.101);
        assertThat(share("random")).isBetween(0.095, 0.105);
    }

    @Test
    void itDrawsLittleUnderThoseThatLook() throws InterruptedException {
        assertThat(share("peak_ewma")).isBetween(0.00002, 0.0006);
        assertThat(share("prequal")).isBetween(0.00002, 0.002);
        assertThat(share("least_request")).isBetween(0.004, 0.015);
    }
}

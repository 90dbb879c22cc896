package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Two scenarios that differ in nothing but the retry budget: without one, retries are more work than there are servers, and more calls fail than the fault breaks. */
class RetryStormTest {
    @Test
    void theyDifferInTheBudgetAlone() {
        Scenario within = Sims.shipped("retry-storm");
        Scenario without = Sims.shipped("retry-storm-without-budget");
        assertThat(without.span()).isEqualTo(within.span());
        assertThat(without.load()).isEqualTo(within.load());
        assertThat(without.control()).isEqualTo(within.control());
        assertThat(without.network()).isEqualTo(within.network());
        Policy budget = within.policy("least_request");
        Policy none = without.policy("least_request");
        assertThat(none.settings().retry()).isNotEqualTo(budget.settings().retry());
        assertThat(none.settings().retry().maxAttempts())
                .isEqualTo(budget.settings().retry().maxAttempts());
        assertThat(none.settings().toBuilder().retry(budget.settings().retry()).build())
                .isEqualTo(budget.settings());
    }

    @Test
    void withoutABudgetLessGoodIsDone() throws InterruptedException {
        PolicyResult within = Sims.run(Sims.shipped("retry-storm"), "least_request", 1);
        PolicyResult without = Sims.run(Sims.shipped("retry-storm-without-budget"), "least_request", 1);
        assertThat(without.calls()).isEqualTo(within.calls());
        assertThat(without.retries()).isGreaterThan(2 * within.retries());
        assertThat(without.goodput().value()).isLessThan(0.97 * within.goodput().value());
        assertThat(without.meanLatencyMillis().value())
                .isGreaterThan(2 * within.meanLatencyMillis().value());
    }
}

package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.PickPolicy;
import dev.zerohop.picker.Pickers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that sheds load answers faster than those that work. Counted in calls, not in time. */
class OverloadTest {
    private static final int CALLS = 600;
    private static final int CALLERS = 6;

    /** How many of the calls one of five servers gets that answers so at once. */
    private static int shareOf(PickPolicy policy, MockResponse.Builder answer) throws Exception {
        try (Rig rig = new Rig(TestPolicies.settings(policy, 1, null))) {
            List<TestServer> servers = rig.servers(5);
            servers.get(0).answers(answer);
            AtomicInteger left = new AtomicInteger(CALLS);
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                Thread caller = new Thread(() -> {
                    while (left.getAndDecrement() > 0) {
                        try {
                            rig.text("/");
                        } catch (IOException failure) {
                            throw new AssertionError(failure);
                        }
                    }
                });
                caller.start();
                callers.add(caller);
            }
            for (Thread caller : callers) {
                caller.join();
            }
            return servers.get(0).log.size();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"least_request", "peak_ewma"})
    void anEndpointThatShedsGetsNoMoreThanOneThatFails(String name) throws Exception {
        PickPolicy policy = Pickers.byName(name);
        int failing = shareOf(policy, new MockResponse.Builder().code(503).body("busy"));
        int shedding = shareOf(policy, new MockResponse.Builder().code(429).body("busy"));
        int retryAfter = shareOf(
                policy,
                new MockResponse.Builder()
                        .code(503)
                        .addHeader("Retry-After", "1")
                        .body("busy"));
        int most = Math.max(CALLS * 8 / 100, 1);
        assertThat(shedding).as("429; 503 got %s", failing).isLessThanOrEqualTo(most);
        assertThat(retryAfter).as("503 with Retry-After; 503 got %s", failing).isLessThanOrEqualTo(most);
        // One call in a hundred for the chance of so few.
        assertThat(shedding).isLessThanOrEqualTo((int) (1.3 * failing) + CALLS / 100);
    }
}

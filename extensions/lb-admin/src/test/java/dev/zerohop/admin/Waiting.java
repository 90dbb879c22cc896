package dev.zerohop.admin;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** Waits that end when what they wait for is there. */
final class Waiting {
    private Waiting() {}

    static void until(Callable<Boolean> holds) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(20))
                .until(holds);
    }
}

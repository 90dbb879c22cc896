package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.LoadBalancer.PickResult;
import org.junit.jupiter.api.Test;

class WaitingTest {

    /** On the versions of grpc that cannot be told, ./verify --compat sees that calls wait all the same. */
    @Test
    void aPickThatWaitsSaysWhy() {
        PickResult result = Waiting.because("resolving", "no answer yet");
        assertThat(result.hasResult()).isFalse();
        assertThat(result.getDelayType()).isEqualTo("resolving");
        assertThat(result.getDelayReason()).isEqualTo("no answer yet");
    }
}

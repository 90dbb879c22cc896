package dev.zerohop.etcd.election;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.etcd.client.KeyStore;
import java.util.List;
import org.junit.jupiter.api.Test;

class ElectionStateTest {

    @Test
    void theFirstCandidateThatIsLeftLeads() {
        KeyStore.Entry first = candidate("election/1", "a", 5);
        KeyStore.Entry second = candidate("election/0", "b", 7);
        assertThat(ElectionState.of(List.of(second, first))).isEqualTo(new ElectionState("a", "election/1", 5));
        assertThat(ElectionState.of(List.of(second))).isEqualTo(new ElectionState("b", "election/0", 7));
        assertThat(ElectionState.of(List.of())).isEqualTo(ElectionState.NONE);
    }

    private static KeyStore.Entry candidate(String key, String id, long revision) {
        return new KeyStore.Entry(key, com.google.protobuf.ByteString.copyFromUtf8(id), revision);
    }
}

package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Conversations of 4 turns of 2 blocks, behind 2 blocks that all have in common: 4, 6, 8 and 10 blocks. A missing block takes 1 ms, and a call nothing else. */
class WarmCacheTest {
    private static final String KEYS =
            "{\"count\": %d, \"as\": \"prefix\", \"turns\": 4, \"turnBlocks\": 2, \"sharedBlocks\": 2}";

    private static String scenario(int servers, int blocks, String keys) {
        return "{\"duration\": \"100s\", \"measureFrom\": \"20s\", \"arrivals\": {\"rate\": 40, \"process\": \"even\"}, "
                + "\"demand\": {\"mean\": \"1us\", \"distribution\": \"constant\"}, \"servers\": [{\"id\": \"s\", \"count\": "
                + servers + ", \"cache\": {\"blocks\": " + blocks + ", \"missTakes\": \"1ms\"}}], \"keys\": " + keys
                + ", "
                + Sims.BARE + "}";
    }

    private static PolicyResult run(int servers, int blocks, String policy) throws InterruptedException {
        return Sims.run(Sims.scenario(scenario(servers, blocks, KEYS.formatted(1))), policy, 1);
    }

    @Test
    void aServerThatHadTheTurnBeforeMissesTheNewBlocksOnly() throws InterruptedException {
        PolicyResult one = run(1, 100, "round_robin");
        // Of 4, 6, 8 and 10 blocks 2 are new.
        assertThat(one.cacheHits().value()).isCloseTo(20.0 / 28, within(0.001));
        assertThat(one.latencyMillis(0.5).value()).isCloseTo(2, within(0.01));
        assertThat(one.latencyMillis(1).value()).isCloseTo(2, within(0.01));
    }

    @Test
    void aServerThatDidNotMissesTwoTurns() throws InterruptedException {
        PolicyResult two = run(2, 100, "round_robin");
        // The shared blocks, and of the turns before all but the last: 2 of 4, 2 of 6, 4 of 8, 6 of 10.
        assertThat(two.cacheHits().value()).isCloseTo(14.0 / 28, within(0.001));
        assertThat(two.latencyMillis(1).value()).isCloseTo(4, within(0.01));
    }

    @Test
    void affinityKeepsAConversationTogether() throws InterruptedException {
        assertThat(run(2, 100, "prefix_affinity").cacheHits().value()).isCloseTo(20.0 / 28, within(0.001));
    }

    @Test
    void theEndOfABeginningIsForgottenFirst() throws InterruptedException {
        // Of 4, 6, 8 and 10 blocks 2, 3, 3 and 3 of the call before are still there, and of a new conversation the
        // shared two.
        PolicyResult small = run(1, 3, "round_robin");
        assertThat(small.cacheHits().value()).isCloseTo((2 + 3 + 3 + 3) / 28.0, within(0.001));
    }

    @Test
    void aCacheWithoutBeginningsIsRejected() {
        assertThatThrownBy(() -> Sims.scenario(scenario(1, 10, "{\"count\": 1}")))
                .hasMessage("servers[0].cache: was given, expected none unless keys are \"as\": \"prefix\"");
        assertThatThrownBy(() -> Sims.scenario(scenario(1, 10, "{\"count\": 1, \"turns\": 3}")))
                .hasMessage("keys.turns: was 3, expected no such field unless keys are \"as\": \"prefix\"");
        assertThatThrownBy(() -> Sims.scenario(
                        scenario(1, 10, "{\"count\": 1, \"as\": \"prefix\", \"turns\": 1000, \"turnBlocks\": 2}")))
                .hasMessage("keys: was 2000 blocks in the last turn, expected at most 1024");
    }
}

package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.PickPolicy;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.PickerContract;
import dev.zerohop.testing.ScriptedDirectory;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PickerContractTest {

    @Nested
    class RoundRobin extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.roundRobin();
        }
    }

    @Nested
    class Random extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.random();
        }
    }

    @Nested
    class WeightedRandom extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.weightedRandom();
        }
    }

    @Nested
    class WeightedRoundRobin extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.weightedRoundRobin();
        }
    }

    @Nested
    class LeastRequest extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.leastRequest();
        }
    }

    @Nested
    class PeakEwma extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.peakEwma();
        }
    }

    @Nested
    class Rendezvous extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.rendezvous();
        }
    }

    @Nested
    class ShardFailFast extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return Pickers.shard();
        }

        @Override
        protected boolean oneOwnerOnly() {
            return true;
        }
    }

    @Nested
    class ShardWait extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return ShardPolicy.builder().ownerDown(OwnerDown.WAIT).build();
        }

        @Override
        protected boolean oneOwnerOnly() {
            return true;
        }
    }

    @Nested
    class ShardSpill extends PickerContract {
        @Override
        protected PickPolicy policy() {
            return ShardPolicy.builder().ownerDown(OwnerDown.SPILL).build();
        }
    }

    /** Everybody owns the keys that name them; what the contract asks for is asked of keys with an owner. */
    abstract static class Directory extends PickerContract {
        @Override
        protected Snapshot prepared(Snapshot snapshot) {
            ScriptedDirectory directory = new ScriptedDirectory();
            for (int i = 0; i < 20_000 && !snapshot.members().isEmpty(); i++) {
                Endpoint owner =
                        snapshot.members().get(i % snapshot.members().size()).endpoint();
                directory.put("key-" + i, i % 2 == 0 ? Owner.endpoint(owner.id()) : Owner.ordinal(owner.ordinal()));
            }
            return snapshot.withDirectory(directory);
        }
    }

    @Nested
    class DirectoryFailFast extends Directory {
        @Override
        protected PickPolicy policy() {
            return Pickers.directory();
        }

        @Override
        protected boolean oneOwnerOnly() {
            return true;
        }
    }

    @Nested
    class DirectorySpill extends Directory {
        @Override
        protected PickPolicy policy() {
            return DirectoryPolicy.builder().ownerDown(OwnerDown.SPILL).build();
        }
    }

    @Test
    void policiesAreValues() {
        assertThat(Pickers.peakEwma()).isEqualTo(Pickers.peakEwma(Duration.ofSeconds(10), 10));
        assertThat(Pickers.peakEwma()).isNotEqualTo(Pickers.peakEwma(Duration.ofSeconds(9), 10));
        assertThat(Pickers.rendezvous()).isEqualTo(Pickers.rendezvous(null));
        assertThat(Pickers.rendezvous(Pickers.random())).isNotEqualTo(Pickers.rendezvous());
        assertThat(Pickers.shard()).isEqualTo(ShardPolicy.builder().build()).hasSameHashCodeAs(Pickers.shard());
        assertThat(lookup(1)).isEqualTo(lookup(1)).isNotEqualTo(lookup(2));
    }

    private static ShardPolicy lookup(int ordinal) {
        return ShardPolicy.builder()
                .strategy(ShardPolicy.Strategy.LOOKUP)
                .table(Map.of("k", ordinal))
                .build();
    }

    @Test
    void everyPolicyHasItsName() {
        assertThat(Pickers.names())
                .containsExactly(
                        "directory",
                        "least_request",
                        "peak_ewma",
                        "random",
                        "rendezvous",
                        "round_robin",
                        "shard",
                        "weighted_random",
                        "weighted_round_robin");
        for (String name : Pickers.names()) {
            assertThat(Pickers.byName(name).name()).isEqualTo(name);
        }
        assertThatThrownBy(() -> Pickers.byName("ring"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("policy was 'ring', expected one of [directory, least_request");
    }

    @Test
    void aKeyedPolicyIsNoFallbackForMissingKeys() {
        assertThatThrownBy(() -> Pickers.rendezvous(Pickers.shard()))
                .hasMessage("withoutKey was shard, expected a policy that needs no key");
    }
}

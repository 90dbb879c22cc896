package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.LoadMetric;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.Snapshot;
import dev.zerohop.load.LoadMetrics;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDirectory;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DirectoryPolicyTest {
    private static final PickContext ALICE = PickContext.of(EndpointSelector.of("alice"));

    private final ScriptedDirectory directory = new ScriptedDirectory();
    private final List<FakeNode> five = FakeNode.numbered("orders", 5);

    private Picker picker(DirectoryPolicy policy) {
        return policy.newPicker(snapshot(), new FakeTime().env());
    }

    private Snapshot snapshot() {
        return FakeNode.usable(Snapshot.of(five)).withDirectory(directory);
    }

    private static DirectoryPolicy with(OwnerDown ownerDown) {
        return DirectoryPolicy.builder().ownerDown(ownerDown).build();
    }

    private static @Nullable String idOf(@Nullable Node node) {
        return node == null ? null : node.endpoint().id();
    }

    @Test
    void theOwnerIsFoundByIdAndByOrdinal() {
        Picker picker = picker(Pickers.directory());
        for (FakeNode node : five) {
            directory.put("alice", Owner.endpoint(node.endpoint().id()));
            assertThat(picker.pick(ALICE)).isSameAs(node);
            directory.put("alice", Owner.ordinal(node.endpoint().ordinal()));
            assertThat(picker.pick(ALICE)).isSameAs(node);
        }
    }

    @Test
    void anAnswerThatChangesNeedsNoOtherPicker() {
        Picker picker = picker(Pickers.directory());
        assertThat(picker.pick(ALICE)).isNull();
        directory.put("alice", Owner.ordinal(3));
        assertThat(idOf(picker.pick(ALICE))).isEqualTo("orders-3");
        directory.put("alice", Owner.endpoint("orders-1"));
        assertThat(idOf(picker.pick(ALICE))).isEqualTo("orders-1");
    }

    @Test
    void anOwnerThatIsNotKnownYetIsWaitedForWhateverThePolicy() {
        for (OwnerDown ownerDown : OwnerDown.values()) {
            Picker picker = picker(with(ownerDown));
            assertThat(picker.pick(ALICE)).isNull();
            assertThat(picker.refusal(ALICE))
                    .isEqualTo(new Refusal(
                            Refusal.Kind.CONNECTING,
                            true,
                            "the owner of key \"alice\" is not known yet: scripted: being asked"));
        }
        assertThat(directory.asked()).containsOnly("alice");
    }

    @Test
    void anOwnerThatCannotBeFoundOutIsNeverGuessed() {
        directory.put("alice", new Unknown(false, "etcd is away"));
        for (OwnerDown ownerDown : OwnerDown.values()) {
            Picker picker = picker(DirectoryPolicy.builder()
                    .ownerDown(ownerDown)
                    .missing(Pickers.roundRobin())
                    .build());
            assertThat(picker.pick(ALICE)).isNull();
            assertThat(picker.refusal(ALICE))
                    .isEqualTo(new Refusal(
                            Refusal.Kind.OWNER_DOWN,
                            ownerDown == OwnerDown.WAIT,
                            "the owner of key \"alice\" cannot be found out: etcd is away"));
        }
    }

    @Test
    void aDrainingOwnerKeepsItsKeysWhileItServes() {
        for (Owner owner : List.of(Owner.endpoint("orders-4"), Owner.ordinal(4))) {
            directory.put("alice", owner);
            for (OwnerDown ownerDown : List.of(OwnerDown.FAIL_FAST, OwnerDown.WAIT)) {
                five.get(4).health(Health.Status.DRAINING);
                Picker picker = picker(with(ownerDown));
                assertThat(picker.pick(ALICE)).isSameAs(five.get(4));
                assertThat(picker.explain(ALICE))
                        .last()
                        .isEqualTo("the owner is draining; it keeps its keys while it serves");
                five.get(4).health(Health.Status.UNREACHABLE);
                assertThat(picker.rebuild(snapshot()).pick(ALICE)).isNull();
            }
        }
    }

    @Test
    void underSpillADrainingOwnerComesAfterAllUsableEndpoints() {
        for (Owner owner : List.of(Owner.endpoint("orders-4"), Owner.ordinal(4))) {
            directory.put("alice", owner);
            five.forEach(node -> node.health(Health.Status.HEALTHY));
            five.get(4).health(Health.Status.DRAINING);
            Picker picker = picker(with(OwnerDown.SPILL));
            Node standIn = picker.pick(ALICE);
            assertThat(standIn).isNotNull().isNotSameAs(five.get(4));
            assertThat(picker.spilled(ALICE, standIn)).isTrue();
            five.subList(0, 4).forEach(node -> node.health(Health.Status.EJECTED));
            Picker after = picker.rebuild(snapshot());
            assertThat(after.pick(ALICE)).isSameAs(five.get(4));
            assertThat(after.explain(ALICE))
                    .last()
                    .isEqualTo("the owner is draining; it is the last resort, no other endpoint is usable");
        }
    }

    @Test
    void aSourceWithoutADirectoryIsSaidToBeOne() {
        Picker picker = Pickers.directory().newPicker(Snapshot.of(five), new FakeTime().env());
        assertThat(picker.pick(ALICE)).isNull();
        assertThat(picker.refusal(ALICE).kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        assertThat(picker.refusal(ALICE).message()).contains("the source of the endpoints has no directory");
    }

    @Test
    void aKeyWithoutAnEntryIsRefusedByName() {
        directory.put("alice", new Absent());
        Picker picker = picker(Pickers.directory());
        assertThat(picker.pick(ALICE)).isNull();
        assertThat(picker.refusal(ALICE))
                .isEqualTo(new Refusal(Refusal.Kind.BAD_KEY, false, "key \"alice\" has no entry in the directory"));
    }

    @Test
    void aKeyWithoutAnEntryMayBePlacedByHash() {
        directory.put("alice", new Absent());
        Picker picker =
                picker(DirectoryPolicy.builder().missing(Pickers.shard()).build());
        Picker hashed = Pickers.shard().newPicker(snapshot(), new FakeTime().env());
        assertThat(picker.pick(ALICE)).isNotNull().isSameAs(hashed.pick(ALICE));
    }

    @Test
    void aKeyWithoutAnEntryMayGoToAnybody() {
        directory.put("alice", new Absent());
        Picker picker =
                picker(DirectoryPolicy.builder().missing(Pickers.roundRobin()).build());
        Set<String> picked = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            picked.add(idOf(picker.pick(ALICE)));
        }
        assertThat(picked).hasSize(5);
    }

    @Test
    void anOwnerThatIsDownIsNamedWithTheReason() {
        directory.put("alice", Owner.endpoint("orders-2"));
        five.get(2).health(Health.Status.EJECTED);
        Picker failing = picker(with(OwnerDown.FAIL_FAST));
        assertThat(failing.pick(ALICE)).isNull();
        Refusal refusal = failing.refusal(ALICE);
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        assertThat(refusal.waits()).isFalse();
        assertThat(refusal.message())
                .startsWith("the owner by the directory, endpoint orders-2 (orders-2")
                .endsWith("is EJECTED for 1.0 s (test: set by the test)");
        Refusal waiting = picker(with(OwnerDown.WAIT)).refusal(ALICE);
        assertThat(waiting.kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        assertThat(waiting.waits()).isTrue();
    }

    @Test
    void anOwnerThatIsConnectingIsWaitedFor() {
        directory.put("alice", Owner.ordinal(2));
        five.get(2).health(Health.Status.CONNECTING);
        Refusal refusal = picker(Pickers.directory()).refusal(ALICE);
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.CONNECTING);
        assertThat(refusal.waits()).isTrue();
    }

    @Test
    void anOwnerThatIsNoMemberIsDown() {
        Picker picker = picker(Pickers.directory());
        directory.put("alice", Owner.endpoint("orders-9"));
        assertThat(picker.pick(ALICE)).isNull();
        assertThat(picker.refusal(ALICE))
                .isEqualTo(new Refusal(
                        Refusal.Kind.OWNER_DOWN,
                        false,
                        "the owner by the directory, endpoint orders-9 is not among the 5 endpoints known"));
        directory.put("alice", Owner.ordinal(9));
        assertThat(picker.refusal(ALICE).message())
                .isEqualTo("the owner by the directory, ordinal 9 has no endpoint; ordinals known: 0-4");
    }

    @Test
    void whatIsSpilledSpreadsOverTheOthersAndIsTheSameForEveryClient() {
        five.get(2).health(Health.Status.EJECTED);
        Picker one = picker(with(OwnerDown.SPILL));
        Picker other = picker(with(OwnerDown.SPILL));
        Set<String> picked = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            directory.put("key-" + i, Owner.endpoint("orders-2"));
            PickContext context = PickContext.of(EndpointSelector.of("key-" + i));
            Node node = one.pick(context);
            assertThat(node).isNotNull().isSameAs(other.pick(context));
            assertThat(one.spilled(context, node)).isTrue();
            picked.add(idOf(node));
        }
        assertThat(picked).containsExactlyInAnyOrder("orders-0", "orders-1", "orders-3", "orders-4");
        directory.put("alice", Owner.endpoint("orders-3"));
        assertThat(one.spilled(ALICE, five.get(3))).isFalse();
    }

    @Test
    void aSecondAttemptOfASpillingCallGoesElsewhere() {
        directory.put("alice", Owner.endpoint("orders-2"));
        Picker picker = picker(with(OwnerDown.SPILL));
        assertThat(idOf(picker.pick(ALICE))).isEqualTo("orders-2");
        assertThat(idOf(picker.pick(ALICE.retryAfter(five.get(2).endpoint())))).isNotEqualTo("orders-2");
    }

    @Test
    void anOwnerThatWasNamedSinceThePickIsWaitedForAndNotRefused() {
        Picker picker = picker(Pickers.directory());
        assertThat(picker.pick(ALICE)).isNull();
        directory.put("alice", Owner.ordinal(0));
        assertThat(picker.refusal(ALICE).waits()).isTrue();
    }

    @Test
    void placeAndExplainAskNobody() {
        DirectoryPolicy policy = Pickers.directory();
        assertThat(policy.place(EndpointSelector.of("alice"), snapshot()).endpoint())
                .isNull();
        assertThat(picker(policy).explain(ALICE)).last().asString().contains("not known yet");
        assertThat(directory.asked()).isEmpty();
        directory.put("alice", Owner.endpoint("orders-4"));
        PlacementExplanation placement = policy.place(EndpointSelector.of("alice"), snapshot());
        assertThat(placement.endpoint()).isEqualTo(five.get(4).endpoint());
        assertThat(placement.ordinal()).isEqualTo(4);
        assertThat(placement.strategy()).isEqualTo("directory");
        assertThat(placement.why()).last().asString().startsWith("endpoint orders-4 is orders-4");
    }

    @Test
    void integerKeysAreTheirDigits() {
        directory.put("-42", Owner.ordinal(1));
        assertThat(idOf(picker(Pickers.directory()).pick(PickContext.of(EndpointSelector.of(-42)))))
                .isEqualTo("orders-1");
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() ->
                        DirectoryPolicy.builder().missing(Pickers.directory()).build())
                .hasMessage("missing was directory, expected another policy");
        assertThatThrownBy(() ->
                        DirectoryPolicy.builder().withoutKey(Pickers.shard()).build())
                .hasMessage("withoutKey was shard, expected a policy that needs no key");
        assertThatThrownBy(() -> DirectoryPolicy.builder()
                        .missing(Pickers.peakEwma())
                        .withoutKey(Pickers.peakEwma(Duration.ofSeconds(1), 2))
                        .build())
                .hasMessageStartingWith("missing was ")
                .hasMessageContaining("expected both to measure load alike");
        assertThat(DirectoryPolicy.builder()
                        .missing(Pickers.peakEwma())
                        .withoutKey(Pickers.leastRequest())
                        .build()
                        .loadMetric())
                .isEqualTo(LoadMetrics.peakEwma());
        assertThat(Pickers.directory().loadMetric()).isEqualTo(LoadMetric.IN_FLIGHT);
        assertThatThrownBy(() -> new Owner("a", 1)).hasMessageContaining("expected either an id");
        assertThatThrownBy(() -> Owner.ordinal(-1)).hasMessageContaining("expected either an id");
    }

    @Test
    void keysWithoutAnEntryAreRoutedByTheEpochOfTheShards() {
        Snapshot numbered = Snapshot.of(five, ShardMap.of(7, new ShardCount(5, 0)));
        DirectoryPolicy byShard =
                DirectoryPolicy.builder().missing(Pickers.shard()).build();
        assertThat(byShard.newPicker(numbered, Env.system()).shardEpoch()).isEqualTo(7);
        assertThat(Pickers.directory().newPicker(numbered, Env.system()).shardEpoch())
                .isEqualTo(ShardMap.NO_EPOCH);
    }

    /** A server that judges the owner of a key by the map would send every call back whose owner the directory names. */
    @Test
    void keysWithAnEntryStateNoEpoch() {
        Snapshot numbered =
                Snapshot.of(five, ShardMap.of(7, new ShardCount(5, 0))).withDirectory(directory);
        Picker picker =
                DirectoryPolicy.builder().missing(Pickers.shard()).build().newPicker(numbered, Env.system());
        directory.put("alice", new Absent());
        assertThat(picker.shardEpoch(ALICE)).isEqualTo(7);
        directory.put("alice", Owner.ordinal(3));
        assertThat(picker.shardEpoch(ALICE)).isEqualTo(ShardMap.NO_EPOCH);
        assertThat(picker.shardEpoch(PickContext.NONE)).isEqualTo(ShardMap.NO_EPOCH);
    }
}

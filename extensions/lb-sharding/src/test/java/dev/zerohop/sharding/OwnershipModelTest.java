package dev.zerohop.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.SliceMap;
import dev.zerohop.sharding.store.InProcessSliceStore;
import dev.zerohop.sharding.store.MemberState;
import dev.zerohop.sharding.store.SliceStore;
import dev.zerohop.sharding.store.StoreView;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thousands of assignments drawn by chance, which split, merge and move slices and give them several owners, against a model that knows nothing of slices: it asks of each key, after each
 * assignment, who owns it.
 */
@Timeout(300)
class OwnershipModelTest {
    private static final int OWNERS = 3;
    private static final int SELF = 1;
    private static final int KEYS = 64;

    private final FakeTime time = new FakeTime();
    private final InProcessSliceStore store = InProcessSliceStore.create(time.env());

    /** A handle, what it said first, and whether the member owned its key ever since. */
    private static final class Begun {
        final int key;
        final SliceHandle handle;
        boolean ever;

        Begun(int key, SliceHandle handle, boolean owned) {
            this.key = key;
            this.handle = handle;
            this.ever = owned;
        }
    }

    /** Low bounds and the owners of each, as bits. */
    private final TreeMap<Long, Integer> model = new TreeMap<>(Long::compareUnsigned);

    private boolean modelOwns(long hash) {
        return (model.floorEntry(hash).getValue() >> SELF & 1) == 1;
    }

    private void step(SplittableRandom random) {
        List<Long> lows = new ArrayList<>(model.keySet());
        long low = lows.get(random.nextInt(lows.size()));
        switch (random.nextInt(4)) {
            // A cut: no owner changes. Bounds lie at the keys too, where an error by one would show.
            case 0 -> {
                long cut = random.nextBoolean() ? random.nextLong() : hash(random.nextInt(KEYS)) + random.nextInt(2);
                model.putIfAbsent(cut, model.floorEntry(cut).getValue());
            }
            // Two slices become one, with the owners of the lower.
            case 1 -> {
                if (low != 0) {
                    model.remove(low);
                }
            }
            // Two slices of the same owners become one.
            case 2 -> {
                if (low != 0 && model.lowerEntry(low).getValue().equals(model.get(low))) {
                    model.remove(low);
                }
            }
            default -> model.put(low, 1 + random.nextInt((1 << OWNERS) - 1));
        }
    }

    private static long hash(int key) {
        return EndpointSelector.of(key).hash();
    }

    /** The model as an assignment: what is owned as before keeps the generation since when it is. */
    private SliceMap draft(SliceMap before) {
        List<SliceMap.Owner> owners = new ArrayList<>();
        for (int i = 0; i < OWNERS; i++) {
            owners.add(new SliceMap.Owner("m" + i, i + 1));
        }
        SliceMap.Builder builder = SliceMap.builder().owners(owners);
        model.forEach((low, bits) -> {
            int[] places = new int[Integer.bitCount(bits)];
            int size = 0;
            for (int i = 0; i < OWNERS; i++) {
                if ((bits >> i & 1) == 1) {
                    places[size++] = i;
                }
            }
            builder.slice(low, SliceMap.DRAFT, 0, places);
        });
        return builder.build();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatIsOwnedAndStillOwnedIsWhatTheModelSays(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        SliceStore leader = store.member();
        StoreView[] view = {StoreView.NONE};
        leader.start(new MemberState("m0", MemberState.Phase.READY, 1, "", SliceMap.DRAFT), now -> view[0] = now);
        try (SliceMember member = join()) {
            List<Begun> begun = new ArrayList<>();
            model.put(0L, 1 << SELF);
            for (int round = 0; round < 2_000; round++) {
                for (int i = random.nextInt(3); i > 0; i--) {
                    step(random);
                }
                assertThat(leader.write(view[0].assignment(), draft(view[0].assignment()))
                                .join())
                        .isTrue();
                time.advance(Duration.ofMillis(1));
                begun.forEach(each -> each.ever &= modelOwns(hash(each.key)));
                int key = random.nextInt(KEYS);
                boolean owns = modelOwns(hash(key));
                SliceHandle handle = member.begin(EndpointSelector.of(key));
                assertThat(handle.owned()).as("seed %d, round %d", seed, round).isEqualTo(owns);
                assertThat(member.owns(EndpointSelector.of(key))).isEqualTo(owns);
                begun.add(new Begun(key, handle, owns));
                for (Begun each : begun) {
                    assertThat(each.handle.stillOwned())
                            .as("seed %d, round %d, key %d", seed, round, each.key)
                            .isEqualTo(each.ever);
                }
                if (begun.size() > 40) {
                    begun.remove(random.nextInt(begun.size())).handle.close();
                }
            }
        }
        leader.close();
    }

    private SliceMember join() {
        return SliceMember.join(
                store.member(false),
                "m1",
                SliceMemberOptions.builder().env(time.env()).build());
    }
}

package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RendezvousTest {
    private final FakeTime time = new FakeTime();

    private static PickContext key(int number) {
        return PickContext.of(EndpointSelector.of("key-" + number));
    }

    /** Hashes are taken over from the version before, each to its own endpoint. */
    @Test
    void aPickerThatWasRebuiltPlacesAsOneThatIsNew() {
        List<FakeNode> all = new ArrayList<>(FakeNode.numbered("n", 12));
        Random random = new Random(3);
        Picker picker = Pickers.rendezvous().newPicker(Snapshot.of(all), time.env());
        for (int change = 0; change < 50; change++) {
            List<FakeNode> members = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                if (random.nextInt(8) == 0) {
                    // The same name, another node: restarted elsewhere.
                    all.set(i, FakeNode.named(all.get(i).endpoint().id()));
                }
                if (random.nextInt(4) > 0) {
                    members.add(all.get(i));
                }
            }
            Snapshot next = Snapshot.of(members);
            picker = picker.rebuild(next);
            Picker fresh = Pickers.rendezvous().newPicker(next, time.env());
            for (int i = 0; i < 100; i++) {
                assertThat(picker.pick(key(i))).isSameAs(fresh.pick(key(i)));
            }
        }
    }

    @Test
    void anEndpointThatLeavesMovesItsOwnKeysOnly() {
        List<FakeNode> all = FakeNode.numbered("n", 6);
        Picker before = Pickers.rendezvous().newPicker(Snapshot.of(all), time.env());
        Picker after = before.rebuild(Snapshot.of(all.subList(1, 6)));
        for (int i = 0; i < 1_000; i++) {
            if (before.pick(key(i)) != all.get(0)) {
                assertThat(after.pick(key(i))).isSameAs(before.pick(key(i)));
            }
        }
    }
}

package dev.zerohop.sharding;

import dev.zerohop.EndpointSelector;
import dev.zerohop.SliceMap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A member as a guard sees it, whose assignment a test sets. */
final class FakeOwnership implements Ownership {
    final List<EndpointSelector> recorded = new CopyOnWriteArrayList<>();

    private final String id;
    private final List<Runnable> tasks = new ArrayList<>();
    private volatile @Nullable SliceMap assignment;

    FakeOwnership(String id) {
        this.id = id;
    }

    /** All keys belong to {@code owners}; to nobody if there are none. */
    static SliceMap all(long generation, String... owners) {
        SliceMap.Builder builder = SliceMap.builder()
                .owners(Stream.of(owners)
                        .map(owner -> new SliceMap.Owner(owner, 1))
                        .toList());
        int[] places = new int[owners.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = i;
        }
        return builder.slice(0, generation, 0, places).build(generation);
    }

    void know(SliceMap now) {
        assignment = now;
        tasks.forEach(Runnable::run);
    }

    /** As if the change came between a look at the assignment and the wait for the next. */
    void knowSilently(SliceMap now) {
        assignment = now;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public @Nullable SliceMap assignment() {
        return assignment;
    }

    @Override
    public void record(EndpointSelector key) {
        recorded.add(key);
    }

    @Override
    public void onAssignment(Runnable task) {
        tasks.add(task);
    }
}

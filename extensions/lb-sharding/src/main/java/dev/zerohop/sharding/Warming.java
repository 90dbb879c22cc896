package dev.zerohop.sharding;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.SliceMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells a listener what a member gains and loses, and the member what it has warmed up. All state belongs to the member's serial executor; the listener is called on a serial executor of its own. */
final class Warming {

    /** What the listener is told that it gained, as far as it is still assigned. */
    private static final class Batch {
        Ranges ranges;

        @Nullable
        Cancellable timer;

        Batch(Ranges ranges) {
            this.ranges = ranges;
        }
    }

    private final SliceListener listener;
    private final Duration limit;
    private final Env env;
    private final Executor serial;
    private final Executor calls;
    private final Consumer<Ranges> warmed;
    private final List<Batch> batches = new ArrayList<>();

    Warming(SliceListener listener, Duration limit, Env env, Executor serial, Consumer<Ranges> warmed) {
        this.listener = listener;
        this.limit = limit;
        this.env = env;
        this.serial = serial;
        this.calls = env.serial(listener);
        this.warmed = warmed;
    }

    /** Another assignment: {@code held} was owned, {@code wanted} is assigned now. */
    void changed(Ranges held, Ranges wanted, @Nullable SliceMap before, SliceMap now, String id) {
        Ranges known = held;
        for (Batch batch : batches) {
            known = known.or(batch.ranges);
            batch.ranges = batch.ranges.and(wanted);
        }
        Ranges gone = known.without(wanted);
        if (!gone.isEmpty()) {
            List<SliceRange> lost = described(gone, now, id);
            calls.execute(() -> listener.lost(lost));
        }
        Ranges coming = wanted.without(known);
        if (!coming.isEmpty()) {
            Batch batch = new Batch(coming);
            batches.add(batch);
            List<SliceRange> gained = before == null
                    ? described(coming, SliceMap.builder().inherited(0, 0).build(), id)
                    : described(coming, before, id);
            batch.timer = env.time().schedule(limit.toNanos(), () -> end(batch));
            calls.execute(() -> {
                try {
                    listener.gained(gained);
                } finally {
                    end(batch);
                }
            });
        }
    }

    private void end(Batch batch) {
        serial.execute(() -> {
            if (batches.remove(batch)) {
                Cancellable timer = batch.timer;
                if (timer != null) {
                    timer.cancel();
                }
                warmed.accept(batch.ranges);
            }
        });
    }

    void stop() {
        batches.forEach(batch -> {
            if (batch.timer != null) {
                batch.timer.cancel();
            }
        });
        batches.clear();
    }

    /** Ranges, cut where the owners by a map change, with those other than {@code id}. */
    static List<SliceRange> described(Ranges ranges, SliceMap map, String id) {
        List<SliceRange> all = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i++) {
            long low = ranges.firsts[i] ^ Ranges.FLIP;
            long end = (ranges.lasts[i] ^ Ranges.FLIP) + 1;
            int slice = map.find(low);
            while (true) {
                long high = map.high(slice);
                boolean last = high == 0 || (end != 0 && Long.compareUnsigned(high, end) >= 0);
                append(all, low, last ? end : high, others(map, slice, id));
                if (last) {
                    break;
                }
                low = high;
                slice++;
            }
        }
        return List.copyOf(all);
    }

    private static List<String> others(SliceMap map, int slice, String id) {
        return Arrays.stream(Holdings.ids(map, slice))
                .filter(owner -> !owner.equals(id))
                .toList();
    }

    private static void append(List<SliceRange> all, long low, long high, List<String> others) {
        SliceRange before = all.isEmpty() ? null : all.get(all.size() - 1);
        if (before != null
                && before.high() == low
                && low != 0
                && before.others().equals(others)) {
            all.set(all.size() - 1, new SliceRange(before.low(), high, others));
        } else {
            all.add(new SliceRange(low, high, others));
        }
    }
}

package dev.zerohop.sharding;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.SliceMap;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.SliceStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Drains the meters each second and reports the load: every 5 s, and sooner when it rises. All state belongs to the member's serial executor, except what requests add to. */
final class Reporting {
    private static final long SECOND = 1_000_000_000;
    private static final int EVERY = 5;
    private static final int AT_LEAST = 2;
    private static final double RISE = 0.1;
    private static final int MOST_KEYS = 100;
    private static final double LEAST_KEY_SHARE = 0.01;

    private final String id;
    private final SliceStore store;
    private final Env env;
    private final Executor serial;
    private final Supplier<Holdings> holdings;
    private final SpaceSaving top = new SpaceSaving();
    private final SliceMeter misdirected = new SliceMeter(0);
    private volatile @Nullable Cancellable timer;
    private volatile boolean stopped;

    private long drainedAt;
    private long beganAt;
    private int seconds;
    private double reported;

    Reporting(String id, SliceStore store, Env env, Executor serial, Supplier<Holdings> holdings) {
        this.id = id;
        this.store = store;
        this.env = env;
        this.serial = serial;
        this.holdings = holdings;
    }

    LoadCells misdirected() {
        return misdirected.cells;
    }

    void sample(long hash, double load) {
        top.add(hash, load);
    }

    void start() {
        serial.execute(() -> {
            beganAt = env.time().nanoTime();
            drainedAt = beganAt;
            next();
        });
    }

    private void next() {
        timer = env.time().schedule(SECOND, () -> serial.execute(this::second));
    }

    void stop() {
        stopped = true;
        Cancellable pending = timer;
        if (pending != null) {
            pending.cancel();
        }
    }

    private void second() {
        if (stopped) {
            return;
        }
        long now = env.time().nanoTime();
        double elapsed = (now - drainedAt) / (double) SECOND;
        drainedAt = now;
        double quick = 0;
        misdirected.pass(elapsed);
        for (Holdings.Metered each : holdings.get().slices) {
            each.meter().pass(elapsed);
            quick += each.meter().quick();
        }
        top.pass(elapsed, SliceMeter.QUICK_HALF_LIFE);
        seconds++;
        if (seconds >= EVERY || (seconds >= AT_LEAST && quick > reported * (1 + RISE))) {
            seconds = 0;
            reported = quick;
            store.report(report());
        }
        next();
    }

    /** By the slow averages; keys by the quick one. */
    LoadReport report() {
        Holdings now = holdings.get();
        List<LoadReport.SliceLoad> slices = new ArrayList<>();
        double sum = misdirected.slow();
        for (Holdings.Metered each : now.slices) {
            double load = each.meter().slow();
            sum += load;
            slices.add(new LoadReport.SliceLoad(each.low(), each.high(), load));
        }
        SliceMap map = now.map;
        return new LoadReport(
                id,
                map == null ? SliceMap.DRAFT : map.generation(),
                (drainedAt - beganAt) / 1_000_000,
                slices,
                top.hottest(MOST_KEYS, sum * LEAST_KEY_SHARE),
                misdirected.slow());
    }
}

package dev.zerohop.sharding;

/**
 * The load of one slice: what requests add, and two averages of it per second, a quick and a slow one. Averages weigh each second by its age, and only the seconds that were measured, so they are right from the
 * first on. Requests add from any thread; the rest is guarded by the caller.
 */
final class SliceMeter {
    static final double QUICK_HALF_LIFE = 10;
    static final double SLOW_HALF_LIFE = 120;

    final LoadCells cells = new LoadCells();

    private double drained;
    private double quick;
    private double quickSeconds;
    private double slow;
    private double slowSeconds;

    /** Begins with what was predicted, as if it had been measured for a half-life. */
    SliceMeter(double predicted) {
        if (predicted > 0) {
            quickSeconds = 1;
            quick = predicted;
            slowSeconds = SLOW_HALF_LIFE / 2;
            slow = predicted * slowSeconds;
        }
    }

    /** Takes what was added since the last time. */
    void pass(double seconds) {
        double sum = cells.sum();
        double added = sum - drained;
        drained = sum;
        double quickKept = StrictMath.pow(0.5, seconds / QUICK_HALF_LIFE);
        quick = (quick + added) * quickKept;
        quickSeconds = (quickSeconds + seconds) * quickKept;
        double slowKept = StrictMath.pow(0.5, seconds / SLOW_HALF_LIFE);
        slow = (slow + added) * slowKept;
        slowSeconds = (slowSeconds + seconds) * slowKept;
    }

    double quick() {
        return quickSeconds > 0 ? quick / quickSeconds : 0;
    }

    double slow() {
        return slowSeconds > 0 ? slow / slowSeconds : 0;
    }
}

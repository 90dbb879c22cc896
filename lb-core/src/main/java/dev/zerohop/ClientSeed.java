package dev.zerohop;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** See {@link Snapshot#seed}. Drawn when it is first asked for, which most balancers never are. Thread-safe. */
final class ClientSeed implements LongSupplier {
    private final Dice dice;
    private @Nullable Long drawn;

    ClientSeed(Dice dice) {
        this.dice = dice;
    }

    @Override
    public synchronized long getAsLong() {
        Long known = drawn;
        if (known == null) {
            known = dice.nextLong();
            drawn = known;
        }
        return known;
    }
}

package dev.zerohop.internal;

import static org.jetbrains.kotlinx.lincheck.strategy.managed.ManagedStrategyGuaranteeKt.forClasses;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.jetbrains.kotlinx.lincheck.LinChecker;
import org.jetbrains.kotlinx.lincheck.strategy.managed.modelchecking.ModelCheckingOptions;

/**
 * Runs a class of {@code @Operation} methods under Lincheck's model checker: it makes small programs of two threads out of them, runs each under many
 * interleavings of their reads and writes, and fails with the interleaving when the results are those of no order of the calls, or when a
 * {@code @Validate} method throws at the end.
 */
public final class ModelCheck {
    private ModelCheck() {}

    /** Checks the class, which needs a public constructor without arguments. */
    public static void check(Class<?> operations) {
        LinChecker.check(operations, options());
    }

    /** The same; what the methods of {@code fixture} do is one step, and nothing in it is looked at. */
    public static void check(Class<?> operations, Class<?> fixture) {
        LinChecker.check(
                operations,
                options()
                        .addGuarantee(forClasses(fixture.getName()).allMethods().ignore()));
    }

    private static ModelCheckingOptions options() {
        // On a newer JDK it leaves classes unchecked without a word, and everything passes.
        assumeTrue(
                Runtime.version().feature() <= 21, "Lincheck 2.39 cannot read the classes of this JDK, expected <= 21");
        return new ModelCheckingOptions()
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(0)
                .actorsAfter(1)
                .iterations(5)
                .invocationsPerIteration(50)
                .minimizeFailedScenario(false);
    }
}

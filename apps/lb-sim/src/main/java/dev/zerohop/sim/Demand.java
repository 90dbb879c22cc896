package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.List;
import java.util.Locale;

/**
 * How much work calls bring: the time that a server of speed 1 works on one.
 *
 * @param shape of the distribution
 * @param meanNanos its mean
 * @param spread for {@code UNIFORM} the largest distance from the mean, for {@code NORMAL} the standard deviation, in ns; for {@code PARETO} the exponent, for {@code BIMODAL} how
 *     many times longer one call in ten is than the others
 */
record Demand(Shape shape, long meanNanos, double spread) {
    enum Shape {
        CONSTANT(""),
        EXPONENTIAL(""),
        UNIFORM("spread"),
        /** Cut off at 0, which moves the mean up where the deviation is large. */
        NORMAL("spread"),
        PARETO("exponent"),
        BIMODAL("factor");

        /** The field that only it has, or another. */
        private final String field;

        Shape(String field) {
            this.field = field;
        }

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final String[] FIELDS = {"mean", "distribution", "spread", "exponent", "factor"};

    private static final double LONG_ONES = 0.1;

    static Demand read(Options options) {
        long mean = Times.read(options, "mean", 10 * Times.MILLISECOND, 1_000, Times.HOUR);
        String word = options.choice(
                "distribution",
                Shape.EXPONENTIAL.word(),
                List.of(Shape.values()).stream().map(Shape::word).toList());
        Shape shape = Shape.valueOf(word.toUpperCase(Locale.ROOT));
        for (Shape other : Shape.values()) {
            if (options.has(other.field) && !other.field.equals(shape.field)) {
                throw options.rejected(other.field, "no such field with " + shape.word());
            }
        }
        double spread = switch (shape) {
            case CONSTANT, EXPONENTIAL -> 0;
            case UNIFORM -> Times.read(options, "spread", mean / 2, 0, mean);
            case NORMAL -> Times.read(options, "spread", mean, 0, 10 * mean);
            case PARETO -> options.number("exponent", 1.5, 1.05, 100);
            case BIMODAL -> options.number("factor", 10, 1, 10_000);
        };
        return new Demand(shape, mean, spread);
    }

    /** The work of the next call, at least 1 ns. */
    long next(Stream stream) {
        double nanos = switch (shape) {
            case CONSTANT -> meanNanos;
            case EXPONENTIAL -> meanNanos * stream.exponential();
            case UNIFORM -> meanNanos + spread * (2 * stream.nextDouble() - 1);
            case NORMAL -> Math.max(0, meanNanos + spread * stream.normal());
            case PARETO -> meanNanos * (spread - 1) / spread * StrictMath.exp(stream.exponential() / spread);
            case BIMODAL ->
                meanNanos / (1 - LONG_ONES + LONG_ONES * spread) * (stream.nextDouble() < LONG_ONES ? spread : 1);
        };
        return Math.max(1, (long) Math.min(nanos, Times.HOUR));
    }
}

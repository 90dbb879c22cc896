package dev.zerohop.sim;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** How long the same calls took with each of several seeds, in milliseconds: those that were answered well, and those out of time, which count with the whole of it. A figure is NaN if a seed had neither. */
public final class Latencies {
    private final List<Map<LatencyFigure, Double>> bySeed;

    /** {@code bySeed} has what {@link #figures} gives. */
    Latencies(List<Map<LatencyFigure, Double>> bySeed) {
        this.bySeed = bySeed;
    }

    /** All figures of one run. */
    static Map<LatencyFigure, Double> figures(Histogram latency) {
        Map<LatencyFigure, Double> figures = new EnumMap<>(LatencyFigure.class);
        for (LatencyFigure figure : LatencyFigure.values()) {
            figures.put(figure, figure.millis(latency));
        }
        return figures;
    }

    private List<Double> all(LatencyFigure figure) {
        return bySeed.stream()
                .map(figures -> figures.getOrDefault(figure, Double.NaN))
                .toList();
    }

    /** The mean over the seeds. */
    public Estimate mean(LatencyFigure figure) {
        return Estimate.of(all(figure));
    }

    /** The median over the seeds. */
    public double median(LatencyFigure figure) {
        return Difference.median(
                all(figure).stream().mapToDouble(value -> value).toArray());
    }

    private List<Double> differences(Latencies other, LatencyFigure figure) {
        List<Double> differences = new ArrayList<>();
        List<Double> mine = all(figure);
        List<Double> others = other.all(figure);
        for (int i = 0; i < mine.size(); i++) {
            differences.add(mine.get(i) - others.get(i));
        }
        return differences;
    }

    /** By how much it is above that of another policy with the same seeds, seed by seed: what is left of chance is less than in the figures themselves. */
    public Estimate meanAbove(Latencies other, LatencyFigure figure) {
        return Estimate.of(differences(other, figure));
    }

    /** The same by the median, without an assumption of how differences are distributed. */
    public Difference above(Latencies other, LatencyFigure figure) {
        return Difference.of(differences(other, figure));
    }
}

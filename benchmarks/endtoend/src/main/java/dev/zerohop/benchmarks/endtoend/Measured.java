package dev.zerohop.benchmarks.endtoend;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What was measured, by figure and way, a value for each round. */
final class Measured {
    private final Map<String, Map<String, List<Double>>> figures = new LinkedHashMap<>();

    void add(String figure, String arm, double value) {
        figures.computeIfAbsent(figure, name -> new LinkedHashMap<>())
                .computeIfAbsent(arm, name -> new ArrayList<>())
                .add(value);
    }

    double median(String figure, String arm) {
        List<Double> sorted = figures.get(figure).get(arm).stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    String json(String proxy) {
        String body = figures.entrySet().stream()
                .map(figure -> "  \"" + figure.getKey() + "\": {\n" + arms(figure.getValue()) + "\n  }")
                .collect(Collectors.joining(",\n"));
        return "{\n  \"proxy\": \"" + proxy + "\",\n" + body + "\n}\n";
    }

    private static String arms(Map<String, List<Double>> arms) {
        return arms.entrySet().stream()
                .map(arm -> "    \"" + arm.getKey() + "\": "
                        + arm.getValue().stream()
                                .map(value -> String.format(Locale.ROOT, "%.0f", value))
                                .toList())
                .collect(Collectors.joining(",\n"));
    }
}

package dev.zerohop.micrometer;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What Prometheus gets from a registry. */
record Scrape(Map<String, String> types, List<Sample> samples) {
    private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
    private static final Pattern SAMPLE = Pattern.compile("([a-z_:0-9]+)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

    record Sample(String name, Map<String, String> labels, double value) {}

    static Scrape of(PrometheusMeterRegistry registry) {
        Map<String, String> types = new TreeMap<>();
        List<Sample> samples = new ArrayList<>();
        for (String line : registry.scrape().split("\n")) {
            Matcher type = TYPE.matcher(line);
            Matcher sample = SAMPLE.matcher(line);
            if (type.matches()) {
                types.put(type.group(1), type.group(2));
            } else if (sample.matches()) {
                Map<String, String> labels = new TreeMap<>();
                Matcher label = LABEL.matcher(sample.group(2) == null ? "" : sample.group(2));
                while (label.find()) {
                    labels.put(label.group(1), label.group(2));
                }
                samples.add(new Sample(sample.group(1), labels, Double.parseDouble(sample.group(3))));
            }
        }
        return new Scrape(types, samples);
    }

    /** The value of the only sample of this name with these labels, given as key and value in turn. */
    double value(String name, String... labels) {
        List<Sample> found = samples.stream()
                .filter(sample -> sample.name().equals(name) && has(sample, labels))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " samples " + name + List.of(labels) + " of " + samples);
        }
        return found.get(0).value();
    }

    boolean has(String name, String... labels) {
        return samples.stream().anyMatch(sample -> sample.name().equals(name) && has(sample, labels));
    }

    double sum(String name) {
        return samples.stream()
                .filter(sample -> sample.name().equals(name))
                .mapToDouble(Sample::value)
                .sum();
    }

    private static boolean has(Sample sample, String... labels) {
        for (int i = 0; i < labels.length; i += 2) {
            if (!labels[i + 1].equals(sample.labels().get(labels[i]))) {
                return false;
            }
        }
        return true;
    }

    /** The keys of the labels of a family, but for that of buckets; all its samples must have the same. */
    Set<String> keys(String family) {
        Set<Set<String>> keys = new HashSet<>();
        for (Sample sample : samples) {
            if (sample.name().equals(family) || sample.name().matches(family + "_(bucket|count|sum)")) {
                Set<String> one = new TreeSet<>(sample.labels().keySet());
                one.remove("le");
                keys.add(one);
            }
        }
        if (keys.size() != 1) {
            throw new AssertionError("the samples of " + family + " have labels " + keys + ", expected one set");
        }
        return keys.iterator().next();
    }
}

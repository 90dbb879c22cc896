package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server reports of its own load: the fields of ORCA's {@code xds.data.orca.v3.OrcaLoadReport} that balancing goes by. As there, a number that is 0 is one
 * that the server does not state. Immutable and thread-safe.
 *
 * <p>Written to and read from trailers and headers by {@code dev.zerohop.report.LoadReports}.
 */
public final class LoadReport {
    private final Builder values;

    private LoadReport(Builder values) {
        this.values = values;
    }

    /** Begins a report that states nothing. */
    public static Builder builder() {
        return new Builder();
    }

    /** How much of what the application can do is in use, by its own measure: 1 is all that it should; may be more. 0 if it does not say. */
    public double applicationUtilization() {
        return values.application;
    }

    /** The share of the CPUs that is in use; more than 1 beyond a soft limit. 0 if the server does not say. */
    public double cpuUtilization() {
        return values.cpu;
    }

    /** The share of the memory that is in use. 0 if the server does not say. */
    public double memoryUtilization() {
        return values.memory;
    }

    /** Requests that the server handles in a second, of all clients. 0 if it does not say. */
    public double requestsPerSecond() {
        return values.requests;
    }

    /** Requests in a second that it fails. */
    public double errorsPerSecond() {
        return values.errors;
    }

    /** Utilizations of resources by name, each a share of what there is. */
    public Map<String, Double> utilization() {
        return values.utilization;
    }

    /** The application's own numbers by name. */
    public Map<String, Double> namedMetrics() {
        return values.named;
    }

    /**
     * A number by its name in the field's configurations (gRFC A114): {@code application_utilization}, {@code cpu_utilization}, {@code mem_utilization}, {@code rps_fractional}, {@code eps},
     * {@code utilization.NAME} or {@code named_metrics.NAME}; {@code otherwise} if the report does not state it.
     */
    public double metric(String name, double otherwise) {
        return switch (name) {
            case "application_utilization" -> stated(values.application, otherwise);
            case "cpu_utilization" -> stated(values.cpu, otherwise);
            case "mem_utilization" -> stated(values.memory, otherwise);
            case "rps_fractional" -> stated(values.requests, otherwise);
            case "eps" -> stated(values.errors, otherwise);
            default -> {
                Double value = name.startsWith(UTILIZATION)
                        ? values.utilization.get(name.substring(UTILIZATION.length()))
                        : name.startsWith(NAMED) ? values.named.get(name.substring(NAMED.length())) : null;
                yield value == null ? otherwise : value;
            }
        };
    }

    /**
     * How busy the server is, as gRFC A58 and A114 take it: what the application says; if it does not, the greatest of these {@linkplain #metric numbers}, else that of the CPUs. 0 if the server states none of them.
     */
    public double utilizationBy(List<String> names) {
        if (values.application > 0) {
            return values.application;
        }
        double most = 0;
        for (int i = 0; i < names.size(); i++) {
            most = Math.max(most, metric(names.get(i), 0));
        }
        return most > 0 ? most : values.cpu;
    }

    /**
     * Reads a list of up to 16 names of {@link #metric} from a configuration; empty if the field is not there.
     *
     * @throws IllegalArgumentException naming the path, what was found and what was expected
     */
    public static List<String> metricNames(Options options, String field) {
        if (!options.has(field)) {
            return List.of();
        }
        String expected = "a list of at most " + MOST_NAMES + " names such as named_metrics.queue or utilization.disk";
        List<String> names = new ArrayList<>();
        for (Object name : options.list(field, expected)) {
            if (!(name instanceof String text) || !isMetric(text) || names.size() == MOST_NAMES) {
                throw Options.rejected(options.path(field), name, expected);
            }
            names.add(text);
        }
        return List.copyOf(names);
    }

    /**
     * A copy of a list of up to 16 names of {@link #metric}.
     *
     * @throws IllegalArgumentException if there are more, or one is no such name
     */
    public static List<String> metricNames(List<String> names) {
        for (String name : names) {
            if (!isMetric(name)) {
                throw new IllegalArgumentException(
                        "metric name was '" + Printable.text(name) + "', expected one such as named_metrics.queue");
            }
        }
        if (names.size() > MOST_NAMES) {
            throw new IllegalArgumentException(
                    names.size() + " metric names were given, expected at most " + MOST_NAMES);
        }
        return List.copyOf(names);
    }

    private static final int MOST_NAMES = 16;

    /** Whether {@link #metric} can ever give a number for this name. */
    public static boolean isMetric(String name) {
        return switch (name) {
            case "application_utilization", "cpu_utilization", "mem_utilization", "rps_fractional", "eps" -> true;
            default ->
                (name.startsWith(UTILIZATION) && name.length() > UTILIZATION.length())
                        || (name.startsWith(NAMED) && name.length() > NAMED.length());
        };
    }

    private static final String UTILIZATION = "utilization.";
    private static final String NAMED = "named_metrics.";

    private static double stated(double value, double otherwise) {
        return value == 0 ? otherwise : value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LoadReport report
                && values.application == report.values.application
                && values.cpu == report.values.cpu
                && values.memory == report.values.memory
                && values.requests == report.values.requests
                && values.errors == report.values.errors
                && values.utilization.equals(report.values.utilization)
                && values.named.equals(report.values.named);
    }

    @Override
    public int hashCode() {
        return Double.hashCode(values.application + 31 * values.cpu + 961 * values.requests)
                + values.utilization.hashCode()
                + values.named.hashCode();
    }

    @Override
    public String toString() {
        return "LoadReport(application " + values.application + ", cpu " + values.cpu + ", memory " + values.memory
                + ", rps " + values.requests + ", eps " + values.errors + ", utilization " + values.utilization
                + ", named " + values.named + ")";
    }

    /** Builds a {@link LoadReport}. Not thread-safe. */
    public static final class Builder {
        private double application;
        private double cpu;
        private double memory;
        private double requests;
        private double errors;
        private Map<String, Double> utilization = Map.of();
        private Map<String, Double> named = Map.of();

        private Builder() {}

        /**
         * Sets {@link LoadReport#applicationUtilization}.
         *
         * @throws IllegalArgumentException if it is negative, infinite or not a number, as all numbers here
         */
        public Builder applicationUtilization(double value) {
            application = checked("application_utilization", value);
            return this;
        }

        /** Sets {@link LoadReport#cpuUtilization}. */
        public Builder cpuUtilization(double value) {
            cpu = checked("cpu_utilization", value);
            return this;
        }

        /** Sets {@link LoadReport#memoryUtilization}. */
        public Builder memoryUtilization(double value) {
            memory = checked("mem_utilization", value);
            return this;
        }

        /** Sets {@link LoadReport#requestsPerSecond}. */
        public Builder requestsPerSecond(double value) {
            requests = checked("rps_fractional", value);
            return this;
        }

        /** Sets {@link LoadReport#errorsPerSecond}. */
        public Builder errorsPerSecond(double value) {
            errors = checked("eps", value);
            return this;
        }

        /** Adds one of {@link LoadReport#utilization}. */
        public Builder utilization(String name, double value) {
            utilization = with(utilization, name, checked(UTILIZATION + name, value));
            return this;
        }

        /** Adds one of {@link LoadReport#namedMetrics}, which may be negative. */
        public Builder namedMetric(String name, double value) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException(
                        Printable.text(NAMED + name) + " was " + value + ", expected a finite number");
            }
            named = with(named, name, value);
            return this;
        }

        private static Map<String, Double> with(Map<String, Double> before, String name, double value) {
            if (requireNonNull(name, "name").isEmpty()) {
                throw new IllegalArgumentException("the name of a metric was empty, expected some characters");
            }
            Map<String, Double> next = before.isEmpty() ? new HashMap<>() : before;
            next.put(name, value);
            return next;
        }

        private static double checked(String name, double value) {
            if (!(value >= 0) || value == Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException(
                        Printable.text(name) + " was " + value + ", expected a finite number of 0 or more");
            }
            return value;
        }

        /** Builds the report. */
        public LoadReport build() {
            Builder copy = new Builder();
            copy.application = application;
            copy.cpu = cpu;
            copy.memory = memory;
            copy.requests = requests;
            copy.errors = errors;
            copy.utilization = Map.copyOf(utilization);
            copy.named = Map.copyOf(named);
            return new LoadReport(copy);
        }
    }
}

package dev.zerohop.report;

import dev.zerohop.LoadReport;
import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How {@link LoadReport}s travel: in gRPC as the trailer {@code endpoint-load-metrics-bin}, the serialized {@code xds.data.orca.v3.OrcaLoadReport} (gRFC A51); in plain HTTP as the header
 * {@code endpoint-load-metrics} in one of the three forms that Envoy reads. Apart from calls, the same message in a stream of gRPC ({@link #STREAM}). Fields and metrics that are not known are passed over, in all forms alike; anything else that is wrong rejects the report.
 */
public final class LoadReports {
    /** The trailer of gRPC, binary. As a header of plain HTTP it is read as well: base64, with or without padding. */
    public static final String TRAILER = "endpoint-load-metrics-bin";

    /** The header of plain HTTP: {@code BIN } and the base64 of the message, {@code JSON } and an object, or {@code TEXT } and {@code name=value} pairs between commas, each name once; {@code name:value} is read as well. */
    public static final String HEADER = "endpoint-load-metrics";

    /** The method of gRPC that sends reports apart from calls, in a stream (gRFC A51). */
    public static final String STREAM = "xds.service.orca.v3.OpenRcaService/StreamCoreMetrics";

    /**
     * A header of gRPC, with any value: in the request of a {@link #STREAM} it asks for one report and the end of the stream, and in the answer it says that the server does so. Other servers go on, so that
     * the client has to reset the stream; and a server may close the connection of a client that resets many.
     */
    public static final String PROBE = "zerohop-probe";

    private static final String BIN = "BIN ";
    private static final String JSON = "JSON ";
    private static final String TEXT = "TEXT ";

    /** As much as HTTP/2 and most servers take for all headers together. */
    static final int MOST_CHARACTERS = 8192;

    private LoadReports() {}

    /**
     * Reads the serialized message.
     *
     * @throws IllegalArgumentException if it is none, or states a number that no load has
     */
    public static LoadReport ofProtobuf(byte[] message) {
        if (message.length > MOST_CHARACTERS) {
            throw tooLong(message.length);
        }
        return new ReportMessage(message).read();
    }

    /**
     * Reads the value of the header {@value #HEADER}, or of {@value #TRAILER} in plain HTTP.
     *
     * @throws IllegalArgumentException if it is none of the forms, or states a number that no load has
     */
    public static LoadReport ofHeader(String value) {
        if (value.length() > MOST_CHARACTERS) {
            throw tooLong(value.length());
        }
        if (value.startsWith(BIN)) {
            return ofBase64(value.substring(BIN.length()));
        }
        if (value.startsWith(TEXT)) {
            return ofText(value.substring(TEXT.length()));
        }
        if (value.startsWith(JSON)) {
            return ofJson(value.substring(JSON.length()));
        }
        throw new IllegalArgumentException("load report was '" + Printable.text(value, 80)
                + "', expected BIN, JSON or TEXT and a space before the report");
    }

    /**
     * Reads base64, padded or not, of the serialized message.
     *
     * @throws IllegalArgumentException if it is none, or states a number that no load has
     */
    public static LoadReport ofBase64(String value) {
        if (value.length() > MOST_CHARACTERS) {
            throw tooLong(value.length());
        }
        byte[] message;
        try {
            message = Base64.getDecoder().decode(value.trim());
        } catch (IllegalArgumentException none) {
            throw new IllegalArgumentException(
                    "load report was '" + Printable.text(value, 80) + "', expected base64: " + none.getMessage(), none);
        }
        return ofProtobuf(message);
    }

    /** The serialized message. */
    public static byte[] toProtobuf(LoadReport report) {
        return ReportMessage.of(report);
    }

    /** A value of the header {@value #HEADER}, in the form {@code BIN}, which every version of Envoy reads. */
    public static String toHeader(LoadReport report) {
        return BIN + Base64.getEncoder().encodeToString(toProtobuf(report));
    }

    /**
     * Reads the interval that the request of a {@link #STREAM} asks for, in nanoseconds; 0 if it states none.
     *
     * @param request the serialized {@code xds.service.orca.v3.OrcaLoadReportRequest}
     * @throws IllegalArgumentException if it is none
     */
    public static long intervalNanos(byte[] request) {
        return new ReportMessage(request).intervalNanos();
    }

    private static IllegalArgumentException tooLong(int length) {
        return new IllegalArgumentException(
                "load report had " + length + " bytes, expected at most " + MOST_CHARACTERS);
    }

    private static LoadReport ofText(String pairs) {
        LoadReport.Builder report = LoadReport.builder();
        Set<String> seen = new HashSet<>();
        for (String pair : pairs.split(",", -1)) {
            int equals = pair.indexOf('=');
            // Envoy's older releases separate by a colon.
            int split = equals >= 0 ? equals : pair.indexOf(':');
            String name = split < 0 ? "" : pair.substring(0, split).trim();
            if (name.isEmpty()) {
                throw new IllegalArgumentException(
                        "load report had '" + Printable.text(pair, 80) + "', expected name=value");
            }
            if (!seen.add(name)) {
                throw new IllegalArgumentException(
                        "load report had " + Printable.text(name, 80) + " twice, expected each metric once");
            }
            put(report, name, number(name, pair.substring(split + 1).trim()));
        }
        return report.build();
    }

    private static double number(String name, String text) {
        // Java's own reader takes 1d and 0x1p3 for numbers as well.
        boolean plain =
                !text.isEmpty() && text.chars().allMatch(c -> (c >= '0' && c <= '9') || "+-.eE".indexOf(c) >= 0);
        try {
            if (plain) {
                return Double.parseDouble(text);
            }
        } catch (NumberFormatException none) {
            // Falls through to the same message.
        }
        throw new IllegalArgumentException("load report: " + Printable.text(name, 80) + " was '"
                + Printable.text(text, 80) + "', expected a number");
    }

    private static void put(LoadReport.Builder report, String name, double value) {
        switch (name) {
            case "application_utilization", "applicationUtilization" -> report.applicationUtilization(value);
            case "cpu_utilization", "cpuUtilization" -> report.cpuUtilization(value);
            case "mem_utilization", "memUtilization" -> report.memoryUtilization(value);
            case "rps_fractional", "rpsFractional" -> report.requestsPerSecond(value);
            case "eps" -> report.errorsPerSecond(value);
            default -> {
                if (name.startsWith("utilization.")) {
                    report.utilization(name.substring("utilization.".length()), value);
                } else if (name.startsWith("named_metrics.")) {
                    report.namedMetric(name.substring("named_metrics.".length()), value);
                }
            }
        }
    }

    private static LoadReport ofJson(String json) {
        Object tree;
        try {
            tree = JsonReader.tree(json, MOST_CHARACTERS);
        } catch (IOException malformed) {
            throw new IllegalArgumentException(
                    "load report was '" + Printable.text(json, 80) + "', expected a JSON object: "
                            + malformed.getMessage(),
                    malformed);
        }
        if (!(tree instanceof Map<?, ?> fields)) {
            throw new IllegalArgumentException(
                    "load report was '" + Printable.text(json, 80) + "', expected a JSON object");
        }
        LoadReport.Builder report = LoadReport.builder();
        fields.forEach((key, value) -> {
            String name = String.valueOf(key);
            switch (name) {
                case "utilization" -> numbers(name, value).forEach(report::utilization);
                case "named_metrics", "namedMetrics" -> numbers(name, value).forEach(report::namedMetric);
                case "application_utilization",
                        "applicationUtilization",
                        "cpu_utilization",
                        "cpuUtilization",
                        "mem_utilization",
                        "memUtilization",
                        "rps_fractional",
                        "rpsFractional",
                        "eps" -> put(report, name, number(name, value));
                default -> {
                    // Of a later version, or what balancing does not go by.
                }
            }
        });
        return report.build();
    }

    private static Map<String, Double> numbers(String name, Object value) {
        if (!(value instanceof Map<?, ?> entries)) {
            throw new IllegalArgumentException("load report: " + name + " was no object, expected names and numbers");
        }
        Map<String, Double> numbers = new HashMap<>();
        entries.forEach((key, entry) -> numbers.put(String.valueOf(key), number(name + "." + key, (Object) entry)));
        return numbers;
    }

    private static double number(String name, Object value) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw new IllegalArgumentException("load report: " + Printable.text(name, 80) + " was '"
                + Printable.text(String.valueOf(value), 80) + "', expected a number");
    }
}

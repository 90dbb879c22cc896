package dev.zerohop.sim;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The results of a comparison as JSON and as CSV, without anything that differs from run to run. Stateless and thread-safe. */
public final class Answers {
    private static final int DECIMALS = 6;

    private Answers() {}

    /** One object on one line. Where there are several seeds, figures have their interval and their median beside them, and their difference to the first policy. A latency is null where no call was answered. */
    public static String json(Scenario scenario, List<Long> seeds, List<PolicyResult> results) {
        return JsonWriter.object(out -> {
            out.writeStringField("scenario", scenario.name());
            out.writeArrayFieldStart("seeds");
            for (long seed : seeds) {
                out.writeNumber(seed);
            }
            out.writeEndArray();
            out.writeArrayFieldStart("policies");
            for (PolicyResult result : results) {
                out.writeStartObject();
                write(out, result, results.get(0));
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }

    private static void write(JsonGenerator out, PolicyResult result, PolicyResult first) throws IOException {
        boolean several = result.seeds().size() > 1;
        out.writeStringField("policy", result.policy());
        out.writeNumberField("calls", result.calls());
        out.writeNumberField("ok", result.ok());
        out.writeNumberField("errors", result.errors());
        out.writeObjectFieldStart("failures");
        for (Map.Entry<String, Long> failure : result.failures().entrySet()) {
            out.writeNumberField(failure.getKey(), failure.getValue());
        }
        out.writeEndObject();
        figure(out, "goodput", result.goodput());
        if (several && result != first) {
            difference(out, "goodputMedianAboveFirst", result.goodputAbove(first));
        }
        latencies(out, result.latencies(), several, result == first ? null : first.latencies());
        List<PhaseResult> phases = result.phases();
        if (!phases.isEmpty()) {
            out.writeArrayFieldStart("phases");
            for (int i = 0; i < phases.size(); i++) {
                Latencies compared =
                        result == first ? null : first.phases().get(i).latencies();
                phase(out, phases.get(i), several, compared);
            }
            out.writeEndArray();
        }
        figure(out, "inFlightP99", result.inFlightP99());
        out.writeObjectFieldStart("spread");
        number(out, "maxOverMean", result.maxOverMean().value());
        number(out, "cv", result.variation().value());
        out.writeEndObject();
        List<FairShare> newcomers = result.fairShares();
        if (!newcomers.isEmpty()) {
            out.writeArrayFieldStart("fairShare");
            for (FairShare newcomer : newcomers) {
                out.writeStartObject();
                out.writeStringField("server", newcomer.server());
                number(out, "since", newcomer.sinceSeconds());
                number(out, "seconds", newcomer.seconds());
                out.writeNumberField("never", newcomer.never());
                out.writeEndObject();
            }
            out.writeEndArray();
        }
        out.writeNumberField("retries", result.retries());
        figure(out, "connections", result.connections());
        figure(out, "keysMoved", result.keysMoved());
        out.writeObjectFieldStart("share");
        for (Map.Entry<String, Double> share : result.share().entrySet()) {
            number(out, share.getKey(), share.getValue());
        }
        out.writeEndObject();
    }

    private static void phase(JsonGenerator out, PhaseResult phase, boolean several, @Nullable Latencies first)
            throws IOException {
        out.writeStartObject();
        number(out, "from", phase.fromSeconds());
        number(out, "rate", phase.perSecond());
        out.writeNumberField("calls", phase.calls());
        out.writeNumberField("errors", phase.errors());
        latencies(out, phase.latencies(), several, first);
        out.writeEndObject();
    }

    private static void latencies(JsonGenerator out, Latencies latencies, boolean several, @Nullable Latencies first)
            throws IOException {
        out.writeObjectFieldStart("latencyMs");
        for (LatencyFigure figure : LatencyFigure.values()) {
            number(out, figure.field(), latencies.mean(figure).value());
        }
        out.writeEndObject();
        if (!several) {
            return;
        }
        out.writeObjectFieldStart("latencyMsPlusMinus");
        for (LatencyFigure figure : LatencyFigure.values()) {
            number(out, figure.field(), latencies.mean(figure).plusMinus());
        }
        out.writeEndObject();
        out.writeObjectFieldStart("latencyMsMedian");
        for (LatencyFigure figure : LatencyFigure.values()) {
            number(out, figure.field(), latencies.median(figure));
        }
        out.writeEndObject();
        if (first == null) {
            return;
        }
        out.writeObjectFieldStart("latencyMsAboveFirst");
        for (LatencyFigure figure : LatencyFigure.values()) {
            Estimate difference = latencies.meanAbove(first, figure);
            number(out, figure.field(), difference.value());
            number(out, figure.field() + "PlusMinus", difference.plusMinus());
        }
        out.writeEndObject();
        out.writeObjectFieldStart("latencyMsMedianAboveFirst");
        for (LatencyFigure figure : LatencyFigure.values()) {
            difference(out, figure.field(), latencies.above(first, figure));
        }
        out.writeEndObject();
    }

    private static void difference(JsonGenerator out, String field, Difference difference) throws IOException {
        number(out, field, difference.median());
        number(out, field + "Low", difference.low());
        number(out, field + "High", difference.high());
    }

    private static void figure(JsonGenerator out, String field, Estimate estimate) throws IOException {
        number(out, field, estimate.value());
        if (!Double.isNaN(estimate.plusMinus())) {
            number(out, field + "PlusMinus", estimate.plusMinus());
        }
    }

    private static void number(JsonGenerator out, String field, double value) throws IOException {
        out.writeFieldName(field);
        if (Double.isNaN(value)) {
            out.writeNull();
        } else {
            out.writeNumber(rounded(value));
        }
    }

    private static BigDecimal rounded(double value) {
        BigDecimal rounded = BigDecimal.valueOf(value)
                .setScale(DECIMALS, RoundingMode.HALF_UP)
                .stripTrailingZeros();
        return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
    }

    /** A line of names, and one for each policy and seed; empty where there is no figure. */
    public static String csv(List<PolicyResult> results) {
        StringBuilder out = new StringBuilder("policy,seed,calls,ok,errors,goodput,p50ms,p90ms,p99ms,p999ms,meanms,"
                + "inFlightP99,maxOverMean,cv,retries,connections,keysMoved");
        for (PolicyResult result : results) {
            for (PolicyResult one : result.bySeed()) {
                out.append('\n')
                        .append(quoted(one.policy()))
                        .append(',')
                        .append(one.seeds().get(0));
                out.append(',')
                        .append(one.calls())
                        .append(',')
                        .append(one.ok())
                        .append(',')
                        .append(one.errors());
                add(out, one.goodput());
                Latencies latencies = one.latencies();
                for (LatencyFigure figure : LatencyFigure.values()) {
                    add(out, latencies.mean(figure));
                }
                add(out, one.inFlightP99());
                add(out, one.maxOverMean());
                add(out, one.variation());
                out.append(',').append(one.retries());
                add(out, one.connections());
                add(out, one.keysMoved());
            }
        }
        return out.toString();
    }

    private static void add(StringBuilder out, Estimate estimate) {
        out.append(',');
        if (!Double.isNaN(estimate.value())) {
            out.append(rounded(estimate.value()).toPlainString());
        }
    }

    private static String quoted(String text) {
        return text.matches("[\\w.]+") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}

package dev.zerohop.cli;

import dev.zerohop.sim.Estimate;
import dev.zerohop.sim.PolicyResult;
import dev.zerohop.sim.Scenario;
import dev.zerohop.sim.Timeline;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;

/** A comparison as one self-contained HTML page: no scripts, and no fonts or pictures from elsewhere. */
final class SimReport {
    private static final String STYLE = """
            .bar { position: relative; min-width: 9rem; }
            .bar i { position: absolute; left: 0; top: .2rem; bottom: .2rem; border-radius: 3px; background: var(--s0); opacity: .28;
              width: calc(var(--part) * (100% - .8rem)); }
            .bar.share i { background: var(--s2); }
            .bar b { position: relative; font-weight: 500; padding-left: .35rem; }
            .best b { font-weight: 700; color: var(--good); }
            td small { color: var(--soft); }
            td small.below { display: block; }
            td.n, th.n { text-align: right; }
            td.n, .bar b { white-space: nowrap; }
            .scroll + p { margin: .8rem 0 0; color: var(--soft); font-size: .9rem; }
            """;

    /** More rows than this show no single server any more. */
    static final int MOST_SERVERS = 40;

    /** A policy that loses more calls than this share above the fewest has no best latency: what it lost, it did not wait for. */
    private static final double FAILURES_TOLERATED = 0.001;

    private static final double[] SHARES = {0.5, 0.9, 0.99, 0.999};
    private static final List<String> NAMES = List.of("p50", "p90", "p99", "p99.9");

    private final Scenario scenario;
    private final List<PolicyResult> results;
    private final StringBuilder out = new StringBuilder();

    private SimReport(Scenario scenario, List<PolicyResult> results) {
        this.scenario = scenario;
        this.results = results;
    }

    static String html(Scenario scenario, List<PolicyResult> results) {
        return new SimReport(scenario, results).page();
    }

    private String page() {
        String title = DemoReport.escape(scenario.name());
        int seeds = results.get(0).seeds().size();
        out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(title)
                .append("</title>\n<style>\n")
                .append(DemoReport.STYLE)
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<h1>")
                .append(title)
                .append("</h1>\n<p class=\"lead\">")
                .append(DemoReport.escape(scenario.description()))
                .append(String.format(
                        Locale.ROOT,
                        " %s%d calls for each policy, counted from %.1f s to %.1f s of virtual time.",
                        seeds == 1 ? "One seed, " : seeds + " seeds, ",
                        results.get(0).calls(),
                        scenario.measuredFromSeconds(),
                        scenario.seconds()))
                .append(seeds == 1 ? "" : " \u00b1 is a confidence interval of 95 % over the seeds.")
                .append("</p>\n");
        latencies();
        SimTables.differences(out, results);
        SimTables.phases(out, results);
        SimTables.fairShares(out, results);
        figures();
        plots();
        shares();
        return out.append("</body>\n</html>\n").toString();
    }

    private void latencies() {
        out.append(
                "<section>\n<h2>How long calls take, in milliseconds</h2>\n<div class=\"scroll\"><table>\n<tr><th>policy</th>");
        NAMES.forEach(name -> out.append("<th>").append(name).append("</th>"));
        double tolerated = results.stream().mapToDouble(SimReport::failed).min().orElse(0) + FAILURES_TOLERATED;
        out.append("<th class=\"n\">failed</th></tr>\n");
        for (PolicyResult result : results) {
            out.append("<tr><td>").append(DemoReport.escape(result.policy())).append("</td>");
            for (double share : SHARES) {
                ToDoubleFunction<PolicyResult> figure =
                        other -> other.latencyMillis(share).value();
                double most = results.stream()
                        .mapToDouble(figure)
                        .filter(Double::isFinite)
                        .max()
                        .orElse(1);
                double least = results.stream()
                        .filter(other -> failed(other) <= tolerated)
                        .mapToDouble(figure)
                        .filter(Double::isFinite)
                        .min()
                        .orElse(0);
                Estimate estimate = result.latencyMillis(share);
                bar(
                        estimate.value() <= least && failed(result) <= tolerated && results.size() > 1
                                ? "bar best"
                                : "bar",
                        estimate.value() / most,
                        text(estimate));
            }
            out.append(String.format(Locale.ROOT, "<td class=\"n\">%.3f %%</td></tr>%n", 100 * failed(result)));
        }
        out.append(
                "</table></div>\n<p>Best is marked among the policies under which at most 0.1 % of the calls more fail "
                        + "than under that with the fewest failures.</p>\n</section>\n");
    }

    private static double failed(PolicyResult result) {
        return (double) result.errors() / Math.max(1, result.calls());
    }

    private void figures() {
        boolean probes = results.stream().anyMatch(result -> result.probes().value() > 0);
        boolean caches = results.stream().anyMatch(PolicyResult::caches);
        out.append(
                        "<section>\n<h2>What it takes</h2>\n<div class=\"scroll\"><table>\n<tr><th>policy</th><th class=\"n\">goodput, 1/s</th>"
                                + "<th class=\"n\">in flight at a server, p99</th><th class=\"n\">spread, max / mean</th><th class=\"n\">spread, CV</th>"
                                + "<th class=\"n\">retries</th><th class=\"n\">connections</th><th class=\"n\">keys moved</th>")
                .append(probes ? "<th class=\"n\">probes</th>" : "")
                .append(caches ? "<th class=\"n\">cache hits, %</th>" : "")
                .append("<th>failures</th></tr>\n");
        for (PolicyResult result : results) {
            out.append("<tr><td>").append(DemoReport.escape(result.policy())).append("</td>");
            for (Estimate estimate :
                    List.of(result.goodput(), result.inFlightP99(), result.maxOverMean(), result.variation())) {
                out.append("<td class=\"n\">").append(text(estimate)).append("</td>");
            }
            out.append("<td class=\"n\">").append(result.retries()).append("</td>");
            List<Estimate> costs = new ArrayList<>(List.of(result.connections(), result.keysMoved()));
            if (probes) {
                costs.add(result.probes());
            }
            if (caches) {
                Estimate hits = result.cacheHits();
                costs.add(new Estimate(100 * hits.value(), 100 * hits.plusMinus()));
            }
            for (Estimate estimate : costs) {
                out.append("<td class=\"n\">").append(text(estimate)).append("</td>");
            }
            List<String> failures = new ArrayList<>();
            result.failures().forEach((outcome, count) -> failures.add(outcome + "&nbsp;" + count));
            out.append("<td>").append(String.join(", ", failures)).append("</td></tr>\n");
        }
        out.append("</table></div>\n</section>\n");
    }

    private void plots() {
        out.append("<section>\n<h2>Over time</h2>\n<div class=\"plots\">\n");
        DemoReport.figure(out, plot("The slowest call of a hundred", "p99, milliseconds", result -> {
            Timeline timeline = result.timeline();
            return slice -> timeline.quantile(slice, 0.99);
        }));
        DemoReport.figure(out, plot("Calls that fail", "percent of calls", result -> result.timeline()::failedPercent));
        out.append("</div>\n</section>\n");
    }

    private DemoPlot plot(String title, String unit, Function<PolicyResult, IntToDoubleFunction> values) {
        List<DemoPlot.Curve> curves = new ArrayList<>();
        for (PolicyResult result : results) {
            IntToDoubleFunction value = values.apply(result);
            List<double[]> points = new ArrayList<>();
            for (int slice = 0; slice < Timeline.SLICES; slice++) {
                double y = value.applyAsDouble(slice);
                if (result.timeline().calls(slice) > 0 && Double.isFinite(y)) {
                    points.add(new double[] {result.timeline().seconds(slice), y});
                }
            }
            curves.add(new DemoPlot.Curve(result.policy(), false, points));
        }
        return new DemoPlot(title, unit, scenario.seconds(), false, curves, List.of(), "");
    }

    private void shares() {
        Set<String> servers = new LinkedHashSet<>();
        results.forEach(result -> servers.addAll(result.share().keySet()));
        out.append("<section>\n<h2>Where attempts go</h2>\n");
        if (servers.size() > MOST_SERVERS) {
            out.append("<p>").append(servers.size()).append(" servers: see the spread above.</p>\n</section>\n");
            return;
        }
        out.append("<div class=\"scroll\"><table>\n<tr><th>server</th>");
        results.forEach(result ->
                out.append("<th>").append(DemoReport.escape(result.policy())).append("</th>"));
        out.append("</tr>\n");
        double most = results.stream()
                .flatMap(result -> result.share().values().stream())
                .mapToDouble(share -> share)
                .max()
                .orElse(1);
        for (String server : servers) {
            out.append("<tr><td>").append(DemoReport.escape(server)).append("</td>");
            for (PolicyResult result : results) {
                Map<String, Double> shares = result.share();
                double share = shares.getOrDefault(server, 0.0);
                bar("bar share", share / most, String.format(Locale.ROOT, "%.2f %%", 100 * share));
            }
            out.append("</tr>\n");
        }
        out.append("</table></div>\n</section>\n");
    }

    private void bar(String kind, double part, String text) {
        out.append(String.format(
                Locale.ROOT,
                "<td class=\"%s\"><i style=\"--part:%.3f\"></i><b>%s</b></td>",
                kind,
                Double.isFinite(part) ? Math.max(0.005, part) : 0.005,
                text));
    }

    static String text(Estimate estimate) {
        String value = number(estimate.value());
        return Double.isNaN(estimate.plusMinus())
                ? value
                : value + " <small>\u00b1 " + number(estimate.plusMinus()) + "</small>";
    }

    static String number(double value) {
        if (Double.isNaN(value)) {
            return "\u2013";
        }
        String format = value == Math.rint(value) ? "%.0f" : value >= 100 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}

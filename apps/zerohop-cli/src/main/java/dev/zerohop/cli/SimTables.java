package dev.zerohop.cli;

import dev.zerohop.sim.Difference;
import dev.zerohop.sim.FairShare;
import dev.zerohop.sim.LatencyFigure;
import dev.zerohop.sim.PhaseResult;
import dev.zerohop.sim.PolicyResult;
import java.util.List;
import java.util.Locale;

/** The tables of a comparison that not every scenario has. */
final class SimTables {
    private SimTables() {}

    /** How far each policy is from the first one, seed by seed; nothing with one seed or one policy. */
    static void differences(StringBuilder out, List<PolicyResult> results) {
        PolicyResult first = results.get(0);
        if (results.size() < 2 || first.seeds().size() < 2) {
            return;
        }
        out.append("<section>\n<h2>Against ")
                .append(DemoReport.escape(first.policy()))
                .append(", seed by seed</h2>\n<div class=\"scroll\"><table>\n<tr><th>policy</th>");
        for (LatencyFigure figure : LatencyFigure.values()) {
            out.append("<th class=\"n\">").append(heading(figure)).append(", ms</th>");
        }
        out.append("<th class=\"n\">goodput, 1/s</th></tr>\n");
        for (PolicyResult result : results.subList(1, results.size())) {
            out.append("<tr><td>").append(DemoReport.escape(result.policy())).append("</td>");
            for (LatencyFigure figure : LatencyFigure.values()) {
                cell(out, text(result.latencies().above(first.latencies(), figure)));
            }
            cell(out, text(result.goodputAbove(first)));
            out.append("</tr>\n");
        }
        out.append("</table></div>\n"
                + "<p>The median of the differences, and its interval of 95 % by the bootstrap; one without 0 is a"
                + " difference.</p>\n"
                + "</section>\n");
    }

    private static String heading(LatencyFigure figure) {
        return figure == LatencyFigure.P999 ? "p99.9" : figure.field();
    }

    /** The 99th percentile in each phase of the arrivals; nothing where there is one phase only. */
    static void phases(StringBuilder out, List<PolicyResult> results) {
        List<PhaseResult> phases = results.get(0).phases();
        if (phases.isEmpty()) {
            return;
        }
        out.append("""
                <section>
                <h2>By phase: the slowest call of a hundred, in milliseconds</h2>
                <div class="scroll"><table>
                <tr><th class="n">from, s</th><th class="n">calls/s</th>""");
        headings(out, results);
        for (int i = 0; i < phases.size(); i++) {
            out.append("<tr>");
            cell(out, SimReport.number(phases.get(i).fromSeconds()));
            cell(out, SimReport.number(phases.get(i).perSecond()));
            for (PolicyResult result : results) {
                PhaseResult phase = result.phases().get(i);
                String text = SimReport.text(phase.latencies().mean(LatencyFigure.P99));
                double failed = 100.0 * phase.errors() / Math.max(1, phase.calls());
                cell(
                        out,
                        failed == 0 ? text : text + String.format(Locale.ROOT, " <small>%.2f %% fail</small>", failed));
            }
            out.append("</tr>\n");
        }
        out.append("</table></div>\n</section>\n");
    }

    /** How long newcomers took to their share; nothing where there are none, or too many to be read. */
    static void fairShares(StringBuilder out, List<PolicyResult> results) {
        List<FairShare> newcomers = results.get(0).fairShares();
        if (newcomers.isEmpty() || newcomers.size() > SimReport.MOST_SERVERS) {
            return;
        }
        out.append(
                "<section>\n<h2>Until a newcomer has its fair share, in seconds</h2>\n<div class=\"scroll\"><table>\n"
                        + "<tr><th>server</th><th class=\"n\">since, s</th>");
        headings(out, results);
        for (int i = 0; i < newcomers.size(); i++) {
            out.append("<tr><td>")
                    .append(DemoReport.escape(newcomers.get(i).server()))
                    .append("</td>");
            cell(out, SimReport.number(newcomers.get(i).sinceSeconds()));
            for (PolicyResult result : results) {
                FairShare share = result.fairShares().get(i);
                String text = SimReport.number(share.seconds());
                cell(out, share.never() == 0 ? text : text + " <small>never in " + share.never() + "</small>");
            }
            out.append("</tr>\n");
        }
        out.append("</table></div>\n</section>\n");
    }

    private static void headings(StringBuilder out, List<PolicyResult> results) {
        results.forEach(result -> out.append("<th class=\"n\">")
                .append(DemoReport.escape(result.policy()))
                .append("</th>"));
        out.append("</tr>\n");
    }

    private static void cell(StringBuilder out, String text) {
        out.append("<td class=\"n\">").append(text).append("</td>");
    }

    private static String text(Difference difference) {
        return String.format(
                Locale.ROOT,
                "%s <small class=\"below\">%s to %s</small>",
                SimReport.number(difference.median()),
                SimReport.number(difference.low()),
                SimReport.number(difference.high()));
    }
}

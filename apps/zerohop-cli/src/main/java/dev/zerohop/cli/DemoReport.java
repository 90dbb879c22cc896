package dev.zerohop.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/** The demo as one self-contained HTML page: no scripts, and no fonts or pictures from elsewhere. */
final class DemoReport {
    static final String STYLE = """
            :root { color-scheme: light dark; --page: #fcfcfa; --ink: #1c2024; --soft: #667078; --line: #dfe3e6; --card: #ffffff;
              --good: #1a7f4b; --bad: #c0322b; --s0: #2f6fd0; --s1: #d9822b; --s2: #2a9d78; --s3: #8a56c9; --s4: #b8447a;
              --s5: #8a7a1f; --s6: #4a9fb5; --s7: #7d848a; }
            @media (prefers-color-scheme: dark) { :root { --page: #14171a; --ink: #e6e9eb; --soft: #98a3ab; --line: #2f363b;
              --card: #1b1f23; --good: #4cc38a; --bad: #f2695f; --s0: #6aa5ff; --s1: #f0a35a; --s2: #54c9a3; --s3: #b992f0; --s4: #ea83b0;
              --s5: #cdbb55; --s6: #7cc7da; --s7: #a9b1b7; } }
            * { box-sizing: border-box; }
            body { margin: 0 auto; max-width: 66rem; padding: 2.5rem 1.25rem 4rem; background: var(--page); color: var(--ink);
              font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
            h1 { margin: 0; font-size: 1.9rem; letter-spacing: -0.01em; }
            h2 { margin: 0 0 .35rem; font-size: 1.2rem; }
            p { margin: 0 0 1rem; max-width: 46rem; }
            .lead { color: var(--soft); margin: .35rem 0 1.5rem; }
            nav { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: .3rem 1.5rem; margin-bottom: 2rem; }
            nav a { color: inherit; text-decoration: none; border-bottom: 1px solid var(--line); padding: .25rem 0; }
            section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.4rem 1.5rem; margin: 0 0 1.4rem; }
            .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.25rem; margin-bottom: 1rem; }
            figure { margin: 0; min-width: 0; }
            figcaption { font-weight: 600; font-size: .92rem; margin-bottom: .3rem; }
            svg { display: block; width: 100%; height: auto; }
            svg text { fill: var(--soft); font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
            .legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .82rem; color: var(--soft); }
            .legend i { display: inline-block; width: 1.1rem; height: 9px; border-radius: 2px; vertical-align: middle; margin-right: .4rem; }
            .legend svg.key { display: inline-block; width: 32px; height: 9px; vertical-align: middle; margin-right: .4rem; }
            .note { color: var(--soft); font-size: .82rem; margin: .15rem 0 0; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
            th { text-align: left; color: var(--soft); font-weight: 500; }
            th, td { padding: .28rem .8rem .28rem 0; border-bottom: 1px solid var(--line); }
            .yes { color: var(--good); font-weight: 600; } .no { color: var(--bad); font-weight: 600; }
            """;

    private DemoReport() {}

    static String html(List<Demo.Result> results, double seconds) {
        long held = results.stream().filter(result -> result.notes().held()).count();
        StringBuilder out = new StringBuilder();
        out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<title>zerohop demo</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<h1>zerohop demo</h1>\n<p class=\"lead\">")
                .append(escape(String.format(
                        Locale.ROOT,
                        "%d of %d steps held. Real gRPC and HTTP servers in one process, %d calls per second for each stream, %.1f s in all. %s, Java %s.",
                        held,
                        results.size(),
                        DemoTraffic.CALLS_PER_SECOND,
                        seconds,
                        Instant.now().truncatedTo(ChronoUnit.SECONDS),
                        Runtime.version().feature())))
                .append("</p>\n<nav>\n");
        for (Demo.Result result : results) {
            out.append("<a href=\"#step-")
                    .append(result.number())
                    .append("\">")
                    .append(mark(result.notes().held()))
                    .append(' ')
                    .append(result.number())
                    .append(". ")
                    .append(escape(result.step().title()))
                    .append("</a>\n");
        }
        out.append("</nav>\n");
        results.forEach(result -> section(out, result));
        return out.append("</body>\n</html>\n").toString();
    }

    private static void section(StringBuilder out, Demo.Result result) {
        out.append("<section id=\"step-")
                .append(result.number())
                .append("\">\n<h2>")
                .append(result.number())
                .append(". ")
                .append(escape(result.step().title()))
                .append("</h2>\n<p>")
                .append(escape(result.step().story()))
                .append("</p>\n<div class=\"plots\">\n");
        result.notes().plots().forEach(plot -> figure(out, plot));
        out.append(
                "</div>\n<div class=\"scroll\"><table>\n<tr><th>check</th><th>measured</th><th>expected</th><th>held</th></tr>\n");
        for (DemoStep.Check check : result.notes().checks()) {
            out.append("<tr><td>")
                    .append(escape(check.what()))
                    .append("</td><td>")
                    .append(escape(check.measured()))
                    .append("</td><td>")
                    .append(escape(check.expected()))
                    .append("</td><td>")
                    .append(mark(check.held()))
                    .append("</td></tr>\n");
        }
        out.append("</table></div>\n</section>\n");
    }

    static void figure(StringBuilder out, DemoPlot plot) {
        out.append("<figure>\n<figcaption>")
                .append(escape(plot.title()))
                .append("</figcaption>\n")
                .append(SvgPlot.svg(plot))
                .append("<div class=\"legend\">");
        for (int i = 0; i < plot.curves().size(); i++) {
            out.append("<span>")
                    .append(SvgPlot.key(plot, i))
                    .append(escape(plot.curves().get(i).name()))
                    .append("</span>");
        }
        out.append("</div>\n");
        if (!plot.note().isEmpty()) {
            out.append("<p class=\"note\">").append(escape(plot.note())).append("</p>\n");
        }
        out.append("</figure>\n");
    }

    private static String mark(boolean held) {
        return held ? "<span class=\"yes\">yes</span>" : "<span class=\"no\">NO</span>";
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace(" +- ", " \u00b1 ")
                .replace("-&gt;", "\u2192");
    }
}

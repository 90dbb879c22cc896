package dev.zerohop.admin;

import dev.zerohop.monitor.Problem;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** The page: what is wrong, then each service. Complete without script; a script renews the parts that are marked as live. */
final class Page {
    static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    /** Endpoints of which a page shows rows: more make it slow, and nobody reads them. */
    static final int MAX_ROWS = 1_000;

    /** Rows that every service may have, however large the others are. */
    private static final int LEAST_ROWS = 20;

    private final ProcessStatus status;
    private final Query query;
    private final Html out = new Html();

    Page(ProcessStatus status, Query query) {
        this.status = status;
        this.query = query;
    }

    String html() {
        begin(out);
        out.raw("<header><h1>zerohop</h1><p id=\"at\" data-live=\"\">")
                .text(TIME.format(status.at()))
                .raw(
                        " UTC</p><p id=\"live\"><noscript>Reload for the present state.</noscript></p></header>\n<main>\n");
        problems();
        about();
        search();
        List<ProcessStatus.Service> services = status.services();
        if (services.isEmpty()) {
            out.raw("<p class=\"none\">")
                    .raw(
                            query.get("service").isEmpty()
                                    ? "No balancer runs in this process."
                                    : "No balancer of this name runs in this process.")
                    .raw("</p>\n");
        }
        if (services.size() > 1) {
            index(services);
        }
        int rows = MAX_ROWS;
        for (int i = 0; i < services.size(); i++) {
            // A large service leaves some rows to those after it.
            int others = LEAST_ROWS * (services.size() - 1 - i);
            rows -= new ServiceSection(services.get(i), query, i, out).write(Math.max(LEAST_ROWS, rows - others));
        }
        out.raw(
                        "</main>\n<footer><p>Times are UTC. Shares, latencies and bars are of the last 60\u202fs. <a href=\"state.json\">The same as JSON</a></p></footer>\n<script>")
                .raw(Assets.SCRIPT)
                .raw("</script>\n</body></html>\n");
        return out.toString();
    }

    /** Everything before the content, the same for all pages. */
    static void begin(Html out) {
        out.raw(
                        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
                .raw("<meta name=\"color-scheme\" content=\"light dark\"><title>zerohop</title><style>")
                .raw(Assets.STYLE)
                .raw("</style></head><body>\n");
    }

    private void problems() {
        out.raw("<div id=\"problems\" data-live=\"\" role=\"status\">");
        for (Problem problem : status.problems()) {
            out.raw(problem.callsFail() ? "<p class=\"problem bad\">" : "<p class=\"problem\">")
                    .text(problem.text())
                    .raw("</p>");
        }
        out.raw("</div>\n");
    }

    private void about() {
        if (!status.about().isEmpty()) {
            out.raw("<ul id=\"about\" data-live=\"\">");
            status.about().forEach(line -> out.raw("<li>").text(line).raw("</li>"));
            out.raw("</ul>\n");
        }
    }

    private void search() {
        out.raw(
                        "<div class=\"forms\"><form action=\"./\" role=\"search\"><label>Endpoints with <input name=\"q\" value=\"")
                .text(query.get("q"))
                .raw("\" placeholder=\"id, address, zone, status\"></label>");
        hidden(out, "service", query.get("service"));
        hidden(out, "sort", query.get("sort"));
        out.raw("<button>Search</button></form>");
        ExplainPage.form(out, status.services(), query);
        out.raw("</div>\n");
    }

    private static void hidden(Html out, String name, String value) {
        if (!value.isEmpty()) {
            out.raw("<input type=\"hidden\" name=\"" + name + "\" value=\"")
                    .text(value)
                    .raw("\">");
        }
    }

    private void index(List<ProcessStatus.Service> services) {
        out.raw("<nav aria-label=\"Services\"><ul>");
        for (int i = 0; i < services.size(); i++) {
            out.raw("<li><a href=\"#s")
                    .number(i)
                    .raw("\">")
                    .text(services.get(i).state().service())
                    .raw("</a></li>");
        }
        out.raw("</ul></nav>\n");
    }

    /** A relative address of this page with these parameters, of which those without a value are left out. */
    static String link(String... namesAndValues) {
        StringBuilder link = new StringBuilder("./");
        char separator = '?';
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (!namesAndValues[i + 1].isEmpty()) {
                link.append(separator)
                        .append(namesAndValues[i])
                        .append('=')
                        .append(URLEncoder.encode(namesAndValues[i + 1], StandardCharsets.UTF_8));
                separator = '&';
            }
        }
        return link.toString();
    }
}

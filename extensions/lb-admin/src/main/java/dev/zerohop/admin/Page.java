package dev.zerohop.admin;

import dev.zerohop.monitor.Problem;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The page: what is wrong, then each service. Complete without script; a script renews the parts that are marked as live. */
final class Page {
    static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    /** Endpoints of which a page shows rows: more make it slow, and too long to be read. */
    static final int MAX_ROWS = 1_000;

    /** Services of which a page shows sections, for the same reason; each can have twenty rows. */
    static final int MAX_SERVICES = 50;

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
        List<Shown> shown = shown();
        if (shown.isEmpty()) {
            out.raw("<p class=\"none\">")
                    .raw(
                            query.get("service").isEmpty()
                                    ? "No balancer runs in this process."
                                    : "No balancer of this name runs in this process.")
                    .raw("</p>\n");
        }
        if (status.services().size() > 1) {
            index(shown);
        }
        int[] rows = fairly(
                MAX_ROWS, shown.stream().mapToInt(each -> each.rows().size()).toArray());
        for (int i = 0; i < shown.size(); i++) {
            new ServiceSection(shown.get(i).service(), query, i, out)
                    .write(shown.get(i).rows(), rows[i]);
        }
        out.raw(
                        "</main>\n<footer><p>Times are UTC. Shares, latencies and bars are of the last 60\u202fs. <a href=\"state.json\">The same as JSON</a></p></footer>\n<script>")
                .raw(Assets.SCRIPT)
                .raw("</script>\n</body></html>\n");
        return out.toString();
    }

    /** A service that has a section, and its rows. */
    private record Shown(ProcessStatus.Service service, EndpointRows rows) {}

    /** Those with a section: where there are too many, the ones in which something was found come first. */
    private List<Shown> shown() {
        Stream<Shown> all =
                status.services().stream().map(service -> new Shown(service, EndpointRows.of(service, query)));
        if (!query.get("q").isBlank()) {
            all = all.sorted(Comparator.comparing(each -> each.rows().size() == 0));
        }
        return all.limit(MAX_SERVICES).toList();
    }

    /** Divides so many among those that want this many each: all get the same, but what one does not want is left to the others. */
    static int[] fairly(int all, int... wanted) {
        int[] parts = new int[wanted.length];
        int left = all;
        int sharers = wanted.length;
        for (int i : IntStream.range(0, wanted.length)
                .boxed()
                .sorted(Comparator.comparingInt(i -> wanted[i]))
                .toList()) {
            parts[i] = Math.min(wanted[i], left / sharers);
            left -= parts[i];
            sharers--;
        }
        return parts;
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

    /** All services: those with a section are a jump away, the others are another page. */
    private void index(List<Shown> shown) {
        out.raw("<nav id=\"services\" data-live=\"\" aria-label=\"Services\"><ul>");
        IdentityHashMap<ProcessStatus.Service, Integer> sections = new IdentityHashMap<>();
        shown.forEach(each -> sections.put(each.service(), sections.size()));
        for (ProcessStatus.Service service : status.services()) {
            Integer section = sections.get(service);
            String name = service.state().service();
            out.raw("<li><a href=\"")
                    .text(section == null ? link("service", name, "q", query.get("q")) : "#s" + section)
                    .raw("\">")
                    .text(name)
                    .raw("</a></li>");
        }
        out.raw("</ul>");
        if (shown.size() < status.services().size()) {
            out.raw("<p>")
                    .number(shown.size())
                    .raw(" of ")
                    .number(status.services().size())
                    .raw(" services are shown below: choose another one by its name</p>");
        }
        out.raw("</nav>\n");
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

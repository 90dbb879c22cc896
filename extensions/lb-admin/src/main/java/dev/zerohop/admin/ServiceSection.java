package dev.zerohop.admin;

import dev.zerohop.BalancerState;
import dev.zerohop.Printable;
import dev.zerohop.ShardMap;
import dev.zerohop.Snapshot;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/** The part of the page about one service. */
final class ServiceSection {
    /** The columns and by what each is sorted; empty for none. */
    private static final String[][] COLUMNS = {
        {"Endpoint", "id"},
        {"Weight", ""},
        {"Share of fair", "share"},
        {"In flight", "inflight"},
        {"Latency", "latency"},
        {"Last 60\u202fs", "failures"},
        {"Status, since when and why", "status"}
    };

    private static final DateTimeFormatter EVENT_TIME =
            DateTimeFormatter.ofPattern("MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private static final int SHOWN_OF_SOURCE = 120;

    private final ProcessStatus.Service service;
    private final BalancerState state;
    private final Query query;
    private final String id;
    private final Html out;

    ServiceSection(ProcessStatus.Service service, Query query, int number, Html out) {
        this.service = service;
        this.state = service.state();
        this.query = query;
        this.id = "s" + number;
        this.out = out;
    }

    /** Writes it with at most so many of these rows. */
    void write(EndpointRows rows, int most) {
        out.raw("<section id=\"" + id + "\"><h2>").text(state.service());
        if (!state.adapter().isEmpty()) {
            out.raw(" <small>").text(state.adapter()).raw("</small>");
        }
        out.raw("</h2>\n");
        live("div", "head");
        facts();
        stages();
        out.raw("</div>\n");
        table(rows, most);
        live("p", "cut");
        out.text(rows.cut(most)).raw("</p>\n");
        settings();
        events();
        out.raw("</section>\n");
    }

    /** Begins a part that a script renews while the page shows the same services. */
    private void live(String element, String part) {
        out.raw("<" + element + " id=\"" + id + "-" + part + "\" data-live=\"")
                .text(state.service())
                .raw("\">");
    }

    private void facts() {
        out.raw("<dl>");
        fact("Policy", state.configuration().settings().policy().name());
        // A static target names all its endpoints, which stand below.
        BalancerState.Source source = state.source();
        String shortened = Printable.text(source.name(), SHOWN_OF_SOURCE);
        fact("Source", source.describe(state.at()).replace("source " + source.name(), shortened));
        if (state.routing().shardEpoch() != ShardMap.NO_EPOCH) {
            fact("Shard map", "epoch " + state.routing().shardEpoch());
        }
        if (!service.refusals().isEmpty()) {
            fact("Calls without an endpoint", words(service.refusals()));
        }
        if (!service.retries().isEmpty()) {
            fact("Retries", words(service.retries()));
        }
        if (!Double.isNaN(service.skew())) {
            out.raw("<div><dt>Skew</dt><dd>").number(service.skew()).raw(" times the fair share at most</dd></div>");
        }
        if (service.recent() == null) {
            fact("Attempts", "not counted: this balancer was made before the page");
        }
        out.raw("</dl>");
    }

    private static String words(Map<String, Long> counts) {
        StringBuilder words = new StringBuilder();
        counts.forEach((kind, count) -> words.append(words.isEmpty() ? "" : ", ")
                .append(count)
                .append(' ')
                .append(kind));
        return words.toString();
    }

    private void fact(String name, String value) {
        out.raw("<div><dt>").text(name).raw("</dt><dd>").text(value).raw("</dd></div>");
    }

    /** Members 12, health 10, zone 4. */
    private void stages() {
        out.raw("<ol class=\"funnel\" aria-label=\"What the stages leave\"><li><b>")
                .number(state.members().size())
                .raw("</b> members</li>");
        for (Snapshot.Step step : state.routing().stages()) {
            out.raw(step.panic() ? "<li class=\"warn\"><b>" : "<li><b>")
                    .number(step.out())
                    .raw("</b> ")
                    .text(step.stage());
            String note = step.note().startsWith(step.stage() + ": ")
                    ? step.note().substring(step.stage().length() + 2)
                    : step.note();
            if (!note.isEmpty()) {
                out.raw(" <small>").text(note).raw("</small>");
            }
            out.raw("</li>");
        }
        out.raw("<li><b>").number(state.routing().candidates()).raw("</b> take calls</li></ol>");
    }

    private void table(EndpointRows rows, int most) {
        out.raw("<table><caption>Endpoints of ").text(state.service()).raw("</caption><thead><tr>");
        String sort = rows.sort();
        for (String[] column : COLUMNS) {
            out.raw("<th scope=\"col\"");
            if (column[1].isEmpty()) {
                out.raw(">").raw(column[0]);
            } else {
                out.raw(column[1].equals(sort) ? " aria-sort=\"other\"><a href=\"" : "><a href=\"")
                        .text(Page.link("service", query.get("service"), "q", query.get("q"), "sort", column[1]))
                        .raw("#" + id + "\">")
                        .raw(column[0])
                        .raw("</a>");
            }
            out.raw("</th>");
        }
        out.raw("</tr></thead>\n");
        live("tbody", "rows");
        rows.write(most, out);
        out.raw("</tbody></table>\n");
    }

    private void settings() {
        out.raw("<details><summary>Settings</summary>");
        live("ul", "settings");
        for (String line : state.configuration().describe()) {
            out.raw("<li>").text(line).raw("</li>");
        }
        out.raw("</ul></details>\n");
    }

    private void events() {
        out.raw("<details open><summary>Last events</summary>");
        live("ol", "events");
        if (service.events().isEmpty()) {
            out.raw("<li>none yet</li>");
        }
        for (Events.Event event : service.events()) {
            out.raw("<li><time>")
                    .text(EVENT_TIME.format(event.at()))
                    .raw("</time> ")
                    .text(event.text());
            if (event.times() > 1) {
                out.raw(" <small>").number(event.times()).raw(" times</small>");
            }
            out.raw("</li>");
        }
        out.raw("</ol></details>\n");
    }
}

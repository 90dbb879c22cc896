package dev.zerohop.admin;

import dev.zerohop.Balancer;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Explanation;
import dev.zerohop.KeySource;
import dev.zerohop.KeyText;
import dev.zerohop.NoEndpointException;
import dev.zerohop.PickContext;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where a key would go, and why. */
final class ExplainPage {
    private final ProcessStatus status;
    private final Query query;
    private final Html out = new Html();

    ExplainPage(ProcessStatus status, Query query) {
        this.status = status;
        this.query = query;
    }

    /** The form that asks for it. */
    static void form(Html out, List<ProcessStatus.Service> services, Query query) {
        Set<String> names = new LinkedHashSet<>();
        services.forEach(service -> names.add(service.state().service()));
        if (names.isEmpty()) {
            return;
        }
        out.raw("<form action=\"explain\"><label>Where would a call of <select name=\"service\">");
        for (String name : names) {
            out.raw(name.equals(query.get("service")) ? "<option selected>" : "<option>")
                    .text(name)
                    .raw("</option>");
        }
        out.raw("</select></label> <label>with the key <input name=\"key\" value=\"")
                .text(query.get("key"))
                .raw(
                        "\" placeholder=\"customer-42\"></label> <label class=\"box\"><input type=\"checkbox\" name=\"integer\" value=\"1\"")
                .raw(query.get("integer").isEmpty() ? "" : " checked")
                .raw("> an integer</label> go? <button>Explain</button></form>");
    }

    String html() {
        Page.begin(out);
        out.raw(
                "<header><h1>zerohop</h1><p><a href=\"./\">All services</a></p></header>\n<main>\n<div class=\"forms\">");
        form(out, status.services(), query);
        out.raw("</div>\n");
        if (status.services().isEmpty()) {
            out.raw("<p class=\"none\">No balancer of this name runs in this process.</p>\n");
        }
        for (ProcessStatus.Service service : status.services()) {
            explain(service.balancer());
        }
        out.raw("</main>\n</body></html>\n");
        return out.toString();
    }

    private void explain(Balancer balancer) {
        out.raw("<section><h2>").text(balancer.name());
        if (!balancer.adapter().isEmpty()) {
            out.raw(" <small>").text(balancer.adapter()).raw("</small>");
        }
        out.raw("</h2>\n");
        EndpointSelector selector;
        try {
            selector = selector(balancer);
        } catch (IllegalArgumentException | NoEndpointException unusable) {
            out.raw("<p class=\"problem bad\">")
                    .text("the key " + unusable.getMessage())
                    .raw("</p></section>\n");
            return;
        }
        Explanation explanation = balancer.explain(PickContext.of(selector));
        out.raw("<p>")
                .raw(selector == null ? "Without a key:" : "With this key:")
                .raw("</p>\n");
        lines("pick", explanation.pick());
        part("Stages", explanation.stages(), true);
        part("Endpoints", explanation.members(), explanation.members().size() <= 50);
        part("Settings", explanation.settings(), false);
        out.raw("<p><small>").text(explanation.source()).raw("</small></p></section>\n");
    }

    /** As the calls' own keys are read, where the configuration says so. */
    private @Nullable EndpointSelector selector(Balancer balancer) {
        String key = query.get("key");
        KeySource source = balancer.current().settings().key();
        boolean integer = !query.get("integer").isEmpty();
        return source == null || integer ? KeyText.read(key, integer) : source.selector(balancer.name(), List.of(key));
    }

    private void part(String name, List<String> lines, boolean open) {
        if (!lines.isEmpty()) {
            out.raw(open ? "<details open><summary>" : "<details><summary>")
                    .raw(name)
                    .raw("</summary>");
            lines("", lines);
            out.raw("</details>\n");
        }
    }

    private void lines(String style, List<String> lines) {
        out.raw("<ul class=\"" + style + "\">");
        lines.stream()
                .limit(Page.MAX_ROWS)
                .forEach(line -> out.raw("<li>").text(line).raw("</li>"));
        if (lines.size() > Page.MAX_ROWS) {
            out.raw("<li>").number(lines.size() - Page.MAX_ROWS).raw(" more</li>");
        }
        out.raw("</ul>\n");
    }
}

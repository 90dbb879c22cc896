package dev.zerohop.admin;

import static java.util.Objects.requireNonNull;

import dev.zerohop.BalancerState;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.monitor.EndpointTraffic;
import dev.zerohop.monitor.Problem;
import dev.zerohop.monitor.RecentAttempts;
import dev.zerohop.monitor.RecentTraffic;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code /state.json} answers: {@link BalancerState#toMap} of each balancer, with what was observed of it. */
final class StateDocument {
    private final ProcessStatus status;

    StateDocument(ProcessStatus status) {
        this.status = status;
    }

    String json() {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("at", status.at().truncatedTo(ChronoUnit.MILLIS).toString());
        document.put("about", status.about());
        document.put("problems", status.problems().stream().map(Problem::text).toList());
        document.put(
                "services",
                status.services().stream().map(StateDocument::service).toList());
        return JsonWriter.tree(document);
    }

    private static Map<String, @Nullable Object> service(ProcessStatus.Service service) {
        Map<String, @Nullable Object> fields =
                new LinkedHashMap<>(service.state().toMap());
        RecentTraffic recent = service.recent();
        if (recent != null) {
            fields.put("members", members((List<?>) fields.get("members"), recent));
            Map<String, @Nullable Object> traffic = new LinkedHashMap<>();
            traffic.put("windowMs", RecentAttempts.WINDOW.toMillis());
            traffic.put("attempts", recent.attempts());
            traffic.put("skew", Double.isNaN(service.skew()) ? null : service.skew());
            fields.put("recent", traffic);
        } else {
            fields.put("recent", null);
        }
        fields.put("refusals", service.refusals());
        fields.put("retries", service.retries());
        fields.put("problems", service.problems().stream().map(Problem::text).toList());
        fields.put("events", service.events().stream().map(StateDocument::event).toList());
        return fields;
    }

    private static List<Map<?, ?>> members(@Nullable List<?> plain, RecentTraffic recent) {
        long all = recent.attempts();
        List<Map<?, ?>> members = new ArrayList<>();
        for (Object member : requireNonNull(plain, "members")) {
            Map<Object, @Nullable Object> fields = new LinkedHashMap<>((Map<?, ?>) member);
            EndpointTraffic traffic = recent.of(String.valueOf(fields.get("id")));
            Map<String, @Nullable Object> observed = new LinkedHashMap<>();
            observed.put("attempts", traffic.attempts());
            observed.put("ok", traffic.ok());
            observed.put("failed", traffic.failed());
            observed.put("share", all == 0 ? null : (double) traffic.attempts() / all);
            observed.put("latencyMs", Double.isNaN(traffic.latencyNanos()) ? null : traffic.latencyNanos() / 1e6);
            observed.put("history", traffic.history());
            observed.put("failures", traffic.failures());
            fields.put("recent", observed);
            members.add(fields);
        }
        return members;
    }

    private static Map<String, @Nullable Object> event(Events.Event event) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("at", event.at().truncatedTo(ChronoUnit.MILLIS).toString());
        fields.put("text", event.text());
        fields.put("times", event.times());
        return fields;
    }
}

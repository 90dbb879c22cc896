package dev.zerohop.admin;

import dev.zerohop.BalancerState;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.monitor.EndpointTraffic;
import dev.zerohop.monitor.RecentAttempts;
import dev.zerohop.monitor.RecentTraffic;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** The endpoints of one service as rows: those that were searched for, in the order that was asked for. A row is some 700 bytes. */
final class EndpointRows {
    private static final int BAR = 90;
    private static final int SLICE = 6;
    private static final int HEIGHT = 18;

    /** So that one of thousands is seen. */
    private static final int LEAST = 2;

    /** What takes no calls first, the worst of them before the others. */
    private static final Comparator<Row> BY_STATUS = Comparator.comparing(
                    (Row row) -> row.member().weight() > 0)
            .thenComparing(row -> row.member().health().status(), Comparator.reverseOrder());

    private final List<Row> rows;
    private final int members;
    private final Instant at;
    private final String sort;

    /** An endpoint, what it was given, and its fair part of 1. */
    private record Row(BalancerState.Member member, EndpointTraffic traffic, double share, double fair) {
        double latency() {
            return Double.isNaN(traffic.latencyNanos()) ? -1 : traffic.latencyNanos();
        }

        boolean matches(String text) {
            Endpoint endpoint = member.endpoint();
            return (endpoint.id()
                            + ' '
                            + endpoint.address()
                            + ' '
                            + endpoint.zone()
                            + ' '
                            + member.health().status())
                    .toLowerCase(Locale.ROOT)
                    .contains(text);
        }
    }

    private EndpointRows(List<Row> rows, int members, Instant at, String sort) {
        this.rows = rows;
        this.members = members;
        this.at = at;
        this.sort = sort;
    }

    /** All that were searched for. */
    static EndpointRows of(ProcessStatus.Service service, Query query) {
        RecentTraffic recent = service.recentOrNone();
        List<BalancerState.Member> members = service.state().members();
        double weights =
                members.stream().mapToDouble(BalancerState.Member::weight).sum();
        long attempts = recent.attempts();
        String text = query.get("q").strip().toLowerCase(Locale.ROOT);
        List<Row> found = members.stream()
                .map(member -> {
                    EndpointTraffic traffic = recent.of(member.endpoint().id());
                    return new Row(
                            member,
                            traffic,
                            attempts == 0 ? 0 : (double) traffic.attempts() / attempts,
                            weights > 0 ? member.weight() / weights : 0);
                })
                .filter(row -> row.matches(text))
                .toList();
        return new EndpointRows(found, members.size(), service.state().at(), query.get("sort"));
    }

    /** Members come by id, and the order is stable. */
    private static Comparator<Row> order(String sort) {
        return switch (sort) {
            case "id" -> Comparator.comparing(row -> row.member().endpoint().id());
            case "share" -> Comparator.comparingDouble(Row::share).reversed();
            case "inflight" ->
                Comparator.comparingInt((Row row) -> row.member().traffic().inFlight())
                        .reversed();
            case "latency" -> Comparator.comparingDouble(Row::latency).reversed();
            case "failures" ->
                Comparator.comparingLong((Row row) -> row.traffic().failed()).reversed();
            default -> BY_STATUS;
        };
    }

    int size() {
        return rows.size();
    }

    /** The name of the order. */
    String sort() {
        return order(sort) == BY_STATUS ? "status" : sort;
    }

    /** What is not shown of them if at most so many are, in words; empty if all are. */
    String cut(int most) {
        return rows.size() > most
                ? most + " of " + rows.size()
                        + " endpoints are shown: search, or ask for this service only, to see the others"
                : rows.size() == members ? "" : rows.size() + " of " + members + " endpoints match";
    }

    /** At most so many, the first by the order. */
    void write(int most, Html out) {
        List<Row> shown = rows.stream().sorted(order(sort)).limit(most).toList();
        Scale scale = Scale.of(shown);
        shown.forEach(row -> write(row, scale, out));
    }

    /** What the longest bars stand for, so that rows can be compared. */
    private record Scale(double share, long attempts) {
        static Scale of(List<Row> rows) {
            double most = 0;
            long attempts = 1;
            for (Row row : rows) {
                most = Math.max(most, Math.max(row.share(), row.fair()));
                for (long each : row.traffic().history()) {
                    attempts = Math.max(attempts, each);
                }
            }
            return new Scale(most > 0 ? BAR / most : 0, attempts);
        }
    }

    private void write(Row row, Scale scale, Html out) {
        BalancerState.Member member = row.member();
        Endpoint endpoint = member.endpoint();
        out.raw("<tr><th scope=\"row\">").text(endpoint.id()).raw("<small>");
        if (!endpoint.id().equals(endpoint.address())) {
            out.text(endpoint.address());
        }
        if (endpoint.zone() != null) {
            out.raw(" zone ").text(endpoint.zone());
        }
        if (endpoint.hasOrdinal()) {
            out.raw(" ordinal ").number(endpoint.ordinal());
        }
        out.raw("</small></th><td>").number(endpoint.weight());
        if (Math.abs(member.weight() - endpoint.weight()) > 0.001) {
            out.raw(" \u2192 ").number(member.weight());
        }
        out.raw("</td><td>");
        bar(row, scale.share(), out);
        out.percent(row.share()).raw("<small> of ").percent(row.fair()).raw("</small></td><td>");
        out.number(member.traffic().inFlight()).raw("</td><td>");
        if (row.latency() >= 0) {
            if (row.latency() < 1e5) {
                out.raw("&lt; 0.1 ms");
            } else {
                out.number(row.latency() / 1e6).raw(" ms");
            }
        }
        out.raw("</td><td>");
        sparkline(row.traffic(), scale.attempts(), out);
        out.raw("<small>").number(row.traffic().ok()).raw(" ok");
        if (row.traffic().failed() > 0) {
            out.raw(", <b class=\"bad\">").number(row.traffic().failed()).raw(" failed</b>");
        }
        out.raw("</small></td><td><b class=\"")
                .raw(style(member.health().status()))
                .raw("\">");
        Health.Status status = member.health().status();
        out.raw(status.name()).raw("</b>");
        out.text(member.health().describe(at).substring(status.name().length()));
        out.raw("</td></tr>\n");
    }

    private static void bar(Row row, double scale, Html out) {
        if (scale > 0) {
            out.raw("<svg width=\"" + BAR + "\" height=\"8\" aria-hidden=\"true\"><rect width=\"")
                    .number(row.share() * scale)
                    .raw("\" height=\"8\"/><path d=\"M")
                    .number(Math.max(1, row.fair() * scale - 1))
                    .raw(" 0v8\"/></svg> ");
        }
    }

    /** One bar for each five seconds; what failed is at its foot. */
    private static void sparkline(EndpointTraffic traffic, long highest, Html out) {
        if (traffic.attempts() == 0 && traffic.failed() == 0) {
            return;
        }
        out.raw("<svg class=\"s\" width=\"" + SLICE * RecentAttempts.SLICES + "\" height=\"" + HEIGHT
                + "\" aria-hidden=\"true\"><path d=\"");
        bars(traffic.history(), highest, out);
        out.raw("\"/>");
        if (traffic.failed() > 0) {
            out.raw("<path class=\"bad\" d=\"");
            bars(traffic.failures(), highest, out);
            out.raw("\"/>");
        }
        out.raw("</svg> ");
    }

    private static void bars(List<Long> slices, long highest, Html out) {
        for (int i = 0; i < slices.size(); i++) {
            long count = slices.get(i);
            if (count > 0) {
                out.raw("M")
                        .number(SLICE * i + SLICE / 2)
                        .raw(" " + HEIGHT + "v-")
                        .number(Math.max(LEAST, Math.min(HEIGHT, count * HEIGHT / highest)));
            }
        }
    }

    private static String style(Health.Status status) {
        return switch (status) {
            case HEALTHY, UNKNOWN -> "ok";
            case HELD, HALF_OPEN, DRAINING, CONNECTING, NOT_READY -> "warn";
            case EJECTED, UNHEALTHY, UNREACHABLE, DISCONNECTED -> "bad";
        };
    }
}

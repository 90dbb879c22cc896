package dev.zerohop.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code top} shows of a {@code state.json}: lines that fit a width. Fields that are not there are shown as unknown: the other process may be older. */
final class TopTable {
    /** Where the output is no terminal. */
    static final int PLAIN_COLUMNS = 160;

    private static final int ID = 20;
    private static final String LINE = "%-" + ID + "s %-12s %6s %6s %6s %8s %7s %7s";
    private static final int WIDTH = ID + 12 + 3 * 6 + 8 + 2 * 7 + 7;

    /** Least width of the column that says why. */
    private static final int WHY = 12;

    private final Map<?, ?> document;
    private final Sort sort;

    /** The order of the endpoints; those that are equal by it are by id. */
    enum Sort {
        STATUS,
        SHARE,
        LATENCY,
        FAILURES;

        private Comparator<Map<?, ?>> order() {
            return switch (this) {
                case STATUS ->
                    Comparator.comparing((Map<?, ?> member) -> number(member, "effectiveWeight") > 0)
                            .thenComparing(member -> Boolean.TRUE.equals(member.get("usable")));
                case SHARE -> Comparator.comparingDouble(member -> -number(recent(member), "share"));
                case LATENCY -> Comparator.comparingDouble(member -> -number(recent(member), "latencyMs"));
                case FAILURES -> Comparator.comparingDouble(member -> -number(recent(member), "failed"));
            };
        }

        static Sort of(String name) {
            for (Sort each : values()) {
                if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return each;
                }
            }
            throw new BadInput("--sort was '" + name + "', expected status, share, latency or failures");
        }

        /** By the key that was pressed; another one changes nothing. */
        static Sort ofKey(int key, Sort now) {
            return switch (key) {
                case 't' -> STATUS;
                case 's' -> SHARE;
                case 'l' -> LATENCY;
                case 'f' -> FAILURES;
                default -> now;
            };
        }
    }

    TopTable(Map<?, ?> document, Sort sort) {
        this.document = document;
        this.sort = sort;
    }

    /** At most so many lines, none of them wider; {@code gone} says why they are old, or is null. */
    List<String> lines(int columns, int rows, @Nullable String gone) {
        List<String> lines = new ArrayList<>();
        lines.add("zerohop top  " + text(document, "at") + "  by " + sort.name().toLowerCase(Locale.ROOT));
        if (gone != null) {
            lines.add("! " + gone);
        }
        list(document, "about").forEach(line -> lines.add(String.valueOf(line)));
        list(document, "problems").forEach(line -> lines.add("! " + line));
        List<?> services = list(document, "services");
        if (services.isEmpty()) {
            lines.add("no balancer runs there");
        }
        for (Object service : services) {
            if (service instanceof Map<?, ?> fields) {
                add(fields, columns, lines);
            }
        }
        if (lines.size() > rows) {
            int more = lines.size() - rows + 1;
            lines.subList(rows - 1, lines.size()).clear();
            lines.add("... " + more + " more lines");
        }
        return lines.stream()
                .map(line -> Console.oneLine(line))
                .map(line -> line.length() <= columns ? line : line.substring(0, Math.max(0, columns - 3)) + "...")
                .toList();
    }

    private void add(Map<?, ?> service, int columns, List<String> lines) {
        Map<?, ?> routing = map(service, "routing");
        String adapter = text(service, "adapter");
        lines.add("");
        lines.add(text(service, "service") + (adapter.isEmpty() ? "" : " (" + adapter + ")") + ": "
                + text(map(service, "configuration"), "policy") + ", " + whole(routing, "candidates") + " of "
                + whole(routing, "members") + " take calls");
        int why = columns - WIDTH - 1;
        lines.add(String.format(
                        Locale.ROOT, LINE, "ENDPOINT", "STATUS", "SINCE", "SHARE", "FAIR", "ACTIVE", "MS", "FAILED")
                + (why >= WHY ? " WHY" : ""));
        Instant at = instant(service, "at");
        List<Map<?, ?>> members = new ArrayList<>();
        for (Object member : list(service, "members")) {
            if (member instanceof Map<?, ?> fields) {
                members.add(fields);
            }
        }
        members.sort(sort.order());
        members.forEach(member -> lines.add(line(member, at) + (why >= WHY ? " " + why(member) : "")));
    }

    private static String line(Map<?, ?> member, @Nullable Instant at) {
        Map<?, ?> recent = recent(member);
        return String.format(
                Locale.ROOT,
                LINE,
                cut(text(member, "id"), ID),
                cut(text(member, "status"), 12),
                age(instant(member, "since"), at),
                percent(recent, "share"),
                percent(member, "fairShare"),
                whole(member, "inFlight"),
                latency(recent),
                whole(recent, "failed"));
    }

    private static String why(Map<?, ?> member) {
        return text(member, "source") + ": " + text(member, "reason");
    }

    // ---- fields of a document that another process wrote ----

    private static Map<?, ?> recent(Map<?, ?> member) {
        return map(member, "recent");
    }

    private static Map<?, ?> map(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof Map<?, ?> inner ? inner : Map.of();
    }

    private static List<?> list(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof List<?> inner ? inner : List.of();
    }

    private static String text(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof String text ? text : "";
    }

    /** Less than nothing if it is not known. */
    private static double number(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof Number number ? number.doubleValue() : -1;
    }

    private static String whole(Map<?, ?> fields, String name) {
        double number = number(fields, name);
        return number < 0 ? "-" : Long.toString((long) number);
    }

    private static String percent(Map<?, ?> fields, String name) {
        double part = number(fields, name);
        return part < 0 ? "-" : String.format(Locale.ROOT, "%.1f%%", 100 * part);
    }

    private static String latency(Map<?, ?> recent) {
        double millis = number(recent, "latencyMs");
        return millis < 0 ? "-" : String.format(Locale.ROOT, millis < 1_000 ? "%.1f" : "%.0f", millis);
    }

    private static @Nullable Instant instant(Map<?, ?> fields, String name) {
        try {
            return Instant.parse(text(fields, name));
        } catch (DateTimeParseException none) {
            return null;
        }
    }

    private static String age(@Nullable Instant since, @Nullable Instant at) {
        if (since == null || at == null) {
            return "-";
        }
        Duration age = Duration.between(since, at);
        long seconds = Math.max(0, age.toSeconds());
        return seconds < 120
                ? seconds + "s"
                : seconds < 7_200
                        ? seconds / 60 + "min"
                        : seconds < 172_800 ? seconds / 3_600 + "h" : seconds / 86_400 + "d";
    }

    private static String cut(String text, int width) {
        String line = Console.oneLine(text);
        return line.length() <= width ? line : line.substring(0, width - 3) + "...";
    }
}

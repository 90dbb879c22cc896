package dev.zerohop.cli;

import dev.zerohop.Time;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One reading after the other, for {@code top}. What was read last stays when there is no answer, with a line that says why and since when. One thread ticks; the order may be changed by another. */
final class TopShow {
    private static final DateTimeFormatter SINCE =
            DateTimeFormatter.ofPattern("HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

    private final Console console;
    private final String target;
    private final TopSource source;
    private final Output form;
    private final Terminal terminal;
    private final Time time;
    private volatile TopTable.Sort sort = TopTable.Sort.STATUS;
    private @Nullable String last;
    private String since = "";
    private String noted = "";

    TopShow(Console console, String target, TopSource source, Output form, Terminal terminal, Time time) {
        this.console = console;
        this.target = target;
        this.source = source;
        this.form = form;
        this.terminal = terminal;
        this.time = time;
    }

    TopTable.Sort sort() {
        return sort;
    }

    void sort(TopTable.Sort by) {
        sort = by;
    }

    /**
     * Reads and shows. Returns false when the output is closed.
     *
     * @throws Failure if there was never an answer
     */
    boolean tick() throws IOException {
        String why = null;
        String now = last;
        try {
            String read = source.read();
            // A proxy may answer with a page of its own: what was read before stays.
            document(read);
            now = read;
            last = now;
        } catch (IOException unreadable) {
            why = unreadable.getMessage() == null ? unreadable.toString() : unreadable.getMessage();
        }
        if (now == null) {
            throw new Failure(target + " cannot be read: " + why);
        }
        String gone = gone(why);
        if (form == Output.JSON) {
            note(gone);
            return gone != null || console.line(now);
        }
        TopTable table = new TopTable(document(now), sort);
        if (terminal == Terminal.NONE) {
            return console.line(String.join("\n", table.lines(TopTable.PLAIN_COLUMNS, Integer.MAX_VALUE, gone)));
        }
        Terminal.Size size = terminal.size();
        return console.screen(table.lines(size.columns(), size.rows(), gone));
    }

    private @Nullable String gone(@Nullable String why) {
        if (why == null) {
            since = "";
            return null;
        }
        if (since.isEmpty()) {
            since = SINCE.format(time.now());
        }
        return target + " cannot be read since " + since + ": " + why;
    }

    /** Once for each reason, and not each second. */
    private void note(@Nullable String gone) {
        String next = gone == null ? "" : gone;
        if (!next.equals(noted)) {
            console.note(gone == null ? target + " can be read again" : gone);
        }
        noted = next;
    }

    private static Map<?, ?> document(String text) throws IOException {
        if (JsonReader.tree(text, TopSource.MAX_BYTES) instanceof Map<?, ?> fields
                && fields.get("services") instanceof Iterable<?>) {
            return fields;
        }
        throw new IOException("it answered with JSON that is not of a status page, expected that of state.json");
    }
}
